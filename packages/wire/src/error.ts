/** What was wrong with bytes that came from outside, as a value: decoding never throws on its input. */
export interface DecodeError {
	/**
	 * `truncated`: fewer bytes than the format needs. `badVersion`, `badLength`, `badChecksum`: that field contradicts
	 * the format or the bytes. `badValue`: any other field does.
	 */
	readonly error: "truncated" | "badVersion" | "badLength" | "badChecksum" | "badValue";
	/** Where in the input, in bytes (for text: in characters). */
	readonly offset: number;
	/** What the format needs there: a number of bytes, or the expected value. */
	readonly need: number;
	/** What stood there. */
	readonly have: number;
}

/** A decode error as a value. */
export function decodeError(error: DecodeError["error"], offset: number, need: number, have: number): DecodeError {
	return { error, offset, need, have };
}

/** Whether a decoder's answer is an error and not the value. */
export function isDecodeError(value: unknown): value is DecodeError {
	return (
		typeof value === "object" &&
		value !== null &&
		"error" in value &&
		typeof value.error === "string" &&
		"need" in value
	);
}
