import { concatBytes, encodeUint, requireRange } from "../bytes.ts";
import type { CryptoPort } from "../crypto.ts";
import { type DecodeError, isDecodeError } from "../error.ts";
import { decodeQuicFrames, encodeQuicFrames, type QuicFrame } from "./frames.ts";
import { deriveSenderKeys, type QuicKeys } from "./keys.ts";
import type { QuicHandshakePacket, QuicInitialPacket } from "./packet.ts";
import { AEAD_TAG_LENGTH, openQuicPacket, sealQuicPacket } from "./protection.ts";
import { encodeVarint } from "./varint.ts";
import { requireVersion } from "./version.ts";

/** What `encodeQuicPacket` is told: the header's fields and the frames, all in plain. */
export interface QuicPacketFields {
	/** `initial` by default. */
	readonly kind?: "initial" | "handshake" | "zeroRtt";
	readonly version: number;
	readonly dcid: Uint8Array;
	readonly scid: Uint8Array;
	/** Only Initials carry one; empty by default. */
	readonly token?: Uint8Array;
	readonly packetNumber: number;
	/** In bytes, 4 by default: the full number while the other end has acknowledged nothing. */
	readonly packetNumberLength?: 1 | 2 | 3 | 4;
	readonly frames: readonly QuicFrame[];
	/** PADDING is added until the packet has this many bytes; 0 by default. */
	readonly padTo?: number;
}

/** What `encodeClientInitial` and `encodeServerInitial` are told besides. */
export interface QuicInitialFields extends Omit<QuicPacketFields, "kind"> {
	/**
	 * The connection ID that the keys come from: the Destination Connection ID of the client's first Initial. By
	 * default the packet's own; a client needs it from the moment on that it knows the server's connection ID, a server
	 * always.
	 */
	readonly keyDcid?: Uint8Array;
}

/** A UDP payload that holds a client's Initial has at least this many bytes (RFC 9000 §14.1). */
export const QUIC_MINIMUM_INITIAL = 1200;

/** A client's Initial packet, protected, padded to 1200 bytes unless `padTo` says otherwise (RFC 9000 §17.2.2). */
export function encodeClientInitial(fields: QuicInitialFields, crypto: CryptoPort): Uint8Array {
	const keys = deriveSenderKeys(fields.version, fields.keyDcid ?? fields.dcid, "client", crypto);
	return encodeQuicPacket({ padTo: QUIC_MINIMUM_INITIAL, ...fields }, keys, crypto);
}

/** A server's Initial packet, protected, not padded unless `padTo` asks for it. */
export function encodeServerInitial(fields: QuicInitialFields, crypto: CryptoPort): Uint8Array {
	const keys = deriveSenderKeys(fields.version, fields.keyDcid ?? fields.dcid, "server", crypto);
	return encodeQuicPacket(fields, keys, crypto);
}

/** Any packet with a long header and a packet number, protected with these keys. Throws RangeError. */
export function encodeQuicPacket(fields: QuicPacketFields, keys: QuicKeys, crypto: CryptoPort): Uint8Array {
	const size = fields.packetNumberLength ?? 4;
	const before = encodeUpToLength(fields, size);
	const payload = padPayload(encodeQuicFrames(fields.frames), before.length + LENGTH_SIZE + size, size, fields.padTo);
	const length = encodeVarint(size + payload.length + AEAD_TAG_LENGTH, LENGTH_SIZE);
	const header = concatBytes([before, length, packetNumberBytes(fields.packetNumber, size)]);
	return sealQuicPacket(header, fields.packetNumber, size, payload, keys, crypto);
}

/** The length is always written in 2 bytes, so that padding cannot change how long it is. */
const LENGTH_SIZE = 2;

function encodeUpToLength(fields: QuicPacketFields, packetNumberLength: number): Uint8Array {
	const kind = fields.kind ?? "initial";
	const { version, dcid, scid, token = new Uint8Array(0) } = fields;
	const type = requireVersion(version).longTypes.indexOf(kind);
	requireConnectionIds(dcid, scid);
	if (kind !== "initial" && token.length > 0) throw new RangeError(`a ${kind} packet has no token`);
	return concatBytes([
		Uint8Array.of(0xc0 | (type << 4) | (packetNumberLength - 1)),
		encodeConnectionIds(version, dcid, scid),
		...(kind === "initial" ? [encodeVarint(token.length), token] : []),
	]);
}

/** Version and connection IDs, as every long header has them (RFC 8999 §5.1). */
export function encodeConnectionIds(version: number, dcid: Uint8Array, scid: Uint8Array): Uint8Array {
	return concatBytes([
		encodeUint("version", version, 4),
		encodeUint("DCID length", dcid.length, 1),
		dcid,
		encodeUint("SCID length", scid.length, 1),
		scid,
	]);
}

function requireConnectionIds(dcid: Uint8Array, scid: Uint8Array): void {
	requireRange("DCID length", dcid.length, 20);
	requireRange("SCID length", scid.length, 20);
}

function padPayload(payload: Uint8Array, headerLength: number, packetNumberLength: number, padTo = 0): Uint8Array {
	// RFC 9001 §5.4.2: packet number and payload are at least 4 bytes, so that there is something to sample.
	const wanted = Math.max(padTo - headerLength - AEAD_TAG_LENGTH, 4 - packetNumberLength, payload.length);
	const padded = new Uint8Array(wanted);
	padded.set(payload);
	return padded;
}

function packetNumberBytes(packetNumber: number, size: 1 | 2 | 3 | 4): Uint8Array {
	return encodeUint("packet number", packetNumber % 256 ** size, size);
}

/** A packet whose protection could be taken off, with its frames. */
export interface QuicOpenedPacket {
	readonly packetNumber: number;
	readonly frames: readonly QuicFrame[];
}

/** Takes the protection off and reads the frames; `badChecksum` where the keys are not this packet's. */
export function decodeQuicPayload(
	packet: QuicInitialPacket | QuicHandshakePacket,
	keys: QuicKeys,
	crypto: CryptoPort,
	largest = -1,
): QuicOpenedPacket | DecodeError {
	const plain = openQuicPacket(packet, keys, crypto, largest);
	if (isDecodeError(plain)) return plain;
	return { packetNumber: plain.packetNumber, frames: decodeQuicFrames(plain.payload) };
}
