/** What digests are made with (RFC 7616 §3.2, RFC 8760 §2.2). */
import { encodeUtf8, formatHex, md5, sha256 } from "@whither/wire";

/** `-sess`: the password's hash is mixed with the nonces of a session. */
export type DigestAlgorithm = "MD5" | "MD5-sess" | "SHA-256" | "SHA-256-sess";

/** All that there are here, the better ones first. */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = ["SHA-256", "SHA-256-sess", "MD5", "MD5-sess"];

/** The algorithm of this name, whatever its case; MD5 where none is said; null for one that we do not have. */
export function digestAlgorithm(name: string | null): DigestAlgorithm | null {
	const wanted = (name ?? "MD5").toLowerCase();
	return DIGEST_ALGORITHMS.find((algorithm) => algorithm.toLowerCase() === wanted) ?? null;
}

/** Hexadecimal digits, in small letters, of the hash of a text's UTF-8, or of bytes. */
export function digestHash(algorithm: DigestAlgorithm, input: string | Uint8Array): string {
	const bytes = typeof input === "string" ? encodeUtf8(input) : input;
	return formatHex(algorithm.startsWith("MD5") ? md5(bytes) : sha256(bytes));
}
