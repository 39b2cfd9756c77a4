import { Hasher, type HashFunction } from "./hash.ts";

/** How far each step of a round turns its word (RFC 1321 §3.4). */
const SHIFTS = [
	[7, 12, 17, 22],
	[5, 9, 14, 20],
	[4, 11, 16, 23],
	[6, 10, 15, 21],
] as const;

const SINES = Int32Array.from({ length: 64 }, (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 0x1_0000_0000));

/** MD5 (RFC 1321). */
const MD5: HashFunction = {
	digestLength: 16,
	initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476],
	littleEndian: true,
	compress(state, bytes, offset) {
		let a = state[0] ?? 0;
		let b = state[1] ?? 0;
		let c = state[2] ?? 0;
		let d = state[3] ?? 0;
		for (let step = 0; step < 64; step++) {
			const round = step >> 4;
			const word = wordAt(bytes, offset + 4 * wordOfStep(round, step));
			const sum = (a + mix(round, b, c, d) + word + (SINES[step] ?? 0)) | 0;
			const shift = SHIFTS[round]?.[step & 3] ?? 0;
			a = d;
			d = c;
			c = b;
			b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
		}
		state[0] = (state[0] ?? 0) + a;
		state[1] = (state[1] ?? 0) + b;
		state[2] = (state[2] ?? 0) + c;
		state[3] = (state[3] ?? 0) + d;
	},
};

function mix(round: number, b: number, c: number, d: number): number {
	if (round === 0) return (b & c) | (~b & d);
	if (round === 1) return (b & d) | (c & ~d);
	return round === 2 ? b ^ c ^ d : c ^ (b | ~d);
}

function wordOfStep(round: number, step: number): number {
	if (round === 0) return step;
	if (round === 1) return (5 * step + 1) & 15;
	return (round === 2 ? 3 * step + 5 : 7 * step) & 15;
}

function wordAt(bytes: Uint8Array, offset: number): number {
	const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(offset, offset + 4);
	return a | (b << 8) | (c << 16) | (d << 24);
}

const hasher = new Hasher(MD5);

/** MD5 of bytes: 16 bytes (RFC 1321). For formats that ask for it; it resists no forger. */
export function md5(bytes: Uint8Array): Uint8Array {
	return hasher.begin().update(bytes).digest();
}
