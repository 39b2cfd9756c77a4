import { concatBytes } from "../bytes.ts";
import { HmacKey } from "../digest/hmac.ts";
import { md5 } from "../digest/md5.ts";
import { sha256 } from "../digest/sha256.ts";
import { encodeUtf8 } from "../utf8.ts";

/** How names and passwords are brought into one form: RFC 8489's way, or that of RFC 5389. */
export type StunPreparation = "opaqueString" | "saslPrep";

/** Spaces of other scripts and widths (Unicode category Zs but U+0020). */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;

/** What RFC 4013 §2.1 maps to nothing (RFC 3454 table B.1). */
const MAPPED_TO_NOTHING = /[\u00ad\u1806\u200b-\u200d\u2060\ufeff]|\u034f|[\u180b-\u180d]|[\ufe00-\ufe0f]/g;

/**
 * The OpaqueString profile of RFC 8265 §4.2: other spaces become U+0020, then Unicode form NFC.
 * Deviation: characters that the profile forbids are let through, for they need tables of every Unicode version.
 */
export function opaqueString(text: string): string {
	return text.replace(OTHER_SPACES, " ").normalize("NFC");
}

/**
 * SASLprep (RFC 4013), for servers of RFC 5389: other spaces become U+0020, what is invisible goes, then form NFKC.
 * Deviation: Unicode is the language's own instead of 3.2, and prohibited and right-to-left text is let through.
 */
export function saslPrep(text: string): string {
	return text.replace(OTHER_SPACES, " ").replace(MAPPED_TO_NOTHING, "").normalize("NFKC");
}

function prepared(text: string, preparation: StunPreparation = "opaqueString"): Uint8Array {
	return encodeUtf8(preparation === "saslPrep" ? saslPrep(text) : opaqueString(text));
}

const COLON = Uint8Array.of(0x3a);

/** The key of a short-term credential: the password itself (RFC 8489 §9.1.1). */
export function shortTermKey(password: string, preparation?: StunPreparation): HmacKey {
	return new HmacKey(prepared(password, preparation));
}

/** A user of a realm. */
export interface StunLongTermCredential {
	readonly username: string;
	readonly realm: string;
	readonly password: string;
	readonly algorithm: "md5" | "sha256";
	/** By default `opaqueString`. */
	readonly preparation?: StunPreparation;
}

/** The key of a long-term credential: MD5 or SHA-256 of `username:realm:password` (RFC 8489 §9.2.2, §18.5.1). */
export function longTermKey(credential: StunLongTermCredential): HmacKey {
	const { username, realm, password, algorithm, preparation } = credential;
	const text = concatBytes([
		prepared(username, preparation),
		COLON,
		prepared(realm, preparation),
		COLON,
		prepared(password, preparation),
	]);
	return new HmacKey(algorithm === "sha256" ? sha256(text) : md5(text));
}

/** What USERHASH says instead of a name: SHA-256 of `username:realm` (RFC 8489 §14.4). 32 bytes. */
export function userHash(username: string, realm: string): Uint8Array {
	return sha256(concatBytes([prepared(username), COLON, prepared(realm)]));
}
