import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { type AnyItem, type ItemFormat, type ItemOf, type ItemRow, itemCodec } from "../item-list.ts";
import { CAUSES, PARAMETERS, type SctpCause, type SctpParameter } from "./parameters.ts";

/**
 * INIT and INIT ACK (RFC 9260 §3.3.2, §3.3.3):
 *
 *     +---------------------+---------------------+---------------------+
 *     | initiate tag (32)   | advertised receiver | outbound, inbound   |
 *     |                     | window credit (32)  | streams (16, 16)    |
 *     +---------------------+---------------------+---------------------+
 *     | initial TSN (32)    | parameters
 *     +---------------------+----------------
 */
export interface SctpInit {
	readonly initiateTag: number;
	/** In bytes. */
	readonly receiverWindow: number;
	readonly outboundStreams: number;
	readonly inboundStreams: number;
	readonly initialTsn: number;
	readonly parameters: readonly SctpParameter[];
}

function initChunk(type: number, meaning: string): ItemRow<SctpInit> {
	return {
		type,
		meaning,
		decode(bytes) {
			const reader = new ByteReader(bytes);
			const fixed = {
				initiateTag: reader.uint32(),
				receiverWindow: reader.uint32(),
				outboundStreams: reader.uint16(),
				inboundStreams: reader.uint16(),
				initialTsn: reader.uint32(),
			};
			return reader.error === null ? { ...fixed, parameters: PARAMETERS.decode(reader.rest()) } : null;
		},
		encode: (init) =>
			concatBytes([
				encodeUint("initiate tag", init.initiateTag, 4),
				encodeUint("receiver window", init.receiverWindow, 4),
				encodeUint("outbound streams", init.outboundStreams, 2),
				encodeUint("inbound streams", init.inboundStreams, 2),
				encodeUint("initial TSN", init.initialTsn, 4),
				PARAMETERS.encode(init.parameters),
			]),
	};
}

function causesChunk(type: number, meaning: string): ItemRow<readonly SctpCause[]> {
	return { type, meaning, decode: CAUSES.decode, encode: CAUSES.encode };
}

function bytesChunk(type: number, meaning: string): ItemRow<Uint8Array> {
	return { type, meaning, decode: (bytes) => bytes, encode: (value) => value };
}

function bareChunk(type: number, meaning: string): ItemRow<true> {
	return { type, meaning, decode: (bytes) => (bytes.length === 0 ? true : null), encode: () => new Uint8Array(0) };
}

/** RFC 9260 §3.3.8: the cumulative TSN that the sender has received. */
const SHUTDOWN: ItemRow<number> = {
	type: 7,
	meaning: "SHUTDOWN",
	decode: (bytes) => (bytes.length === 4 ? new ByteReader(bytes).uint32() : null),
	encode: (tsn) => encodeUint("TSN", tsn, 4),
};

/** The chunks of RFC 9260 §3.2, one row each; those that an association in being needs stay bytes. */
export const SCTP_CHUNKS = {
	data: bytesChunk(0, "DATA"),
	init: initChunk(1, "INIT"),
	initAck: initChunk(2, "INIT ACK"),
	sack: bytesChunk(3, "SACK"),
	heartbeat: bytesChunk(4, "HEARTBEAT"),
	heartbeatAck: bytesChunk(5, "HEARTBEAT ACK"),
	abort: causesChunk(6, "ABORT"),
	shutdown: SHUTDOWN,
	shutdownAck: bareChunk(8, "SHUTDOWN ACK"),
	error: causesChunk(9, "ERROR"),
	cookieEcho: bytesChunk(10, "COOKIE ECHO"),
	cookieAck: bareChunk(11, "COOKIE ACK"),
	shutdownComplete: bareChunk(14, "SHUTDOWN COMPLETE"),
} as const;

/** One chunk as a value with its flags; its type follows from its row in `SCTP_CHUNKS`. */
export type SctpChunk = ItemOf<typeof SCTP_CHUNKS, { readonly flags: number }>;

/**
 * A chunk's head (RFC 9260 §3.2); the length counts it, but not the padding:
 *
 *     +----------+-----------+---------------------+----------------------------
 *     | type (8) | flags (8) | length (16)         | value, zero padded to 4
 *     +----------+-----------+---------------------+----------------------------
 */
const FORMAT: ItemFormat = {
	readHead(reader) {
		const type = reader.uint8();
		return { type, extra: { flags: reader.uint8() }, length: reader.uint16() - 4 };
	},
	writeHead: (item: AnyItem & { readonly flags?: number }, length) =>
		concatBytes([
			encodeUint("chunk type", item.type, 1),
			encodeUint("chunk flags", item.flags ?? 0, 1),
			encodeUint("chunk length", length + 4, 2),
		]),
	alignment: 4,
	padLast: true,
};

/** Codec of a packet's chunks. */
export const CHUNKS = itemCodec<typeof SCTP_CHUNKS, { readonly flags: number }>(SCTP_CHUNKS, FORMAT);

/** A chunk to send, with its type filled in from the table; flags are 0 by default. */
export function sctpChunk<Name extends keyof typeof SCTP_CHUNKS>(
	name: Name,
	value: Extract<SctpChunk, { readonly name: Name }>["value"],
	flags = 0,
): SctpChunk {
	return { name, type: SCTP_CHUNKS[name].type, flags, value } as SctpChunk;
}
