/** Whether two URIs are the same place (RFC 3261 §19.1.4). */
import { normalizeEscapes } from "./escape.ts";
import { sipParameter } from "./parameters.ts";
import { parseSipUri, type SipUri } from "./uri.ts";

/** Parameters that make another URI of one that has them, where the other has not (§19.1.4). */
const TELLING = ["user", "ttl", "method", "maddr", "transport"];

/** Whether both are equal; URIs that are neither SIP nor SIPS by their text. */
export function equalUris(a: string, b: string): boolean {
	const [left, right] = [parseSipUri(a), parseSipUri(b)];
	if (left === null || right === null) return left === right && a === b;
	return equalSipUris(left, right);
}

/** Whether both are equal: case counts in user and password alone, and ports that are not said are not the usual ones. */
function equalSipUris(a: SipUri, b: SipUri): boolean {
	return (
		a.scheme === b.scheme &&
		equalEscaped(a.user, b.user) &&
		equalEscaped(a.password, b.password) &&
		a.host === b.host &&
		a.port === b.port &&
		equalParameters(a, b) &&
		headersOf(a) === headersOf(b)
	);
}

function equalEscaped(a: string | null, b: string | null): boolean {
	return a === null || b === null ? a === b : normalizeEscapes(a) === normalizeEscapes(b);
}

function equalParameters(a: SipUri, b: SipUri): boolean {
	return [...a.parameters, ...b.parameters].every(({ name }) => {
		const [left, right] = [sipParameter(a.parameters, name), sipParameter(b.parameters, name)];
		if (left === null || right === null) return !TELLING.includes(name);
		return left.toLowerCase() === right.toLowerCase();
	});
}

/** In any order; names without regard to case. */
function headersOf({ headers }: SipUri): string {
	const lines = headers.map(([name, value]) => `${normalizeEscapes(name).toLowerCase()}=${normalizeEscapes(value)}`);
	return lines.sort().join("&");
}
