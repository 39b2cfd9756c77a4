import { encodeUtf8, HmacKey, hmacSha256 } from "@whither/wire";

/** Letters and digits and two more, 64 of them: six bits each. All may stand in an `a=alt` line. */
const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Multiples of four, as RFC 3489 §11.2.6 and §11.2.7 want them: 120 and 168 bits of chance. */
const USERNAME_LENGTH = 20;
const PASSWORD_LENGTH = 28;

/** What a check of one of our addresses has to show. */
export interface Credentials {
	readonly username: string;
	readonly password: string;
}

/** What an agent has to choose at random, out of its secret, so that a run can be replayed. */
export class Secrets {
	readonly #key: HmacKey;
	#counter = 0;

	/** `secret`: 32 random bytes, new for every machine. */
	constructor(secret: Uint8Array) {
		this.#key = new HmacKey(hmacSha256(new HmacKey(secret), encodeUtf8("first draft")));
	}

	/** A secret of another machine that this one makes. */
	bytes(): Uint8Array {
		return hmacSha256(this.#key, encodeUtf8(String(this.#counter++)));
	}

	/** For one address: a name that nobody else has, and that says to whom it was told (draft-rosenberg-sipping-ice-01 §5.2). */
	credentials(): Credentials {
		return { username: this.#text(USERNAME_LENGTH), password: this.#text(PASSWORD_LENGTH) };
	}

	#text(length: number): string {
		let text = "";
		for (const byte of this.bytes().subarray(0, length)) text += CHARACTERS[byte & 63] ?? "";
		return text;
	}
}
