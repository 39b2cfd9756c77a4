import { ByteReader } from "../byte-reader.ts";
import { concatBytes, requireRange } from "../bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { ACK, ACK_ECN } from "./frame-ack.ts";
import { bareFrame, type FrameRow } from "./frame-row.ts";
import { encodeVarint, readVarint } from "./varint.ts";

/** PADDING (RFC 9000 §19.1): bytes of 0, a run of them as one frame; the value is their number. */
const PADDING: FrameRow<number> = {
	type: 0x00,
	meaning: "PADDING",
	read: () => 1,
	write(count) {
		requireRange("PADDING", count, 0xffff);
		if (count === 0) throw new RangeError("PADDING: at least one byte");
		return new Uint8Array(count - 1);
	},
};

/** CRYPTO (RFC 9000 §19.6): a piece of the TLS handshake and where it belongs. */
const CRYPTO: FrameRow<{ readonly offset: number; readonly data: Uint8Array }> = {
	type: 0x06,
	meaning: "CRYPTO",
	read: (reader) => ({ offset: readVarint(reader), data: readPrefixed(reader) }),
	write: ({ offset, data }) => concatBytes([encodeVarint(offset), encodeVarint(data.length), data]),
};

/** NEW_TOKEN (RFC 9000 §19.7): for a later connection. */
const NEW_TOKEN: FrameRow<Uint8Array> = {
	type: 0x07,
	meaning: "NEW_TOKEN",
	read: readPrefixed,
	write: (token) => concatBytes([encodeVarint(token.length), token]),
};

/** CONNECTION_CLOSE of QUIC itself (RFC 9000 §19.19); `frameType` is what caused it, 0 where unknown. */
const CONNECTION_CLOSE: FrameRow<{
	readonly errorCode: number;
	readonly frameType: number;
	readonly reason: string;
}> = {
	type: 0x1c,
	meaning: "CONNECTION_CLOSE",
	read: (reader) => ({
		errorCode: readVarint(reader),
		frameType: readVarint(reader),
		reason: decodeUtf8(readPrefixed(reader)),
	}),
	write: ({ errorCode, frameType, reason }) =>
		concatBytes([encodeVarint(errorCode), encodeVarint(frameType), writeReason(reason)]),
};

/** CONNECTION_CLOSE of the application (RFC 9000 §19.19). */
const APPLICATION_CLOSE: FrameRow<{ readonly errorCode: number; readonly reason: string }> = {
	type: 0x1d,
	meaning: "CONNECTION_CLOSE",
	read: (reader) => ({ errorCode: readVarint(reader), reason: decodeUtf8(readPrefixed(reader)) }),
	write: ({ errorCode, reason }) => concatBytes([encodeVarint(errorCode), writeReason(reason)]),
};

/** The frames that Initial packets may hold (RFC 9000 §12.4), and a few that answers to a probe can show. */
export const QUIC_FRAMES = {
	padding: PADDING,
	ping: bareFrame(0x01, "PING"),
	ack: ACK,
	ackEcn: ACK_ECN,
	crypto: CRYPTO,
	newToken: NEW_TOKEN,
	connectionClose: CONNECTION_CLOSE,
	applicationClose: APPLICATION_CLOSE,
	handshakeDone: bareFrame(0x1e, "HANDSHAKE_DONE"),
} as const;

type FrameTable = typeof QUIC_FRAMES;

/** One frame as a value; its type follows from its row in `QUIC_FRAMES`. */
export type QuicFrame =
	| {
			readonly [Name in keyof FrameTable]: {
				readonly name: Name;
				readonly value: FrameTable[Name] extends FrameRow<infer Value> ? Value : never;
			};
	  }[keyof FrameTable]
	/** A type without a row, whose end nobody can tell: the value is everything from its type on, and nothing follows. */
	| { readonly name: "unknown"; readonly type: number; readonly value: Uint8Array }
	/** A frame that does not fit its row; the value is everything from its type on, and nothing follows. */
	| { readonly name: "malformed"; readonly type: number; readonly value: Uint8Array };

/** A frame to send, by its row's name. */
export function quicFrame<Name extends keyof FrameTable>(
	name: Name,
	value: Extract<QuicFrame, { readonly name: Name }>["value"],
): QuicFrame {
	return { name, value } as QuicFrame;
}

const BY_TYPE: ReadonlyMap<number, readonly [name: string, row: FrameRow<unknown>]> = new Map(
	Object.entries(QUIC_FRAMES).map(([name, row]) => [row.type, [name, row as FrameRow<unknown>]]),
);

/** All frames of a packet's payload; never throws, always ends, and keeps every byte that it cannot read. */
export function decodeQuicFrames(payload: Uint8Array): readonly QuicFrame[] {
	const frames: QuicFrame[] = [];
	const reader = new ByteReader(payload);
	while (reader.remaining > 0) {
		const start = reader.offset;
		const type = readVarint(reader);
		const found = BY_TYPE.get(type);
		const value = found?.[1].read(reader);
		if (found === undefined || reader.error !== null) {
			const name = reader.error === null ? "unknown" : "malformed";
			frames.push({ name, type, value: payload.subarray(start) });
			break;
		}
		if (type === PADDING.type) frames.push({ name: "padding", value: 1 + skipZeros(payload, reader) });
		else frames.push({ name: found[0], value } as QuicFrame);
	}
	return frames;
}

/** Frames as a packet's payload; throws RangeError. */
export function encodeQuicFrames(frames: readonly QuicFrame[]): Uint8Array {
	return concatBytes(frames.map(encodeFrame));
}

function encodeFrame(frame: QuicFrame): Uint8Array {
	if (frame.name === "unknown" || frame.name === "malformed") return frame.value;
	const row = QUIC_FRAMES[frame.name] as FrameRow<unknown>;
	return concatBytes([encodeVarint(row.type), row.write(frame.value)]);
}

/**
 * The start of the handshake out of the CRYPTO frames of any number of packets: from offset 0 to the first gap, later
 * frames giving way to earlier ones where they overlap (RFC 9000 §19.6).
 */
export function joinQuicCrypto(frames: readonly QuicFrame[]): Uint8Array {
	const pieces = frames.flatMap((frame) => (frame.name === "crypto" ? [frame.value] : []));
	const parts: Uint8Array[] = [];
	let end = 0;
	for (const { offset, data } of pieces.sort((a, b) => a.offset - b.offset)) {
		if (offset > end) break;
		if (offset + data.length <= end) continue;
		parts.push(data.subarray(end - offset));
		end = offset + data.length;
	}
	return concatBytes(parts);
}

function skipZeros(payload: Uint8Array, reader: ByteReader): number {
	let count = 0;
	while (payload[reader.offset + count] === 0) count++;
	reader.bytes(count);
	return count;
}

function readPrefixed(reader: ByteReader): Uint8Array {
	return reader.bytes(readVarint(reader));
}

function writeReason(reason: string): Uint8Array {
	const bytes = encodeUtf8(reason);
	return concatBytes([encodeVarint(bytes.length), bytes]);
}
