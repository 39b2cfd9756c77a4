import type { CryptoPort } from "@whither/wire";
import { MOST_DOCUMENT_BYTES } from "./exchange-io.ts";

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   0x57 ("W")  |  version (1)  |        number of the packet   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 * |                        (48 bits)                              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  sealed with AES-128-GCM, the 8 bytes above as its associated |
 * |  data and, behind four zeros, its nonce:                      |
 * |    flags (8): 1 all is done on both sides                     |
 * |    received (16): so many segments from the first on          |
 * |    further (32): which of the 32 behind the gap, lowest first |
 * |    size (32): bytes of our document; all ones: not there yet  |
 * |    index (16): of the segment that follows; all ones: none    |
 * |    segment ...                                                |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The first byte is one that neither STUN, DTLS, TURN channels nor RTP begin with (RFC 7983).
 */

/** Bytes of a document in one packet: with all headers, a relay's too, it passes any IPv6 link. */
export const SEGMENT_BYTES = 1024;

const MAGIC = 0x57;
const VERSION = 1;
const HEADER_BYTES = 8;
const BODY_BYTES = 13;
const NO_SIZE = 0xffff_ffff;
const NO_INDEX = 0xffff;

/** One packet, opened. */
export interface ExchangePacket {
	readonly done: boolean;
	/** Acknowledged segments of the other end's document: how many without a gap, and a bit for each of the 32 behind the first missing one. */
	readonly received: number;
	readonly further: number;
	/** Of the own document; null: it is not there yet. */
	readonly size: number | null;
	readonly segment: { readonly index: number; readonly bytes: Uint8Array } | null;
}

/** Whether bytes could be a packet of an exchange, as far as their unsealed part shows. */
export function isExchangePacket(bytes: Uint8Array): boolean {
	return bytes[0] === MAGIC && bytes[1] === VERSION && bytes.length >= HEADER_BYTES + BODY_BYTES;
}

/** Seals a packet; `number` must be used only once with a key, for the nonce is made of it. */
export function sealPacket(
	{ aes128GcmSeal }: Pick<CryptoPort, "aes128GcmSeal">,
	key: Uint8Array,
	number: number,
	{ done, received, further, size, segment }: ExchangePacket,
): Uint8Array {
	const header = new Uint8Array(HEADER_BYTES);
	header[0] = MAGIC;
	header[1] = VERSION;
	const view = new DataView(header.buffer);
	view.setUint16(2, Math.floor(number / 0x1_0000_0000));
	view.setUint32(4, number % 0x1_0000_0000);
	const plain = new Uint8Array(BODY_BYTES + (segment?.bytes.length ?? 0));
	const body = new DataView(plain.buffer);
	body.setUint8(0, done ? 1 : 0);
	body.setUint16(1, received);
	body.setUint32(3, further);
	body.setUint32(7, size ?? NO_SIZE);
	body.setUint16(11, segment?.index ?? NO_INDEX);
	if (segment !== null) plain.set(segment.bytes, BODY_BYTES);
	const sealed = aes128GcmSeal(key, nonceOf(header), header, plain);
	const bytes = new Uint8Array(HEADER_BYTES + sealed.length);
	bytes.set(header);
	bytes.set(sealed, HEADER_BYTES);
	return bytes;
}

/** Opens a packet, or says in a word why that cannot be done. */
export function openPacket(
	{ aes128GcmOpen }: Pick<CryptoPort, "aes128GcmOpen">,
	key: Uint8Array,
	bytes: Uint8Array,
): ExchangePacket | "notOurs" | "badSeal" | "badPacket" {
	if (!isExchangePacket(bytes)) return "notOurs";
	const header = bytes.subarray(0, HEADER_BYTES);
	const plain = aes128GcmOpen(key, nonceOf(header), header, bytes.subarray(HEADER_BYTES));
	if (plain === null) return "badSeal";
	if (plain.length < BODY_BYTES || plain.length > BODY_BYTES + SEGMENT_BYTES) return "badPacket";
	const body = new DataView(plain.buffer, plain.byteOffset, plain.length);
	const size = body.getUint32(7);
	const index = body.getUint16(11);
	return {
		done: (body.getUint8(0) & 1) === 1,
		received: body.getUint16(1),
		further: body.getUint32(3),
		size: size === NO_SIZE ? null : size,
		segment: index === NO_INDEX ? null : { index, bytes: plain.slice(BODY_BYTES) },
	};
}

function nonceOf(header: Uint8Array): Uint8Array {
	const nonce = new Uint8Array(12);
	nonce.set(header, 4);
	return nonce;
}

/** How many segments a document has; one without bytes has none. */
export function segmentsOf(size: number): number {
	return Math.ceil(size / SEGMENT_BYTES);
}

/** Whether a document of that size is taken. */
export function isTakenSize(size: number): boolean {
	return size <= MOST_DOCUMENT_BYTES;
}
