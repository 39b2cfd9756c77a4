import type { StunPasswordAlgorithm } from "./attributes-base.ts";

/** What a nonce begins with whose server says what it can (RFC 8489 §9.2). */
const NONCE_COOKIE = "obMatJos2";

/** Characters behind the cookie: 24 bits in base64. */
const FEATURES_LENGTH = 4;

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What a server says in its nonce, where nobody can take it out unseen (RFC 8489 §18.1). */
export interface StunSecurityFeatures {
	/** Bit 0, counted from the right: the server offers PASSWORD-ALGORITHMS. */
	readonly passwordAlgorithms: boolean;
	/** Bit 1: it understands USERHASH. */
	readonly usernameAnonymity: boolean;
}

/** What a nonce that tells these features has to begin with; 13 characters. */
export function encodeNonceFeatures({ passwordAlgorithms, usernameAnonymity }: StunSecurityFeatures): string {
	const bits = (passwordAlgorithms ? 1 : 0) | (usernameAnonymity ? 2 : 0);
	let text = "";
	for (let shift = 18; shift >= 0; shift -= 6) text += BASE64[(bits >> shift) & 63];
	return NONCE_COOKIE + text;
}

/** The features that a nonce tells; null where it does not begin with the cookie and 24 bits. */
export function parseNonceFeatures(nonce: string): StunSecurityFeatures | null {
	if (!nonce.startsWith(NONCE_COOKIE)) return null;
	let bits = 0;
	for (let index = 0; index < FEATURES_LENGTH; index++) {
		const digit = BASE64.indexOf(nonce[NONCE_COOKIE.length + index] ?? "=");
		if (digit < 0) return null;
		bits = bits * 64 + digit;
	}
	return { passwordAlgorithms: (bits & 1) !== 0, usernameAnonymity: (bits & 2) !== 0 };
}

/**
 * What a client may do with a challenge of 401 or 438 (RFC 8489 §9.2.5). `algorithm`: the first of the server's that we
 * have; MD5 where it lists none. `bidDown`: the nonce tells of algorithms and the message has none, so somebody took
 * them out. `unsupported`: nothing that we could use is offered.
 */
export type StunChallenge =
	| { readonly kind: "usable"; readonly algorithm: "md5" | "sha256"; readonly userHash: boolean }
	| { readonly kind: "bidDown" }
	| { readonly kind: "unsupported" };

/** Judges a challenge by its nonce and its PASSWORD-ALGORITHMS. */
export function judgeChallenge(nonce: string, algorithms: readonly StunPasswordAlgorithm[] | undefined): StunChallenge {
	const features = parseNonceFeatures(nonce);
	const userHash = features?.usernameAnonymity ?? false;
	if (algorithms === undefined)
		return features?.passwordAlgorithms ? { kind: "bidDown" } : { kind: "usable", algorithm: "md5", userHash };
	for (const { algorithm } of algorithms)
		if (algorithm === "sha256" || algorithm === "md5") return { kind: "usable", algorithm, userHash };
	return { kind: "unsupported" };
}
