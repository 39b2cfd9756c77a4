import { Hasher, type HashFunction, loadWords } from "./hash.ts";

/** The first 32 bits of the fraction of `root` of each of the first `count` primes (§4.2.2, §5.3.3). */
function primeFractions(count: number, root: (prime: number) => number): Int32Array {
	const words = new Int32Array(count);
	let found = 0;
	for (let candidate = 2; found < count; candidate++) {
		let prime = true;
		for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) prime = false;
		if (prime) words[found++] = ((root(candidate) % 1) * 0x1_0000_0000) | 0;
	}
	return words;
}

const ROUND_CONSTANTS = primeFractions(64, Math.cbrt);

/** The message schedule of the block in hand: hashing never waits, so one for all suffices. */
const schedule = new Int32Array(64);

/** SHA-256 (FIPS 180-4 §6.2). */
export const SHA256: HashFunction = {
	digestLength: 32,
	initial: [...primeFractions(8, Math.sqrt)],
	littleEndian: false,
	compress(state, bytes, offset) {
		const w = schedule;
		loadWords(w, bytes, offset);
		for (let t = 16; t < 64; t++) {
			const x = w[t - 15] ?? 0;
			const y = w[t - 2] ?? 0;
			const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
			const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
			w[t] = s1 + (w[t - 7] ?? 0) + s0 + (w[t - 16] ?? 0);
		}
		let a = state[0] ?? 0;
		let b = state[1] ?? 0;
		let c = state[2] ?? 0;
		let d = state[3] ?? 0;
		let e = state[4] ?? 0;
		let f = state[5] ?? 0;
		let g = state[6] ?? 0;
		let h = state[7] ?? 0;
		for (let t = 0; t < 64; t++) {
			const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
			const first = (h + sum1 + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[t] ?? 0) + (w[t] ?? 0)) | 0;
			const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
			const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
			h = g;
			g = f;
			f = e;
			e = (d + first) | 0;
			d = c;
			c = b;
			b = a;
			a = (first + second) | 0;
		}
		state[0] = (state[0] ?? 0) + a;
		state[1] = (state[1] ?? 0) + b;
		state[2] = (state[2] ?? 0) + c;
		state[3] = (state[3] ?? 0) + d;
		state[4] = (state[4] ?? 0) + e;
		state[5] = (state[5] ?? 0) + f;
		state[6] = (state[6] ?? 0) + g;
		state[7] = (state[7] ?? 0) + h;
	},
};

const hasher = new Hasher(SHA256);

/** SHA-256 of bytes: 32 bytes (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Uint8Array {
	return hasher.begin().update(bytes).digest();
}
