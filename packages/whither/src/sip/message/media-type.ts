/** Content-Type, Content-Disposition, Event and their like: words with parameters (RFC 3261 §20.11, §20.15, RFC 6665 §8.2.1). */
import { isSipToken, splitSip, trimBlanks } from "./grammar.ts";
import { parseSipParameters, type SipParameter } from "./parameters.ts";

/** A word (or media type) and its parameters. */
export interface SipWord {
	/** In small letters: `application/sdp`, `session`, `trickle-ice`. */
	readonly word: string;
	readonly parameters: readonly SipParameter[];
}

/** The parts of a Content-Type; null where it does not fit. */
export function parseSipMediaType(text: string | null): SipWord | null {
	const [word = "", behind] = partsOf(text);
	const [type = "", subtype = "", ...more] = word.split("/").map(trimBlanks);
	const parameters = parseSipParameters(behind);
	if (!isSipToken(type) || !isSipToken(subtype) || more.length > 0 || parameters === null) return null;
	return { word: `${type}/${subtype}`.toLowerCase(), parameters };
}

/** The parts of a Content-Disposition, Event, Info-Package or Subscription-State; null where it does not fit. */
export function parseSipWord(text: string | null): SipWord | null {
	const [word = "", behind] = partsOf(text);
	const parameters = parseSipParameters(behind);
	return isSipToken(word) && parameters !== null ? { word: word.toLowerCase(), parameters } : null;
}

function partsOf(text: string | null): readonly [word: string, behind: string] {
	const value = text ?? "";
	const word = splitSip(value, ";")?.[0] ?? "";
	const semicolon = value.indexOf(";");
	return [word, semicolon < 0 ? "" : value.slice(semicolon)];
}
