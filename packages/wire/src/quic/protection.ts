import { concatBytes, encodeUint, requireRange } from "../bytes.ts";
import type { CryptoPort } from "../crypto.ts";
import { type DecodeError, decodeError } from "../error.ts";
import type { QuicKeys } from "./keys.ts";
import type { QuicHandshakePacket, QuicInitialPacket } from "./packet.ts";

/** Length in bytes of the tag behind an AEAD_AES_128_GCM ciphertext (RFC 5116 §5.1). */
export const AEAD_TAG_LENGTH = 16;
const SAMPLE_LENGTH = 16;
/** The sample begins where the packet number would end if it were this long (RFC 9001 §5.4.2). */
const LONGEST_PACKET_NUMBER = 4;

/** A packet with both protections taken off. */
export interface QuicPlainPacket {
	readonly packetNumber: number;
	/** The frames, as bytes. */
	readonly payload: Uint8Array;
}

/**
 * Takes header and packet protection off a packet with a long header (RFC 9001 §5.3, §5.4). `badChecksum` where the
 * tag does not fit the keys; `truncated` where bytes are missing. `largest` is the largest packet number heard so far
 * (RFC 9000 §A.3), -1 by default.
 */
export function openQuicPacket(
	packet: QuicInitialPacket | QuicHandshakePacket,
	keys: QuicKeys,
	crypto: CryptoPort,
	largest = -1,
): QuicPlainPacket | DecodeError {
	const { bytes, packetNumberOffset: offset } = packet;
	const need = LONGEST_PACKET_NUMBER + SAMPLE_LENGTH;
	if (packet.truncated || bytes.length < offset + need)
		return decodeError("truncated", offset, need, bytes.length - offset);
	const mask = headerMask(bytes, offset, keys, crypto);
	const first = (bytes[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
	const payloadOffset = offset + (first & 3) + 1;
	const header = bytes.slice(0, payloadOffset);
	header[0] = first;
	maskPacketNumber(header, offset, mask);
	const packetNumber = expandPacketNumber(header.subarray(offset), largest);
	const sealed = bytes.subarray(payloadOffset);
	const payload = crypto.aes128GcmOpen(keys.key, nonceOf(keys.iv, packetNumber), header, sealed);
	return payload === null ? decodeError("badChecksum", payloadOffset, 0, 0) : { packetNumber, payload };
}

/**
 * Puts packet and header protection on. `header` ends with the packet number, `packetNumberLength` bytes of it; the
 * payload must leave enough bytes for the sample: packet number and payload at least 4.
 */
export function sealQuicPacket(
	header: Uint8Array,
	packetNumber: number,
	packetNumberLength: number,
	payload: Uint8Array,
	keys: QuicKeys,
	crypto: CryptoPort,
): Uint8Array {
	requireRange("4 - packet number length - payload length", Math.max(0, 4 - packetNumberLength - payload.length), 0);
	const sealed = crypto.aes128GcmSeal(keys.key, nonceOf(keys.iv, packetNumber), header, payload);
	const bytes = concatBytes([header, sealed]);
	const offset = header.length - packetNumberLength;
	const mask = headerMask(bytes, offset, keys, crypto);
	bytes[0] = (bytes[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
	maskPacketNumber(bytes.subarray(0, header.length), offset, mask);
	return bytes;
}

/** RFC 9001 §5.4.3: AES of a sample of the ciphertext. */
function headerMask(bytes: Uint8Array, offset: number, keys: QuicKeys, crypto: CryptoPort): Uint8Array {
	const start = offset + LONGEST_PACKET_NUMBER;
	return crypto.aes128EncryptBlock(keys.headerProtection, bytes.subarray(start, start + SAMPLE_LENGTH));
}

/** Changes the packet number, from `offset` to the header's end. */
function maskPacketNumber(header: Uint8Array, offset: number, mask: Uint8Array): void {
	for (let index = offset; index < header.length; index++)
		header[index] = (header[index] ?? 0) ^ (mask[1 + index - offset] ?? 0);
}

/** RFC 9001 §5.3: the packet number, to the right in 12 bytes, over the IV. */
function nonceOf(iv: Uint8Array, packetNumber: number): Uint8Array {
	const nonce = iv.slice();
	const number = encodeUint("packet number", packetNumber, 6);
	for (const [index, byte] of number.entries()) nonce[6 + index] = (nonce[6 + index] ?? 0) ^ byte;
	return nonce;
}

/** RFC 9000 §A.3: the number next to the expected one that ends in these bytes. */
function expandPacketNumber(bytes: Uint8Array, largest: number): number {
	let truncated = 0;
	for (const byte of bytes) truncated = truncated * 256 + byte;
	const window = 256 ** bytes.length;
	const expected = largest + 1;
	const candidate = expected - (expected % window) + truncated;
	if (candidate <= expected - window / 2) return candidate + window;
	if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
	return candidate;
}
