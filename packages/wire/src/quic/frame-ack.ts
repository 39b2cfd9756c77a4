import type { ByteReader } from "../byte-reader.ts";
import { concatBytes } from "../bytes.ts";
import type { FrameRow } from "./frame-row.ts";
import { encodeVarint, readVarint } from "./varint.ts";

/** A run of packet numbers, both ends included. */
export interface QuicAckRange {
	readonly smallest: number;
	readonly largest: number;
}

/**
 * ACK (RFC 9000 §19.3), every field a varint; gap and range length count one less than there is:
 *
 *     +---------+-------+-------------+-------------+------------------------+--------------
 *     | largest | delay | range count | first range | gap, range length, ... | ECN counts
 *     +---------+-------+-------------+-------------+------------------------+--------------
 */
export interface QuicAck {
	/** As the frame has it: to be multiplied by 2^ack_delay_exponent microseconds. */
	readonly delay: number;
	/** Newest first; never empty, and with at least one number between two of them. */
	readonly ranges: readonly QuicAckRange[];
}

/** How many packets the other end received with each codepoint (RFC 9000 §19.3.2). */
export interface QuicEcnCounts {
	readonly ect0: number;
	readonly ect1: number;
	readonly ce: number;
}

/** An ACK with ECN counts: frame type 0x03. */
export interface QuicAckEcn extends QuicAck {
	readonly ecn: QuicEcnCounts;
}

export const ACK: FrameRow<QuicAck> = { type: 0x02, meaning: "ACK", read: readAck, write: writeAck };

export const ACK_ECN: FrameRow<QuicAckEcn> = {
	type: 0x03,
	meaning: "ACK",
	read: (reader) => ({
		...readAck(reader),
		ecn: { ect0: readVarint(reader), ect1: readVarint(reader), ce: readVarint(reader) },
	}),
	write: ({ ecn, ...ack }) => concatBytes([writeAck(ack), ...[ecn.ect0, ecn.ect1, ecn.ce].map((n) => encodeVarint(n))]),
};

function readAck(reader: ByteReader): QuicAck {
	const start = reader.offset;
	let largest = readVarint(reader);
	const delay = readVarint(reader);
	const count = readVarint(reader);
	let smallest = largest - readVarint(reader);
	const ranges: QuicAckRange[] = [{ smallest, largest }];
	for (let index = 0; index < count && reader.error === null; index++) {
		if (smallest < 0) break;
		largest = smallest - readVarint(reader) - 2;
		smallest = largest - readVarint(reader);
		ranges.push({ smallest, largest });
	}
	if (smallest < 0) reader.fail("badValue", start, 0, -smallest);
	return { delay, ranges };
}

function writeAck({ delay, ranges }: QuicAck): Uint8Array {
	const [first, ...others] = ranges;
	if (first === undefined) throw new RangeError("ACK: at least one range");
	const parts = [first.largest, delay, others.length, first.largest - first.smallest];
	let smallest = first.smallest;
	for (const range of others) {
		parts.push(smallest - range.largest - 2, range.largest - range.smallest);
		smallest = range.smallest;
	}
	return concatBytes(parts.map((part) => encodeVarint(part)));
}
