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
		let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
		for (let t = 0; t < 80; t++) {
			const next = (((a << 5) | (a >>> 27)) + mix(t, b, c, d) + e + (w[t] ?? 0)) | 0;
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

/** The function of round `t` (§4.1.1) with its constant (§4.2.1). */
function mix(t: number, b: number, c: number, d: number): number {
	if (t < 20) return (((b & c) | (~b & d)) + 0x5a827999) | 0;
	if (t < 40) return ((b ^ c ^ d) + 0x6ed9eba1) | 0;
	if (t < 60) return (((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc) | 0;
	return ((b ^ c ^ d) + 0xca62c1d6) | 0;
}

const hasher = new Hasher(SHA1);

/** SHA-1 of bytes: 20 bytes (FIPS 180-4). For formats that ask for it; it resists no forger. */
export function sha1(bytes: Uint8Array): Uint8Array {
	return hasher.begin().update(bytes).digest();
}
