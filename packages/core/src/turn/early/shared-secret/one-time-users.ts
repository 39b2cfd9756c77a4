import { encodeUtf8, formatBase64, HmacKey, hmacSha256, shortTermKey } from "@whither/wire";
import { sameText } from "../../server/nonces.ts";
import type { EarlyRelayUser } from "../client/client-io.ts";
import type { EarlyRelayCredential } from "../server/server-io.ts";

/** How long a name is good for a first request: RFC 3489 §8.2 asks for thirty minutes at least. */
const ONE_TIME_SECONDS = 1800;

/** Bytes of a name: its end in Unix seconds, what makes it one of a kind, whose it is, and a digest of all that. */
const PARTS = { end: 5, serial: 7, owner: 12, digest: 12 } as const;

/** All of them in base 64, without padding. */
const NAME = /^[A-Za-z0-9+/]{48}$/;
/** What a digest covers, in characters. */
const COVERED = ((PARTS.end + PARTS.serial + PARTS.owner) * 4) / 3;

/** Bytes of a password: more than anybody guesses, and in base 64 a multiple of four characters. */
const PASSWORD_LENGTH = 18;

/**
 * Names and passwords that a Shared Secret server gives out, and of which it remembers none: a name carries its end and
 * whose it is, under a digest of ours, and the password follows from the name. Nobody reads from a name who its owner is. Deviation: RFC 3489 §8.2 has them for
 * Binding requests; these are for early relays alone.
 */
export class OneTimeUsers {
	readonly #key: HmacKey;
	#given = 0;

	/** `secret`: 32 random bytes, of this server alone. */
	constructor(secret: Uint8Array) {
		this.#key = new HmacKey(secret);
	}

	/** A new one for a user, good for half an hour. */
	give(owner: string, unixSeconds: number): EarlyRelayUser {
		const bytes = new Uint8Array(PARTS.end + PARTS.serial + PARTS.owner);
		// The second that has begun counts for nothing.
		const end = Math.ceil(unixSeconds) + ONE_TIME_SECONDS + 1;
		for (let index = 0; index < PARTS.end; index++) bytes[index] = Math.floor(end / 256 ** (PARTS.end - 1 - index));
		bytes.set(this.#digest(`serial ${this.#given++}`, PARTS.serial), PARTS.end);
		bytes.set(this.#digest(`owner ${owner}`, PARTS.owner), PARTS.end + PARTS.serial);
		const covered = formatBase64(bytes);
		const username = covered + formatBase64(this.#digest(`name ${covered}`, PARTS.digest));
		return { username, password: this.#password(username) };
	}

	/** Whose a name is, if it is one of these and has not ended; null: it is not. */
	find(username: string, unixSeconds: number): EarlyRelayCredential | null {
		if (!NAME.test(username)) return null;
		const covered = username.slice(0, COVERED);
		const digest = formatBase64(this.#digest(`name ${covered}`, PARTS.digest));
		const endsAtUnixSeconds = endOf(covered);
		if (!sameText(username.slice(COVERED), digest) || endsAtUnixSeconds <= unixSeconds) return null;
		// Sixteen characters behind the twelve bytes of end and serial.
		const owner = `once ${covered.slice(((PARTS.end + PARTS.serial) * 4) / 3)}`;
		return { keys: [shortTermKey(this.#password(username))], owner, endsAtUnixSeconds, once: true };
	}

	#password(username: string): string {
		return formatBase64(this.#digest(`password ${username}`, PASSWORD_LENGTH));
	}

	#digest(text: string, length: number): Uint8Array {
		return hmacSha256(this.#key, encodeUtf8(`early turn ${text}`)).slice(0, length);
	}
}

/** Of base 64, by value (RFC 4648 §4). */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The first forty bits. */
function endOf(base64: string): number {
	let bits = 0;
	for (const digit of base64.slice(0, 7)) bits = bits * 64 + DIGITS.indexOf(digit);
	return Math.floor(bits / 4);
}
