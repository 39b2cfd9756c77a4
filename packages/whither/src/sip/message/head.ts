/** From bytes to a start line and header fields (RFC 3261 §7.3). */
import { isSipToken, trimBlanks } from "./grammar.ts";
import type { SipHeader } from "./message.ts";
import { sipHeaderName } from "./names.ts";

const CR = 0x0d;
const LF = 0x0a;

/** Start line and header fields, as far as they can be read. */
export interface SipHead {
	readonly startLine: string;
	readonly headers: readonly SipHeader[];
	/** What is wrong, for people; null: nothing. */
	readonly why: string | null;
}

const BREAK_WITHIN = "a line break that is none";

/** Where the first byte stands that is no empty line (RFC 3261 §7.5, RFC 5626 §4.4.1). */
export function skipEmptyLines(bytes: Uint8Array): number {
	let start = 0;
	while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
	return start;
}

/** Where the empty line behind the header fields begins; -1: nowhere. The body stands four bytes further on. */
export function headEnd(bytes: Uint8Array, start: number): number {
	for (let index = start; index + 3 < bytes.length; index++) {
		if (bytes[index] !== CR || bytes[index + 1] !== LF) continue;
		if (bytes[index + 2] === CR && bytes[index + 3] === LF) return index;
	}
	return -1;
}

/** Reads what stands before the empty line. `most`: header fields at the most. */
export function readHead(text: string, most: number): SipHead {
	const [startLine = "", ...lines] = text.split("\r\n");
	const headers: SipHeader[] = [];
	let why = isBroken(startLine) ? BREAK_WITHIN : null;
	for (const line of unfold(lines)) {
		const header = readHeader(line);
		if (headers.length === most) why ??= "too many header fields";
		else if (header === null) why ??= "a line that is no header field";
		// An answer copies what could be read, and would be another message with a break in it.
		else if (isBroken(header.value)) why ??= BREAK_WITHIN;
		else headers.push(header);
	}
	return { startLine, headers, why };
}

/** Whether there is a CR or LF in it that ends no line. */
function isBroken(text: string): boolean {
	return /[\r\n]/.test(text);
}

/** Lines that begin with a blank go on with the one before (§7.3.1). */
function unfold(lines: readonly string[]): readonly string[] {
	const whole: string[][] = [];
	for (const line of lines) {
		const before = whole.at(-1);
		if (before !== undefined && /^[ \t]/.test(line)) before.push(trimBlanks(line));
		else whole.push([line]);
	}
	return whole.map((parts) => parts.join(" "));
}

function readHeader(line: string): SipHeader | null {
	const colon = line.indexOf(":");
	const name = trimBlanks(line.slice(0, Math.max(0, colon)));
	if (colon < 0 || !isSipToken(name)) return null;
	return { name: sipHeaderName(name), value: trimBlanks(line.slice(colon + 1)) };
}
