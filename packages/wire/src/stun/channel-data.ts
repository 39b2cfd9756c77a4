import { type DecodeError, decodeError } from "../error.ts";
import { uintAt } from "./attribute-row.ts";

/**
 * Data on a channel of a TURN relay (RFC 8656 §12.4):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |       channel number          |   length of the data          |
 *     +-------------------------------+-------------------------------+
 *     |  data ...
 */
export interface ChannelData {
	/** 0x4000 to 0x4fff. */
	readonly channel: number;
	/** A view of the bytes it was read from. */
	readonly data: Uint8Array;
}

/** The first and the last channel number (RFC 8656 §12); `lastOf5766` is where RFC 5766 §11 had them end. */
export const CHANNEL_NUMBERS = { first: 0x4000, last: 0x4fff, lastOf5766: 0x7fff } as const;

/** Bytes before the data. */
export const CHANNEL_DATA_HEADER_LENGTH = 4;

/** Channel data at the start of bytes; what follows the data is padding (RFC 8656 §12.5). `last`: the last channel there is. */
export function decodeChannelData(bytes: Uint8Array, last: number = CHANNEL_NUMBERS.last): ChannelData | DecodeError {
	if (bytes.length < CHANNEL_DATA_HEADER_LENGTH)
		return decodeError("truncated", 0, CHANNEL_DATA_HEADER_LENGTH, bytes.length);
	const channel = uintAt(bytes, 0, 2);
	if (channel < CHANNEL_NUMBERS.first || channel > last)
		return decodeError("badValue", 0, CHANNEL_NUMBERS.first, channel);
	const length = uintAt(bytes, 2, 2);
	const end = CHANNEL_DATA_HEADER_LENGTH + length;
	if (end > bytes.length) return decodeError("truncated", CHANNEL_DATA_HEADER_LENGTH, length, bytes.length - 4);
	return { channel, data: bytes.subarray(CHANNEL_DATA_HEADER_LENGTH, end) };
}

/**
 * The bytes of channel data; on a stream with padding to a multiple of four (RFC 8656 §12.5), which datagrams need not
 * have. Throws RangeError for a number that is no channel and for more than 65,535 bytes.
 */
export function encodeChannelData(
	{ channel, data }: ChannelData,
	transport: "datagram" | "stream",
	last: number = CHANNEL_NUMBERS.last,
): Uint8Array {
	if (!(channel >= CHANNEL_NUMBERS.first && channel <= last))
		throw new RangeError(`channels are 0x4000 to 0x${last.toString(16)}, not ${channel}`);
	if (data.length > 0xffff) throw new RangeError(`channel data has at most 65,535 bytes, not ${data.length}`);
	const padding = transport === "stream" ? -data.length & 3 : 0;
	const bytes = new Uint8Array(CHANNEL_DATA_HEADER_LENGTH + data.length + padding);
	bytes[0] = channel >>> 8;
	bytes[1] = channel;
	bytes[2] = data.length >>> 8;
	bytes[3] = data.length;
	bytes.set(data, CHANNEL_DATA_HEADER_LENGTH);
	return bytes;
}
