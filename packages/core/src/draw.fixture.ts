/** Chance made from a seed number and nothing else. */

/** Numbers from 0 to below `limit`, by the generator of mulberry32. */
export type Draw = (limit: number) => number;

/** Starts from a seed. */
export function openDraw(seed: number): Draw {
	let state = seed | 0;
	return (limit) => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
	};
}

/** One of them; undefined of none. */
export function pick<Value>(draw: Draw, from: readonly Value[]): Value | undefined {
	return from[draw(from.length)];
}

/** Bytes by chance. */
export function someBytes(draw: Draw, length: number): Uint8Array {
	return Uint8Array.from({ length }, () => draw(256));
}

/** Some bytes of it other than they were. */
export function spoiled(draw: Draw, bytes: Uint8Array): Uint8Array {
	const changed = bytes.slice();
	for (let left = draw(4) + 1; left > 0; left--) changed[draw(changed.length)] = draw(256);
	return draw(3) === 0 ? changed.subarray(0, draw(changed.length + 1)) : changed;
}
