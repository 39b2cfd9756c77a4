/** Retry-After (RFC 3261 §20.33). */
import { parseWhole, trimBlanks } from "./grammar.ts";

/** Seconds to wait, whatever is said about why and for how long; null where it does not fit. */
export function parseRetryAfterSeconds(text: string | null): number | null {
	const [digits = ""] = (text ?? "").split(/[;(]/);
	return parseWhole(trimBlanks(digits), 0xffff_ffff);
}
