/** HKDF with SHA-256 (RFC 5869). Pure. */
import { HmacKey, hmacSha256 } from "@whither/wire";

const HASH_LENGTH = 32;

/** `length` bytes of output for `info`, from a secret and a salt that may be empty. */
export function hkdfSha256(order: {
	readonly secret: Uint8Array;
	readonly salt: Uint8Array;
	readonly info: Uint8Array;
	readonly length: number;
}): Uint8Array {
	const { secret, salt, info, length } = order;
	if (length > 255 * HASH_LENGTH) throw new RangeError(`HKDF gives no ${length} bytes`);
	// An empty salt is as many zeros as a hash has, which HMAC pads a key with anyway.
	const key = new HmacKey(hmacSha256(new HmacKey(salt), secret));
	const output = new Uint8Array(Math.ceil(length / HASH_LENGTH) * HASH_LENGTH);
	let block = new Uint8Array(0);
	for (let index = 0; index * HASH_LENGTH < length; index++) {
		block = Uint8Array.from(hmacSha256(key, Uint8Array.of(...block, ...info, index + 1)));
		output.set(block, index * HASH_LENGTH);
	}
	return output.subarray(0, length);
}
