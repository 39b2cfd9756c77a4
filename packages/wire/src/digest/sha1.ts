import { Hasher, type HashFunction, loadWords } from "./hash.ts";

/** The message schedule of the block in hand: hashing never waits, so one for all suffices. */
const schedule = new Int32Array(80);

/** SHA-1 (FIPS 180-4 §6.1). */
export const SHA1: HashFunction = {
	digestLength: 20,
	initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
	littleEndian: false,
	compress(state, bytes, offset) {
		const w = schedule;
		loadWords(w, bytes, offset);
		for (let t = 16; t < 80; t++) {
			const x = (w[t - 3] ?? 0) ^ (w[t - 8] ?? 0) ^ (w[t - 14] ?? 0) ^ (w[t - 16] ?? 0);
			w[t] = (x << 1) | (x >>> 31);
		}
		let a = state[0] ?? 0;
		let b = state[1] ?? 0;
		let c = state[2] ?? 0;
		let d = state[3] ?? 0;
		let e = state[4] ?? 0;
		// One loop for each function of §4.1.1, with its constant of §4.2.1: a choice in the loop would cost half as much again.
		for (let t = 0; t < 20; t++) {
			const next = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + 0x5a827999 + e + (w[t] ?? 0)) | 0;
			e = d;
			d = c;
			c = (b << 30) | (b >>> 2);
			b = a;
			a = next;
		}
		for (let t = 20; t < 40; t++) {
			const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0x6ed9eba1 + e + (w[t] ?? 0)) | 0;
			e = d;
			d = c;
			c = (b << 30) | (b >>> 2);
			b = a;
			a = next;
		}
		for (let t = 40; t < 60; t++) {
			const next = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc + e + (w[t] ?? 0)) | 0;
			e = d;
			d = c;
			c = (b << 30) | (b >>> 2);
			b = a;
			a = next;
		}
		for (let t = 60; t < 80; t++) {
			const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0xca62c1d6 + e + (w[t] ?? 0)) | 0;
			e = d;
			d = c;
			c = (b << 30) | (b >>> 2);
			b = a;
			a = next;
		}
		state[0] = (state[0] ?? 0) + a;
		state[1] = (state[1] ?? 0) + b;
		state[2] = (state[2] ?? 0) + c;
		state[3] = (state[3] ?? 0) + d;
		state[4] = (state[4] ?? 0) + e;
	},
};

const hasher = new Hasher(SHA1);

/** SHA-1 of bytes: 20 bytes (FIPS 180-4). For formats that ask for it; it resists no forger. */
export function sha1(bytes: Uint8Array): Uint8Array {
	return hasher.begin().update(bytes).digest();
}
