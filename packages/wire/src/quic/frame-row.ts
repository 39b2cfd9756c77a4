import type { ByteReader } from "../byte-reader.ts";

/** One row of the frame table: frames have no length of their own, so each row reads as far as it goes. */
export interface FrameRow<Value> {
	readonly type: number;
	/** The registry's name. */
	readonly meaning: string;
	/** What follows the type; where it does not fit, the reader holds an error. */
	read(reader: ByteReader): Value;
	/** What follows the type; throws RangeError. */
	write(value: Value): Uint8Array;
}

/** A frame that is nothing but its type. */
export function bareFrame(type: number, meaning: string): FrameRow<null> {
	return { type, meaning, read: () => null, write: () => new Uint8Array(0) };
}
