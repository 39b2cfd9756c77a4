/** Inputs for decoders, each made from a seed number, its place in the run and well-formed ones: nothing else. */
import { type Draw, openDraw } from "../packages/core/src/draw.fixture.ts";

/** Bytes of inputs that are nothing but chance. */
const LONGEST_RANDOM = 160;
/** Changes may lengthen an input up to here. */
const LONGEST = 4096;
const MOST_CHANGES = 6;
/** Values that lengths, counts and versions like to fail at. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 31, 32, 40, 63, 64, 127, 128, 191, 192, 254, 255];

/** The input with this number in the run of this seed. */
export function inputAt(seed: number, index: number, wellFormed: readonly Uint8Array[]): Uint8Array {
	const draw = openDraw(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
	const start = wellFormed[draw(wellFormed.length)];
	if (start === undefined || draw(8) === 0) return randomBytes(draw, draw(LONGEST_RANDOM + 1));
	let bytes: Uint8Array = start.slice();
	for (let left = draw(MOST_CHANGES) + 1; left > 0; left--) bytes = changed(bytes, draw, wellFormed);
	return bytes;
}

function randomBytes(draw: Draw, length: number): Uint8Array {
	const bytes = new Uint8Array(length);
	for (let at = 0; at < length; at++) bytes[at] = draw(256);
	return bytes;
}

function changed(bytes: Uint8Array, draw: Draw, wellFormed: readonly Uint8Array[]): Uint8Array {
	const at = draw(bytes.length + 1);
	switch (draw(9)) {
		case 0:
			return bytes.slice(0, at);
		case 1:
			return spliced(bytes, at, draw(8), randomBytes(draw, draw(8)));
		case 2:
			return spliced(bytes, at, 0, bytes.subarray(at, at + draw(64)));
		case 3: {
			const other = wellFormed[draw(wellFormed.length)] ?? bytes;
			return spliced(bytes, at, draw(64), other.subarray(draw(other.length + 1)));
		}
		case 4:
			bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
			return bytes;
		case 5:
			bytes.fill(EDGES[draw(EDGES.length)] ?? 0, at, at + draw(5));
			return bytes;
		case 6:
			bytes[at] = EDGES[draw(EDGES.length)] ?? 0;
			return bytes;
		default:
			bytes[at] = draw(256);
			return bytes;
	}
}

function spliced(bytes: Uint8Array, at: number, without: number, put: Uint8Array): Uint8Array {
	const whole = [bytes.subarray(0, at), put, bytes.subarray(at + without)];
	const joined = new Uint8Array(whole.reduce((length, part) => length + part.length, 0));
	let end = 0;
	for (const part of whole) {
		joined.set(part, end);
		end += part.length;
	}
	return joined.subarray(0, LONGEST);
}

/** The smallest input found that still fails: parts left out, then bytes made 0, until neither helps. */
export function shrunk(input: Uint8Array, fails: (bytes: Uint8Array) => boolean): Uint8Array {
	let best = input;
	for (let size = best.length; size >= 1; size = Math.floor(size / 2)) {
		for (let at = 0; at < best.length; ) {
			const shorter = spliced(best, at, size, new Uint8Array(0));
			if (fails(shorter)) best = shorter;
			else at += size;
		}
	}
	for (let at = 0; at < best.length; at++) {
		const plainer = best.slice();
		plainer[at] = 0;
		if (fails(plainer)) best = plainer;
	}
	return best;
}
