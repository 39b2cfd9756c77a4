import { encodeUtf8, HmacKey, hmacSha256 } from "@whither/wire";

/** Characters of ice-ufrag, ice-pwd and foundations (RFC 8839 §5.1), 64 of them: six bits each. */
const ICE_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BITS_32 = 2 ** 32;

/** What an agent has to choose at random, out of its secret, so that a run can be replayed. */
export class Chance {
	readonly #key: HmacKey;
	#counter = 0;

	/** `secret`: 32 random bytes, new for every machine; `label` keeps apart what several draw from one secret. */
	constructor(secret: Uint8Array, label: string) {
		this.#key = new HmacKey(hmacSha256(new HmacKey(secret), encodeUtf8(label)));
	}

	/** 32 bytes. */
	bytes(): Uint8Array {
		return hmacSha256(this.#key, encodeUtf8(String(this.#counter++)));
	}

	/** From 0 up to, but not including, 1. */
	fraction(): number {
		const [a = 0, b = 0, c = 0, d = 0] = this.bytes();
		return (a * 0x100_0000 + b * 0x1_0000 + c * 0x100 + d) / BITS_32;
	}

	/** 64 bits, such as a tie-breaker. */
	uint64(): bigint {
		return this.bytes()
			.subarray(0, 8)
			.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
	}

	/** At most 32 of ICE's characters, six bits of chance each (RFC 8445 §5.3). */
	iceText(length: number): string {
		let text = "";
		for (const byte of this.bytes().subarray(0, length)) text += ICE_CHARACTERS[byte & 63] ?? "";
		return text;
	}
}
