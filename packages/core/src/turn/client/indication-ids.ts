import { HmacKey, hmacSha256 } from "@whither/wire";

/** "indications": so that these begin elsewhere than the ids of requests, which come of the same secret. */
const LABEL = Uint8Array.of(0x69, 0x6e, 0x64, 0x69, 0x63, 0x61, 0x74, 0x69, 0x6f, 0x6e, 0x73);

/** Transaction ids of indications: they have no answers, so they must be different and need not be a secret. */
export class IndicationIds {
	readonly #id: Uint8Array;

	/** `secret`: 32 random bytes. */
	constructor(secret: Uint8Array) {
		this.#id = hmacSha256(new HmacKey(secret), LABEL).slice(0, 12);
	}

	/** The next one: 12 bytes, valid until the next call. */
	next(): Uint8Array {
		for (let index = this.#id.length - 1; index >= 0; index--) {
			this.#id[index] = (this.#id[index] ?? 0) + 1;
			if (this.#id[index] !== 0) break;
		}
		return this.#id;
	}
}
