/** An RDAP object (RFC 9083) as the facts of a `WhoisAnswer`. Pure. */
import { addressFamily } from "@whither/wire";
import { type JsonObject, listOf, objectOf, textOf, textsOf } from "./bounded-json.ts";
import { MOST_ITEMS } from "./limits.ts";
import { blocksOfRange } from "./network-range.ts";
import type { WhoisAnswer, WhoisEntity } from "./whois-answer.ts";

/** What an answer says, apart from who was asked for what. */
export type WhoisFacts = Omit<WhoisAnswer, "schema" | "query" | "kind" | "source" | "raw">;

/** Entities within entities. */
const DEEPEST_ENTITY = 3;

/** All that it says. */
export function factsOfRdap(document: unknown): WhoisFacts {
	const object = objectOf(document);
	return {
		handle: textOf(object.handle),
		name: textOf(object.name) ?? textOf(object.ldhName) ?? textOf(object.unicodeName),
		prefixes: prefixes(object),
		asns: asns(object),
		country: country(object.country),
		status: textsOf(object.status),
		registeredAt: eventDate(object, "registration"),
		changedAt: eventDate(object, "last changed"),
		expiresAt: eventDate(object, "expiration"),
		nameServers: listOf(object.nameservers).flatMap((server) => {
			const name = textOf(objectOf(server).ldhName) ?? textOf(objectOf(server).unicodeName);
			return name === null ? [] : [name.toLowerCase().replace(/\.$/, "")];
		}),
		entities: entities(object, DEEPEST_ENTITY).slice(0, MOST_ITEMS),
		remarks: listOf(object.remarks).flatMap((remark) => {
			const lines = textsOf(objectOf(remark).description);
			return lines.length === 0 ? [] : [lines.join("\n")];
		}),
	};
}

/** Whether it is what RFC 9083 calls an object, and not an error (section 6) or something else. */
export function isRdapObject(document: unknown): boolean {
	const { objectClassName, errorCode, rdapConformance, handle, ldhName } = objectOf(document);
	if (errorCode !== undefined) return false;
	return typeof objectClassName === "string" || (Array.isArray(rdapConformance) && (handle ?? ldhName) !== undefined);
}

/** RFC 9083 section 4.2 and the extension cidr0, else the range. */
function prefixes(object: JsonObject): readonly string[] {
	const listed = listOf(object.cidr0_cidrs).flatMap((one) => {
		const { v4prefix, v6prefix, length } = objectOf(one);
		const address = textOf(v4prefix) ?? textOf(v6prefix);
		const isBlock = address !== null && addressFamily(address) !== null && Number.isInteger(length);
		return isBlock ? [`${address}/${length}`] : [];
	});
	if (listed.length > 0) return listed;
	const [start, end] = [textOf(object.startAddress), textOf(object.endAddress)];
	return start === null || end === null ? [] : blocksOfRange(start, end);
}

/** Of an AS: its number or its block of them; of an address: origins, where the registry tells (extension arin_originas0). */
function asns(object: JsonObject): readonly string[] {
	const { startAutnum, endAutnum } = object;
	if (Number.isInteger(startAutnum)) {
		const isBlock = Number.isInteger(endAutnum) && endAutnum !== startAutnum;
		return [isBlock ? `AS${startAutnum}-AS${endAutnum}` : `AS${startAutnum}`];
	}
	return listOf(object.arin_originas0_originautnums).flatMap((number) =>
		Number.isInteger(number) ? [`AS${number}`] : [],
	);
}

function country(value: unknown): string | null {
	const text = textOf(value);
	return text !== null && /^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : text;
}

/** RFC 9083 section 4.5. */
function eventDate(object: JsonObject, action: string): string | null {
	const event = listOf(object.events)
		.map(objectOf)
		.find(({ eventAction }) => eventAction === action);
	return event === undefined ? null : dateOf(event.eventDate);
}

/** ISO 8601 in UTC where it can be read, else as it stands. */
export function dateOf(value: unknown): string | null {
	const text = textOf(value);
	if (text === null || !/^\d{4}-\d{2}-\d{2}/.test(text)) return text;
	const time = Date.parse(text);
	if (Number.isNaN(time)) return text;
	return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : new Date(time).toISOString().replace(".000Z", "Z");
}

function entities(object: JsonObject, deepest: number): readonly WhoisEntity[] {
	if (deepest === 0) return [];
	return listOf(object.entities).flatMap((each) => {
		const entity = objectOf(each);
		const card = listOf(listOf(entity.vcardArray)[1]).map(listOf);
		const property = (name: string) => card.find(([key]) => key === name)?.[3];
		const phone = textOf(property("tel"));
		const own: WhoisEntity = {
			handle: textOf(entity.handle),
			name: textOf(property("fn")) ?? textOf(textsOf(property("org")).join(", ")),
			roles: textsOf(entity.roles),
			email: textOf(property("email")),
			phone: phone === null ? null : phone.replace(/^tel:/i, ""),
		};
		return [...(saysSomething(own) ? [own] : []), ...entities(entity, deepest - 1)];
	});
}

function saysSomething({ handle, name, roles, email, phone }: WhoisEntity): boolean {
	return roles.length > 0 || [handle, name, email, phone].some((value) => value !== null);
}
