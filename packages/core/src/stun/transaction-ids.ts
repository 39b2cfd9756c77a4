import { HmacKey, hmacSha256 } from "@whither/wire";

/**
 * Transaction ids that nobody can guess who lacks the secret (RFC 8489 §5 asks for that), and that follow from it, so
 * that a run can be replayed: HMAC-SHA256 of a counter.
 */
export class TransactionIds {
	readonly #key: HmacKey;
	readonly #counter = new Uint8Array(8);

	/** `secret`: 32 random bytes, new for every machine. */
	constructor(secret: Uint8Array) {
		this.#key = new HmacKey(secret);
	}

	/** The next one: 12 bytes, or 16 for classic messages, which must not have the cookie by chance. */
	next(length: 12 | 16 = 12): Uint8Array {
		for (let index = this.#counter.length - 1; index >= 0; index--) {
			this.#counter[index] = (this.#counter[index] ?? 0) + 1;
			if (this.#counter[index] !== 0) break;
		}
		const id = hmacSha256(this.#key, this.#counter).slice(0, length);
		const looksModern = id.length === 16 && id[0] === 0x21 && id[1] === 0x12 && id[2] === 0xa4 && id[3] === 0x42;
		return looksModern ? this.next(length) : id;
	}
}
