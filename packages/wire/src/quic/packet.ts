import { ByteReader } from "../byte-reader.ts";
import { type DecodeError, decodeError, isDecodeError } from "../error.ts";
import { decodeQuicInvariant, type QuicDecodeOptions, type QuicInvariant } from "./invariants.ts";
import { readVarint } from "./varint.ts";
import { type QuicLongType, quicVersionRow } from "./version.ts";

/** What every packet with a long header says (RFC 9000 §17.2). */
interface LongPacket {
	readonly version: number;
	readonly dcid: Uint8Array;
	readonly scid: Uint8Array;
	/** This packet's own part of the datagram, from the first byte on. */
	readonly bytes: Uint8Array;
}

/**
 * A packet with a packet number, still protected (RFC 9000 §17.2.2 to §17.2.4):
 *
 *     +----------+---------+------------+------------+---------+---------+-----------
 *     |11TT xxxx | version | DCID, SCID | Initial:   | length, | packet  | protected
 *     |          |         |            | token      | varint  | number  | payload
 *     |          |         |            | len, token |         | 1 to 4  |
 *     +----------+---------+------------+------------+---------+---------+-----------
 */
export interface QuicInitialPacket extends LongPacket {
	readonly kind: "initial";
	readonly token: Uint8Array;
	/** Where the packet number begins in `bytes`. */
	readonly packetNumberOffset: number;
	/** Fewer bytes were there than the length says. */
	readonly truncated: boolean;
}

/** A Handshake or 0-RTT packet: as an Initial, but without a token (RFC 9000 §17.2.3, §17.2.4). */
export interface QuicHandshakePacket extends LongPacket {
	readonly kind: "handshake" | "zeroRtt";
	readonly packetNumberOffset: number;
	readonly truncated: boolean;
}

/** A Retry (RFC 9000 §17.2.5); whether its tag is right says `verifyQuicRetry`. */
export interface QuicRetryPacket extends LongPacket {
	readonly kind: "retry";
	readonly token: Uint8Array;
	readonly integrityTag: Uint8Array;
}

/** A Version Negotiation (RFC 9000 §17.2.1). */
export interface QuicVersionNegotiationPacket {
	readonly kind: "versionNegotiation";
	readonly dcid: Uint8Array;
	readonly scid: Uint8Array;
	readonly versions: readonly number[];
	readonly bytes: Uint8Array;
}

/** A packet of a version that we know only by its invariants (RFC 8999). */
export interface QuicUnknownVersionPacket extends LongPacket {
	readonly kind: "unknownVersion";
}

/** A 1-RTT packet, or a stateless reset (RFC 9000 §17.3.1, §10.3). */
export interface QuicShortPacket {
	readonly kind: "short";
	readonly dcid: Uint8Array;
	readonly bytes: Uint8Array;
}

/** One packet of a datagram, told by its `kind` (RFC 9000 section 17). */
export type QuicPacket =
	| QuicInitialPacket
	| QuicHandshakePacket
	| QuicRetryPacket
	| QuicVersionNegotiationPacket
	| QuicUnknownVersionPacket
	| QuicShortPacket;

/** All packets of one datagram (RFC 9000 §12.2). */
export interface QuicDatagram {
	readonly packets: readonly QuicPacket[];
	/** What follows the last packet that could be read; often zeros. */
	readonly rest: Uint8Array;
	/** Why `rest` is no packet; null where nothing was left. */
	readonly error: DecodeError | null;
}

/** Length in bytes of a Retry Integrity Tag (RFC 9001 §5.8). */
export const RETRY_TAG_LENGTH = 16;
const FIXED_BIT = 0x40;
/** The longest connection ID of versions 1 and 2 (RFC 9000 §17.2). */
const MAXIMUM_CONNECTION_ID = 20;

/** The packets that a datagram holds, one after the other; their byte fields are views into `bytes`. */
export function decodeQuicDatagram(bytes: Uint8Array, options: QuicDecodeOptions = {}): QuicDatagram {
	const packets: QuicPacket[] = [];
	let rest = bytes;
	while (rest.length > 0) {
		const packet = decodeQuicPacket(rest, options);
		if (isDecodeError(packet)) return { packets, rest, error: packet };
		packets.push(packet);
		rest = rest.subarray(packet.bytes.length);
	}
	return { packets, rest, error: null };
}

/** The first packet of a datagram, its header protection still on. */
export function decodeQuicPacket(bytes: Uint8Array, options: QuicDecodeOptions = {}): QuicPacket | DecodeError {
	const header = decodeQuicInvariant(bytes, options);
	if (isDecodeError(header)) return header;
	if (header.form === "short") {
		if ((header.firstByte & FIXED_BIT) === 0) return missingFixedBit(header.firstByte);
		return { kind: "short", dcid: header.dcid, bytes };
	}
	if (header.version === 0) return decodeVersionNegotiation(bytes, header);
	return decodeLong(bytes, header);
}

function missingFixedBit(firstByte: number): DecodeError {
	return decodeError("badValue", 0, FIXED_BIT, firstByte);
}

type LongHeader = Extract<QuicInvariant, { readonly form: "long" }>;

function decodeVersionNegotiation(bytes: Uint8Array, header: LongHeader): QuicPacket | DecodeError {
	const { dcid, scid, rest } = header;
	const reader = new ByteReader(rest);
	const versions: number[] = [];
	while (reader.remaining > 0 && reader.error === null) versions.push(reader.uint32());
	if (reader.error !== null || versions.length === 0)
		return decodeError("badLength", bytes.length - reader.remaining, 4, reader.remaining);
	return { kind: "versionNegotiation", dcid, scid, versions, bytes };
}

function decodeLong(bytes: Uint8Array, header: LongHeader): QuicPacket | DecodeError {
	const { version, dcid, scid, firstByte } = header;
	const row = quicVersionRow(version);
	if (row === undefined) return { kind: "unknownVersion", version, dcid, scid, bytes };
	if ((firstByte & FIXED_BIT) === 0) return missingFixedBit(firstByte);
	const longest = Math.max(dcid.length, scid.length);
	if (longest > MAXIMUM_CONNECTION_ID) return decodeError("badLength", 5, MAXIMUM_CONNECTION_ID, longest);
	const kind = row.longTypes[((firstByte >> 4) & 3) as 0 | 1 | 2 | 3];
	const offset = bytes.length - header.rest.length;
	if (kind === "retry") return decodeRetry(bytes, offset, { version, dcid, scid });
	return decodeNumbered(bytes, offset, kind, { version, dcid, scid });
}

type LongFields = Omit<LongPacket, "bytes">;

function decodeRetry(bytes: Uint8Array, offset: number, fields: LongFields): QuicRetryPacket | DecodeError {
	const tagOffset = bytes.length - RETRY_TAG_LENGTH;
	if (tagOffset < offset) return decodeError("truncated", offset, RETRY_TAG_LENGTH, bytes.length - offset);
	const token = bytes.subarray(offset, tagOffset);
	return { kind: "retry", ...fields, token, integrityTag: bytes.subarray(tagOffset), bytes };
}

function decodeNumbered(
	bytes: Uint8Array,
	offset: number,
	kind: Exclude<QuicLongType, "retry">,
	fields: LongFields,
): QuicInitialPacket | QuicHandshakePacket | DecodeError {
	const reader = new ByteReader(bytes, offset);
	const token = kind === "initial" ? reader.bytes(readVarint(reader)) : null;
	const length = readVarint(reader);
	if (reader.error !== null) return reader.error;
	const packetNumberOffset = reader.offset;
	const end = packetNumberOffset + length;
	const place = { packetNumberOffset, truncated: bytes.length < end, bytes: bytes.subarray(0, end) };
	if (kind === "initial") return { kind, ...fields, token: token ?? new Uint8Array(0), ...place };
	return { kind, ...fields, ...place };
}
