/** Looking into a message's header fields. */
import { splitSip } from "./grammar.ts";
import type { SipHeader } from "./message.ts";
import { isSipList, sipHeaderName } from "./names.ts";

interface WithHeaders {
	readonly headers: readonly SipHeader[];
}

/** The fields of this name, whatever its case and form, in their order and as they were received. */
export function sipFields({ headers }: WithHeaders, name: string): readonly string[] {
	const wanted = sipHeaderName(name);
	const inSmall = wanted.toLowerCase();
	const isWanted = (one: string) => one === wanted || (one.length === wanted.length && one.toLowerCase() === inSmall);
	return headers.filter((header) => isWanted(header.name)).map(({ value }) => value);
}

/** The first value of a field: of a list its first; null where there is no such field, or nothing in it. */
export function sipHeader(message: WithHeaders, name: string): string | null {
	return sipValues(message, name)[0] ?? null;
}

/**
 * All values of a field, from all its lines; those of lists (such as Via, Supported, Contact) one by one (RFC 3261 §7.3.1).
 * Empty ones of lists, and lines of them whose quotes or brackets stay open, are left out.
 */
export function sipValues(message: WithHeaders, name: string): readonly string[] {
	const fields = sipFields(message, name);
	if (!isSipList(sipHeaderName(name))) return fields;
	return fields.flatMap((value) => splitSip(value, ",") ?? []).filter((value) => value !== "");
}
