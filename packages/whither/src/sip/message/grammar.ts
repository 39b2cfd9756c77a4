/** The small words that SIP's header fields are built of (RFC 3261 §25.1). */

/** Characters of a token, for a class in a regular expression. */
export const TOKEN_CHARACTERS = "!%'*+\\-.0-9A-Z_`a-z~";
const TOKEN = new RegExp(`^[${TOKEN_CHARACTERS}]+$`);

/** Whether it is a token. */
export function isSipToken(text: string): boolean {
	return TOKEN.test(text);
}

/** Without blanks (SP and HTAB) at both ends; other white space is text. */
export function trimBlanks(text: string): string {
	let start = 0;
	let end = text.length;
	while (start < end && isBlank(text, start)) start++;
	while (end > start && isBlank(text, end - 1)) end--;
	return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
	return text[index] === " " || text[index] === "\t";
}

/** The parts between separators that stand outside quotes and angle brackets, trimmed; null: one of these stays open. */
export function splitSip(text: string, separator: "," | ";"): readonly string[] | null {
	const parts: string[] = [];
	let start = 0;
	let inQuotes = false;
	let inBrackets = false;
	for (let index = 0; index < text.length; index++) {
		const character = text[index];
		if (inQuotes) {
			if (character === "\\") index++;
			else if (character === '"') inQuotes = false;
		} else if (inBrackets) inBrackets = character !== ">";
		else if (character === '"') inQuotes = true;
		else if (character === "<") inBrackets = true;
		else if (character === separator) {
			parts.push(trimBlanks(text.slice(start, index)));
			start = index + 1;
		}
	}
	if (inQuotes || inBrackets) return null;
	parts.push(trimBlanks(text.slice(start)));
	return parts;
}

/** Where the quoted string that begins at `start` ends, behind its quote; -1: nowhere. */
export function quotedEnd(text: string, start: number): number {
	for (let index = start + 1; index < text.length; index++) {
		if (text[index] === "\\") index++;
		else if (text[index] === '"') return index + 1;
	}
	return -1;
}

/** What a quoted string says; null where it is none, or more than one. */
export function unquote(text: string): string | null {
	if (text[0] !== '"' || quotedEnd(text, 0) !== text.length) return null;
	return text.slice(1, -1).replace(/\\([\s\S])/g, "$1");
}

/** A text as a quoted string; throws RangeError for one with a line break. */
export function quote(text: string): string {
	if (/[\r\n]/.test(text)) throw new RangeError(`no line breaks in a quoted string: ${JSON.stringify(text)}`);
	return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** A whole number of decimal digits up to `most`; null where it is none. Leading zeros are taken. */
export function parseWhole(text: string, most: number): number | null {
	if (!/^[0-9]+$/.test(text)) return null;
	const value = Number(text);
	return value <= most ? value : null;
}
