import { encodeUtf8, formatBase64, HmacKey, hmacSha1 } from "@whither/wire";

/** A user for some time, whose password follows from a secret that its giver shares with the server. */
export interface RestCredentials {
	/** `expiry:id`: when it ends, in seconds of Unix time, and whose it is. */
	readonly username: string;
	/** HMAC-SHA1 of the user name in base 64. */
	readonly password: string;
}

/**
 * Credentials as draft-uberti-behave-turn-rest-00 has them, and most servers: for `id` (any text, which may be empty)
 * until `expiresAtSeconds` of Unix time.
 */
export function restCredentials(secret: HmacKey, expiresAtSeconds: number, id: string): RestCredentials {
	const expiry = String(Math.floor(expiresAtSeconds));
	const username = id === "" ? expiry : `${expiry}:${id}`;
	return { username, password: restPassword(secret, username) };
}

/** The password of such a user name. */
export function restPassword(secret: HmacKey, username: string): string {
	return formatBase64(hmacSha1(secret, encodeUtf8(username)));
}

/** When such a user name ends, in seconds of Unix time; null where it does not begin with a time. */
export function restExpirySeconds(username: string): number | null {
	const digits = /^([0-9]{1,15})(?::|$)/.exec(username)?.[1];
	return digits === undefined ? null : Number(digits);
}

/** The key of a secret in text, as servers have it in their configuration. */
export function restSecret(text: string): HmacKey {
	return new HmacKey(encodeUtf8(text));
}
