/** Digest credentials: Authorization and Proxy-Authorization (RFC 7616 §3.4). */
import { parseSipAuthorization } from "../message/authorization.ts";
import { quote } from "../message/grammar.ts";
import { sipParameter } from "../message/parameters.ts";
import { type DigestAlgorithm, digestAlgorithm } from "./algorithms.ts";
import type { DigestProtection } from "./challenge.ts";

/** What answers a challenge. */
export interface DigestCredentials {
	readonly username: string;
	readonly realm: string;
	readonly nonce: string;
	/** What was asked for, as the client wrote it. */
	readonly uri: string;
	/** Hexadecimal digits in small letters. */
	readonly response: string;
	readonly algorithm: DigestAlgorithm;
	readonly opaque: string | null;
	/** Null: RFC 2069's way. */
	readonly counted: DigestCount | null;
}

/** What makes every use of a nonce another. */
export interface DigestCount {
	readonly protection: DigestProtection;
	/** Drawn by the client. */
	readonly cnonce: string;
	/** 1 for the first use of a nonce. */
	readonly count: number;
}

/** Credentials; null where they are none, or of an algorithm that is not ours. */
export function parseDigestCredentials(text: string | null): DigestCredentials | null {
	const { scheme, parameters } = parseSipAuthorization(text) ?? { scheme: "", parameters: [] };
	const value = (name: string) => sipParameter(parameters, name);
	const [username, realm, nonce, uri] = ["username", "realm", "nonce", "uri"].map(value);
	const response = value("response")?.toLowerCase();
	const algorithm = digestAlgorithm(value("algorithm"));
	const counted = countOf(value);
	if (scheme !== "digest" || username == null || realm == null || nonce == null || uri == null) return null;
	if (response === undefined || !/^[0-9a-f]+$/.test(response) || algorithm === null || counted === undefined)
		return null;
	return { username, realm, nonce, uri, response, algorithm, opaque: value("opaque"), counted };
}

/** Undefined where it does not fit. */
function countOf(value: (name: string) => string | null): DigestCount | null | undefined {
	const [protection, cnonce, digits] = [value("qop")?.toLowerCase(), value("cnonce"), value("nc") ?? ""];
	if (protection === undefined) return null;
	if ((protection !== "auth" && protection !== "auth-int") || cnonce === null) return undefined;
	return /^[0-9a-f]{8}$/i.test(digits) ? { protection, cnonce, count: Number.parseInt(digits, 16) } : undefined;
}

/** The credentials as text. */
export function formatDigestCredentials(credentials: DigestCredentials): string {
	const { username, realm, nonce, uri, response, algorithm, opaque, counted } = credentials;
	const parts = [
		...[`username=${quote(username)}`, `realm=${quote(realm)}`, `nonce=${quote(nonce)}`, `uri=${quote(uri)}`],
		...[`response="${response}"`, `algorithm=${algorithm}`],
	];
	if (opaque !== null) parts.push(`opaque=${quote(opaque)}`);
	if (counted !== null)
		parts.push(`qop=${counted.protection}`, `cnonce=${quote(counted.cnonce)}`, `nc=${formatNonceCount(counted.count)}`);
	return `Digest ${parts.join(", ")}`;
}

/** Eight hexadecimal digits, as they are hashed and sent. */
export function formatNonceCount(count: number): string {
	return count.toString(16).padStart(8, "0");
}
