import { requireRange, viewOf } from "../bytes.ts";
import { type DecodeError, decodeError } from "../error.ts";

/**
 * The RTP header (RFC 3550 §5.1); CSRCs and an extension follow it, then the payload, and padding at the end:
 *
 *     bit   0   2 3 4       8 9             16                              31
 *         +---+-+-+-------+-+-------------+-------------------------------+
 *       0 |V=2|P|X|  CC   |M| payload type| sequence number               |
 *         +---+-+-+-------+-+-------------+-------------------------------+
 *       4 | timestamp                                                     |
 *         +---------------------------------------------------------------+
 *       8 | SSRC                                                          |
 *         +---------------------------------------------------------------+
 */
export interface RtpPacket {
	readonly marker: boolean;
	/** 7 bits; 0 is PCMU (RFC 3551 §6). */
	readonly payloadType: number;
	readonly sequence: number;
	/** In units of the payload's clock. */
	readonly timestamp: number;
	readonly ssrc: number;
	readonly csrcs: readonly number[];
	readonly extension: RtpExtension | null;
	/** Without its padding. */
	readonly payload: Uint8Array;
	/** Bytes of it, the last of which says how many; 0: none. */
	readonly padding: number;
}

/** What stands between header and payload (RFC 3550 §5.3.1). */
export interface RtpExtension {
	readonly profile: number;
	/** Whole words of four bytes. */
	readonly bytes: Uint8Array;
}

/** What `encodeRtp` is told; what is absent is false, none or nothing. */
export type RtpFields = Pick<RtpPacket, "payloadType" | "sequence" | "timestamp" | "ssrc"> & Partial<RtpPacket>;

const VERSION = 2;
/** Length in bytes without CSRCs and extension. */
const RTP_HEADER_LENGTH = 12;
/** CC has four bits. */
const MOST_CSRCS = 15;

/** An RTP packet; payload and extension are views into `bytes`. */
export function decodeRtp(bytes: Uint8Array): RtpPacket | DecodeError {
	if (bytes.length < RTP_HEADER_LENGTH) return decodeError("truncated", 0, RTP_HEADER_LENGTH, bytes.length);
	const view = viewOf(bytes);
	const [first, second] = [view.getUint8(0), view.getUint8(1)];
	if (first >> 6 !== VERSION) return decodeError("badVersion", 0, VERSION, first >> 6);
	const count = first & 0x0f;
	const csrcsEnd = RTP_HEADER_LENGTH + 4 * count;
	if (bytes.length < csrcsEnd) return decodeError("truncated", RTP_HEADER_LENGTH, csrcsEnd, bytes.length);
	const extension = (first & 0x10) === 0 ? null : extensionAt(bytes, csrcsEnd);
	if (extension !== null && "error" in extension) return extension;
	const begin = csrcsEnd + (extension === null ? 0 : 4 + extension.bytes.length);
	const hasPadding = (first & 0x20) !== 0;
	const padding = hasPadding ? view.getUint8(bytes.length - 1) : 0;
	if (hasPadding && (padding === 0 || begin + padding > bytes.length))
		return decodeError("badLength", bytes.length - 1, bytes.length - begin, padding);
	return {
		...{ marker: (second & 0x80) !== 0, payloadType: second & 0x7f, sequence: view.getUint16(2) },
		...{ timestamp: view.getUint32(4), ssrc: view.getUint32(8) },
		csrcs: Array.from({ length: count }, (_, index) => view.getUint32(RTP_HEADER_LENGTH + 4 * index)),
		...{ extension, payload: bytes.subarray(begin, bytes.length - padding), padding },
	};
}

function extensionAt(bytes: Uint8Array, at: number): RtpExtension | DecodeError {
	if (bytes.length < at + 4) return decodeError("truncated", at, at + 4, bytes.length);
	const view = viewOf(bytes);
	const end = at + 4 + 4 * view.getUint16(at + 2);
	if (bytes.length < end) return decodeError("truncated", at + 4, end, bytes.length);
	return { profile: view.getUint16(at), bytes: bytes.subarray(at + 4, end) };
}

/** The bytes of one. Throws RangeError for what does not fit. */
export function encodeRtp(fields: RtpFields): Uint8Array {
	const { marker = false, payloadType, sequence, timestamp, ssrc } = fields;
	const { csrcs = [], extension = null, payload = new Uint8Array(), padding = 0 } = fields;
	requireRange("payloadType", payloadType, 0x7f);
	requireRange("sequence", sequence, 0xffff);
	requireRange("timestamp", timestamp, 0xffff_ffff);
	requireRange("ssrc", ssrc, 0xffff_ffff);
	requireRange("number of CSRCs", csrcs.length, MOST_CSRCS);
	requireRange("padding", padding, 0xff);
	const extended = extension === null ? new Uint8Array() : extensionBytes(extension);
	const begin = RTP_HEADER_LENGTH + 4 * csrcs.length;
	const bytes = new Uint8Array(begin + extended.length + payload.length + padding);
	const view = viewOf(bytes);
	const flags = (padding > 0 ? 0x20 : 0) | (extension === null ? 0 : 0x10);
	view.setUint8(0, (VERSION << 6) | flags | csrcs.length);
	view.setUint8(1, (marker ? 0x80 : 0) | payloadType);
	view.setUint16(2, sequence);
	view.setUint32(4, timestamp);
	view.setUint32(8, ssrc);
	for (const [index, csrc] of csrcs.entries()) view.setUint32(RTP_HEADER_LENGTH + 4 * index, csrc);
	bytes.set(extended, begin);
	bytes.set(payload, begin + extended.length);
	if (padding > 0) view.setUint8(bytes.length - 1, padding);
	return bytes;
}

function extensionBytes({ profile, bytes }: RtpExtension): Uint8Array {
	requireRange("profile", profile, 0xffff);
	if (bytes.length % 4 !== 0) throw new RangeError(`an extension has whole words, not ${bytes.length} bytes`);
	requireRange("words of the extension", bytes.length / 4, 0xffff);
	const all = new Uint8Array(4 + bytes.length);
	viewOf(all).setUint16(0, profile);
	viewOf(all).setUint16(2, bytes.length / 4);
	all.set(bytes, 4);
	return all;
}
