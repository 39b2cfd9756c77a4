/** What a WHOIS server says, read leniently: no two registries write alike (RFC 3912 leaves it open). Pure. */
import { addressFamily } from "@whither/wire";
import { LONGEST_TEXT, MOST_ITEMS } from "./limits.ts";
import { blocksOfRange } from "./network-range.ts";
import { dateOf, type WhoisFacts } from "./rdap-answer.ts";
import type { WhoisEntity } from "./whois-answer.ts";
import { parseWhoisServer, type WhoisServer } from "./whois-protocol.ts";

/** A line `key: value`; keys in lower case. */
type Line = readonly [key: string, value: string];

/** Lines that are looked at. */
const MOST_LINES = 5_000;

/** What servers write where they know nothing; nothing else is in such an answer but their terms. */
const ABSENT =
	/^[%#>\s]*(?:no match\b|not found\b|no (?:entries|data|object|records?|information)s? (?:was |were )?found\b|no match found\b|.*\bnot found\b[.!]?$|domain (?:name )?(?:not found|is available)|.*\bis (?:free|available for)|nothing found)/im;
const FREE = /^(?:domain )?status:\s*(?:free|available|no object found)\s*$/im;

/** Keys of each fact, the better ones first. */
const KEYS = {
	name: "netname|as-name|asname|domain name|domain|domain_name|ownername".split("|"),
	country: "country|registrant country|country code".split("|"),
	registered:
		"created|regdate|creation date|created on|registered on|registration date|registered|domain registration date|registration time|created date".split(
			"|",
		),
	changed: "last-modified|updated|changed|updated date|last modified|last updated|last updated on|last update".split(
		"|",
	),
	expires:
		"registry expiry date|expiry date|expiration date|registrar registration expiration date|expires|expires on|expire date|paid-till|renewal date|validity".split(
			"|",
		),
	status: "status|domain status|nettype|state|eppstatus".split("|"),
	nameServers: "name server|nserver|nameserver|name servers|nameservers|host name".split("|"),
} as const;

/** The facts; null: the server says that there is no such object, or says nothing that can be read. */
export function factsOfWhoisText(text: string): WhoisFacts | null {
	const lines = linesOf(text);
	const all = (keys: readonly string[]) =>
		keys.flatMap((key) => lines.flatMap(([each, value]) => (each === key ? [value] : [])));
	const one = (keys: readonly string[]) => all(keys)[0] ?? null;
	const facts: WhoisFacts = {
		handle: one(HANDLE_KEYS),
		name: named(one(KEYS.name)),
		prefixes: prefixesOf(all(["cidr", "inetnum", "inet6num", "netrange", "route", "route6"])),
		asns: unique(all(["aut-num", "asnumber", "origin", "originas"]).flatMap(asNumbers)),
		country: one(KEYS.country)?.slice(0, 2).toUpperCase() ?? null,
		status: unique(all(KEYS.status).map((value) => value.replace(/\s+\(?https?:.*$/, ""))),
		registeredAt: dateOf(isoDate(one(KEYS.registered))),
		changedAt: dateOf(isoDate(one(KEYS.changed))),
		expiresAt: dateOf(isoDate(one(KEYS.expires))),
		nameServers: unique(
			all(KEYS.nameServers).flatMap((value) =>
				value
					.toLowerCase()
					.split(/[\s,]+/)
					.slice(0, 1),
			),
		),
		entities: entitiesOf(lines),
		remarks: unique(all(["descr", "remarks", "comment"])),
	};
	const saysSomething =
		facts.handle !== null || facts.name !== null || facts.prefixes.length > 0 || facts.asns.length > 0;
	if (!saysSomething || FREE.test(text)) return null;
	const isThin = facts.registeredAt === null && facts.entities.length === 0 && facts.nameServers.length === 0;
	return isThin && ABSENT.test(text) ? null : facts;
}

const HANDLE_KEYS = ["nethandle", "registry domain id", "roid", "ashandle", "aut-num", "inetnum", "inet6num"] as const;

/** Whether it is what whois.iana.org says of whose the object is, which is not about the object itself. */
export function isRootAnswer(text: string): boolean {
	return linesOf(text).some(([key]) => key === "refer");
}

/** The server that this one names as the one to ask; null: it names none. */
export function referralOf(text: string): WhoisServer | null {
	const keys = ["refer", "whois", "referralserver", "registrar whois server", "whois server"];
	const lines = linesOf(text);
	for (const key of keys) {
		const value = lines.find(([each, named]) => each === key && named !== "")?.[1];
		// Web pages call themselves servers, and `rwhois:` is another protocol (RFC 2167).
		const isOther = value === undefined || /^(?!whois:)[a-z]+:\/\//i.test(value);
		const server = isOther ? null : parseWhoisServer(value);
		if (server !== null) return server;
	}
	return null;
}

function linesOf(text: string): readonly Line[] {
	return text.split(/\r?\n/, MOST_LINES).flatMap((line): readonly Line[] => {
		const [, key = "", value = ""] = /^\s*([A-Za-z][\w ./-]{0,60}?)\s*(?:\.{2,})?:(?:\s+|$)(.*)$/.exec(line) ?? [];
		return key === "" || value.trim() === "" ? [] : [[key.toLowerCase(), value.trim().slice(0, LONGEST_TEXT)]];
	});
}

/** Domain names in lower case. */
function named(value: string | null): string | null {
	return value !== null && /^[A-Z\d.-]+\.[A-Z\d.-]+$/i.test(value) ? value.toLowerCase() : value;
}

function unique(values: readonly string[]): readonly string[] {
	return [...new Set(values)].slice(0, MOST_ITEMS);
}

/** `192.0.2.0/24, ...`, `192.0.2.0 - 192.0.2.255`, or LACNIC's `192.0.2/24`. */
function prefixesOf(values: readonly string[]): readonly string[] {
	const blocks = values.flatMap((value) => {
		const [, start, end] = /^([\da-f:.]+)\s*-\s*([\da-f:.]+)$/i.exec(value) ?? [];
		if (start !== undefined && end !== undefined) return blocksOfRange(start, end);
		return value.split(/[\s,]+/).flatMap((word) => {
			const [, network = "", bits = ""] = /^([\da-f:.]+)\/(\d{1,3})$/i.exec(word) ?? [];
			const missing = 4 - network.split(".").length;
			const address = network.includes(":") ? network : `${network}${".0".repeat(Math.max(0, missing))}`;
			return addressFamily(address) === null ? [] : [`${address}/${bits}`];
		});
	});
	return unique(blocks);
}

function asNumbers(value: string): readonly string[] {
	return [...value.matchAll(/(?:AS)?(\d{1,10})\b/gi)].slice(0, 8).map(([, digits]) => `AS${digits}`);
}

/** `20010131` and `31-jan-2001` as `2001-01-31`; all else as it is. */
function isoDate(value: string | null): string | null {
	if (value === null) return null;
	const [, year, month, day] = /^(?:.*\s)?(\d{4})[./]?(\d{2})[./]?(\d{2})$/.exec(value) ?? [];
	if (year !== undefined && !value.includes("-")) return `${year}-${month}-${day}`;
	const [, date, word = "", full] = /^(\d{1,2})-([a-z]{3})-(\d{4})/i.exec(value) ?? [];
	const number = MONTHS.indexOf(word.toLowerCase()) / 3 + 1;
	if (full === undefined || !Number.isInteger(number) || number < 1) return value;
	return `${full}-${String(number).padStart(2, "0")}-${date?.padStart(2, "0")}`;
}

const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

/** Of domains `Registrant Email`, of ARIN `OrgAbuseEmail`, of RPSL objects an `org-name` and an `abuse-mailbox`. */
function entitiesOf(lines: readonly Line[]): readonly WhoisEntity[] {
	const first = (wanted: string) => lines.find(([key]) => key === wanted)?.[1] ?? null;
	const value = (...keys: readonly string[]) => keys.map(first).find((found) => found !== null) ?? null;
	const found = ROLES.map(
		([role, keys]): WhoisEntity => ({
			handle: value(...keys.handle),
			name: value(...keys.name),
			roles: [role],
			email: emailOf(value(...keys.email)),
			phone: value(...keys.phone),
		}),
	);
	return found.filter(({ handle, name, email, phone }) => [handle, name, email, phone].some((each) => each !== null));
}

interface EntityKeys {
	readonly handle: readonly string[];
	readonly name: readonly string[];
	readonly email: readonly string[];
	readonly phone: readonly string[];
}

const contact = (prefix: string): EntityKeys => ({
	handle: [`registry ${prefix} id`],
	name: [`${prefix} organization`, `${prefix} name`, `${prefix} organisation`, prefix],
	email: [`${prefix} email`, `${prefix} contact email`],
	phone: [`${prefix} phone`],
});

const arin = (what: string): EntityKeys => ({
	handle: [`org${what}handle`],
	name: [`org${what}name`],
	email: [`org${what}email`],
	phone: [`org${what}phone`],
});

/** Roles of RFC 9083 section 10.2.4. */
const ROLES: readonly (readonly [role: string, keys: EntityKeys])[] = [
	[
		"registrant",
		{
			...contact("registrant"),
			handle: ["orgid", "org", "ownerid", "registry registrant id"],
			name: ["orgname", "organization", "org-name", "owner", ...contact("registrant").name],
		},
	],
	[
		"registrar",
		{
			handle: ["registrar iana id"],
			name: ["registrar", "registrar name", "sponsoring registrar"],
			email: ["registrar email"],
			phone: ["registrar phone"],
		},
	],
	[
		"abuse",
		{
			...arin("abuse"),
			name: ["orgabusename"],
			email: ["orgabuseemail", "abuse-mailbox", "registrar abuse contact email"],
			phone: ["orgabusephone", "registrar abuse contact phone"],
		},
	],
	[
		"technical",
		{
			...arin("tech"),
			handle: ["orgtechhandle", "tech-c"],
			name: ["orgtechname", ...contact("tech").name],
			email: ["orgtechemail", ...contact("tech").email],
			phone: ["orgtechphone", ...contact("tech").phone],
		},
	],
	["administrative", { ...contact("admin"), handle: ["admin-c"] }],
];

function emailOf(value: string | null): string | null {
	return value !== null && /^\S+@\S+$/.test(value) ? value : null;
}
