/** The header of channel data (RFC 8656 section 12.4), read and written where it lies: a number and a length, both of 16 bits. Pure. */

/** Bytes of the header. */
export const CHANNEL_HEADER_BYTES = 4;

/** Whether the first byte of a message is that of channel data (RFC 7983: 64 to 127). */
export function beginsChannelData(byte: number | undefined): boolean {
	return ((byte ?? 0) & 0xc0) === 0x40;
}

/** The channel's number. */
export function channelNumberAt(bytes: Uint8Array, at: number): number {
	return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** How many bytes of data the header says that there are. */
export function channelLengthAt(bytes: Uint8Array, at: number): number {
	return ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
}

/** Writes the header of so many bytes of data. */
export function writeChannelHeader(bytes: Uint8Array, at: number, number: number, length: number): void {
	bytes[at] = number >>> 8;
	bytes[at + 1] = number;
	bytes[at + 2] = length >>> 8;
	bytes[at + 3] = length;
}
