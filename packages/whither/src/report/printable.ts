/**
 * Control characters (C0, DEL, C1) and the marks that turn the writing direction, which a name chosen by a stranger
 * (PTR record, interface name in an ICMP extension) could use to rewrite the reader's screen.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with every unsafe character written as `\u{hex}`; anything else as it is. */
export function printable(text: string): string {
	return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
