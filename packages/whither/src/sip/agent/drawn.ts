import { encodeUtf8, formatHex, HmacKey, hmacSha256 } from "@whither/wire";

/**
 * Words that nobody can guess who lacks the secret (RFC 3261 §19.3 asks for that), and that follow from it, so that a run can
 * be replayed: HMAC-SHA256 of a counter, or of what they are for.
 */
export class Drawn {
	readonly #key: HmacKey;
	#count = 0;

	/** `secret`: 32 random bytes, new for every machine. */
	constructor(secret: Uint8Array) {
		this.#key = new HmacKey(secret);
	}

	/** The next one: 24 hexadecimal digits. */
	next(): string {
		return this.of(`next ${++this.#count}`);
	}

	/** The same for the same text. */
	of(text: string): string {
		return formatHex(this.#digest(text).subarray(0, 12));
	}

	/** A whole number from 0 to below `end`, which is at most 2^24. */
	below(end: number): number {
		const [a = 0, b = 0, c = 0, d = 0] = this.#digest(`below ${++this.#count}`);
		return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % end;
	}

	#digest(text: string): Uint8Array {
		return hmacSha256(this.#key, encodeUtf8(text));
	}
}
