import { BLOCK_LENGTH, Hasher, type HashFunction } from "./hash.ts";
import { SHA1 } from "./sha1.ts";
import { SHA256 } from "./sha256.ts";

/** The chaining words after the inner and the outer padded key: what every message under one key begins with. */
interface Midstates {
	readonly inner: Int32Array;
	readonly outer: Int32Array;
}

/**
 * A key for HMAC (RFC 2104). Keep it as long as the credential lives: it remembers the work that a key costs, per hash
 * function and on first use, so that each message costs only its own blocks and one more.
 */
export class HmacKey {
	/** The key itself, any number of bytes. */
	readonly bytes: Uint8Array;
	#sha1: Midstates | null = null;
	#sha256: Midstates | null = null;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes.slice();
	}

	/** Computed on first use. */
	get sha1(): Midstates {
		this.#sha1 ??= midstates(this.bytes, SHA1);
		return this.#sha1;
	}

	/** Computed on first use. */
	get sha256(): Midstates {
		this.#sha256 ??= midstates(this.bytes, SHA256);
		return this.#sha256;
	}
}

function midstates(key: Uint8Array, hash: HashFunction): Midstates {
	const hasher = new Hasher(hash);
	const block = new Uint8Array(BLOCK_LENGTH);
	block.set(key.length > BLOCK_LENGTH ? hasher.begin().update(key).digest() : key);
	const inner = hasher.begin().update(padded(block, 0x36)).midstate();
	// The outer pad over the inner one that is there already.
	const outer = hasher
		.begin()
		.update(padded(block, 0x36 ^ 0x5c))
		.midstate();
	return { inner, outer };
}

function padded(block: Uint8Array, pad: number): Uint8Array {
	for (let index = 0; index < block.length; index++) block[index] = (block[index] ?? 0) ^ pad;
	return block;
}

/** Hashing never waits, so one hasher and one inner digest a function suffice for all. */
const working = {
	sha1: { hasher: new Hasher(SHA1), inner: new Uint8Array(SHA1.digestLength) },
	sha256: { hasher: new Hasher(SHA256), inner: new Uint8Array(SHA256.digestLength) },
};

/**
 * HMAC with `hash` of `head` followed by the bytes from `from` up to `to`: 20 or 32 bytes, in new bytes or at the start of
 * those given.
 */
export function hmacOfParts(
	hash: "sha1" | "sha256",
	key: HmacKey,
	head: Uint8Array,
	bytes: Uint8Array,
	from: number,
	to: number,
	into?: Uint8Array,
): Uint8Array {
	const { hasher, inner } = working[hash];
	const midstate = key[hash];
	hasher.begin(midstate.inner, BLOCK_LENGTH).update(head).update(bytes, from, to).digest(inner);
	return hasher.begin(midstate.outer, BLOCK_LENGTH).update(inner).digest(into);
}

const NOTHING = new Uint8Array(0);

/** HMAC-SHA1 of bytes: 20 bytes (RFC 2104, RFC 2202). */
export function hmacSha1(key: HmacKey, bytes: Uint8Array): Uint8Array {
	return hmacOfParts("sha1", key, NOTHING, bytes, 0, bytes.length);
}

/** HMAC-SHA256 of bytes: 32 bytes (RFC 2104, RFC 4231). */
export function hmacSha256(key: HmacKey, bytes: Uint8Array): Uint8Array {
	return hmacOfParts("sha256", key, NOTHING, bytes, 0, bytes.length);
}
