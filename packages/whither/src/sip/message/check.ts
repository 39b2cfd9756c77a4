/** Whether the header fields of a message are what they have to be, before anybody works with them (RFC 3261 §8.1.1, §8.2). */
import { parseWhole, splitSip } from "./grammar.ts";
import { sipFields } from "./headers.ts";
import { parseSipMediaType } from "./media-type.ts";
import type { SipHeader, SipMessage } from "./message.ts";
import { parseSipNameAddress } from "./name-address.ts";
import { parseSipCseq, parseSipRack, parseSipRseq } from "./sequence.ts";
import { parseSipVia } from "./via.ts";

/** A field: how often it stands there, and what its value has to be. */
interface FieldRule {
	readonly name: string;
	/** Whether it has to be there. */
	readonly needed: boolean;
	/** `list`: again and again, with commas or without; `one`: once. */
	readonly count: "one" | "list";
	readonly isRight: (value: string) => boolean;
}

/** The registry "SIP Methods" (RFC 3261 §27.4). */
const KNOWN_METHODS: ReadonlySet<string> = new Set(
	"ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE".split(" "),
);

const isAddress = (value: string) => parseSipNameAddress(value) !== null;
const isText = (value: string) => value !== "";

const RULES: readonly FieldRule[] = [
	{ name: "Via", needed: true, count: "list", isRight: (value) => parseSipVia(value) !== null },
	{ name: "From", needed: true, count: "one", isRight: isAddress },
	{ name: "To", needed: true, count: "one", isRight: isAddress },
	{ name: "Call-ID", needed: true, count: "one", isRight: (value) => /^[!-~]+$/.test(value) },
	{ name: "CSeq", needed: true, count: "one", isRight: (value) => parseSipCseq(value) !== null },
	{ name: "Max-Forwards", needed: false, count: "one", isRight: (value) => parseWhole(value, 255) !== null },
	{ name: "Contact", needed: false, count: "list", isRight: (value) => value === "*" || isAddress(value) },
	{ name: "Route", needed: false, count: "list", isRight: isAddress },
	{ name: "Record-Route", needed: false, count: "list", isRight: isAddress },
	{ name: "Content-Type", needed: false, count: "one", isRight: (value) => parseSipMediaType(value) !== null },
	{ name: "RSeq", needed: false, count: "one", isRight: (value) => parseSipRseq(value) !== null },
	{ name: "RAck", needed: false, count: "one", isRight: (value) => parseSipRack(value) !== null },
	{ name: "Content-Disposition", needed: false, count: "one", isRight: isText },
];

/** What is wrong with the header fields, for people; null: nothing. `most`: values of one field at the most. */
export function checkSipHeaders(headers: readonly SipHeader[], most: number): string | null {
	for (const { name, needed, count, isRight } of RULES) {
		const fields = sipFields({ headers }, name);
		if (fields.length === 0 && needed) return `${name} is missing`;
		if (fields.length > 1 && count === "one") return `${name} stands there ${fields.length} times`;
		const values = count === "one" ? fields : valuesOf(fields);
		if (values === null || values.length > most || !values.every(isRight)) return `${name} is not what it has to be`;
	}
	return null;
}

function valuesOf(fields: readonly string[]): readonly string[] | null {
	const values: string[] = [];
	for (const field of fields) {
		const parts = splitSip(field, ",");
		if (parts === null) return null;
		values.push(...parts);
	}
	return values;
}

/** Whether the start line and CSeq speak of one method (RFC 3261 §8.1.1.5). */
export function isOfOneMethod(message: SipMessage): boolean {
	if (message.kind === "response") return true;
	return parseSipCseq(sipFields(message, "CSeq")[0] ?? null)?.method === message.method;
}

/** Whether somebody could know the method: of others nobody can tell how their CSeq should be (RFC 4475 §3.1.2.18). */
export function isKnownMethod(message: SipMessage): boolean {
	return message.kind === "request" && KNOWN_METHODS.has(message.method);
}
