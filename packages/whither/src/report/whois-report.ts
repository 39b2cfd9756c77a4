/** What `whither whois` found, as text and as JSON. */
import type { WhoisFailureDocument } from "../api/whois/failure.ts";
import type { WhoisAnswer, WhoisEntity } from "../api/whois/whois-answer.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";

const LABEL = 14;
/** Lines of remarks that are shown; `--raw` has all of them. */
const MOST_REMARK_LINES = 12;

/** Aligned lines, those that the registry has something to say about, and who said it. */
export function formatWhois(answer: WhoisAnswer, paint: Paint): string {
	const lines = [...factLines(answer), ...contactLines(answer.entities), ...remarkLines(answer.remarks)];
	const head = paint.bold(printable(answer.query));
	return [head, ...lines.flatMap(formatLine), paint.dim(sourceLine(answer)), ""].join("\n");
}

/** A label that is too long has a line of its own. */
function formatLine([label, value]: Line): readonly string[] {
	const [name, indent] = [printable(label), " ".repeat(LABEL + 2)];
	if (name.length >= LABEL) return [`  ${name}`, indent + printable(value)];
	return [`  ${name.padEnd(LABEL)}${printable(value)}`];
}

/** One document and its newline; `indent` in spaces. */
export function formatWhoisJson(document: WhoisAnswer | WhoisFailureDocument, indent: number): string {
	return `${JSON.stringify(document, null, indent)}\n`;
}

/** What was said as it was said, for a terminal: line breaks stay, all else that could move its cursor is shown. */
export function formatWhoisRaw({ raw, source }: WhoisAnswer): string {
	const document = source.protocol === "rdap" ? indented(raw) : raw;
	const lines = document.split(/\r?\n/).map((line) => line.split("\t").map(printable).join("\t"));
	return `${lines.join("\n").trimEnd()}\n`;
}

function indented(json: string): string {
	try {
		return JSON.stringify(JSON.parse(json), null, 2);
	} catch {
		return json;
	}
}

type Line = readonly [label: string, value: string];

function factLines(answer: WhoisAnswer): readonly Line[] {
	const { kind, handle, name, prefixes, asns, country, status, registeredAt, changedAt, expiresAt, nameServers } =
		answer;
	const isShown = handle !== null && handle !== name && !prefixes.includes(handle) && !asns.includes(handle);
	const lines: readonly (readonly [string, string | null])[] = [
		[kind === "name" ? "domain" : "name", name],
		["handle", isShown ? handle : null],
		[kind === "asn" ? "AS number" : "origin", joined(asns)],
		["network", joined(prefixes)],
		["country", country === null ? null : `${country} (as registered)`],
		["status", joined(status)],
		["registered", registeredAt],
		["changed", changedAt],
		["expires", expiresAt],
		["name servers", joined(nameServers)],
	];
	return lines.flatMap(([label, value]) => (value === null ? [] : [[label, value] as const]));
}

function joined(values: readonly string[]): string | null {
	return values.length === 0 ? null : values.join(", ");
}

function contactLines(entities: readonly WhoisEntity[]): readonly Line[] {
	return entities.flatMap(({ roles, name, handle, email, phone }): readonly Line[] => {
		const words = [name ?? handle, name === null || handle === null ? null : `(${handle})`].filter(
			(word) => word !== null,
		);
		const value = [words.join(" "), email, phone].filter((word) => word !== null && word !== "").join(", ");
		return value === "" ? [] : [[roles.join(", ") || "contact", value]];
	});
}

function remarkLines(remarks: readonly string[]): readonly Line[] {
	const lines = remarks.flatMap((remark) => remark.split(/\r?\n/)).filter((line) => line.trim() !== "");
	const shown = lines.slice(0, MOST_REMARK_LINES).map((line, index): Line => [index === 0 ? "remarks" : "", line]);
	const more = lines.length - shown.length;
	return more > 0 ? [...shown, ["", `and ${more} lines more (--raw)`]] : shown;
}

function sourceLine({ source }: WhoisAnswer): string {
	const { protocol, server, askedAt, fromCache } = source;
	if (protocol === "registry") return `By the ${server}, without asking anybody.`;
	const kept = fromCache ? `, kept since ${askedAt}` : "";
	return `By ${protocol === "rdap" ? "RDAP" : "WHOIS"} from ${printable(server)}${kept}.`;
}
