import { concatBytes, encodeUint } from "./bytes.ts";
import { type DecodeError, decodeError } from "./error.ts";

/**
 * A packet on a stream (RFC 4571 §2), as RTP and, with ICE-TCP, STUN and all else that shares its way (RFC 6544 §3):
 *
 *     byte  0        2
 *         +--------+----------------------+
 *         | length | packet               |   the length counts the packet alone
 *         +--------+----------------------+
 */
export interface FramedPacket {
	/** A view into what was decoded; may be empty, and is then to be ignored. */
	readonly packet: Uint8Array;
	/** Of the frame, its length field included: where the next begins. */
	readonly length: number;
}

/** Length in bytes of a frame's header. */
const HEADER_LENGTH = 2;

/** What a stream goes on with; `truncated` asks for more bytes, and there is no other error. */
export function decodeFramedPacket(bytes: Uint8Array): FramedPacket | DecodeError {
	if (bytes.length < HEADER_LENGTH) return decodeError("truncated", 0, HEADER_LENGTH, bytes.length);
	const length = HEADER_LENGTH + (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
	if (bytes.length < length) return decodeError("truncated", 0, length, bytes.length);
	return { packet: bytes.subarray(HEADER_LENGTH, length), length };
}

/** A packet with its length before it; throws RangeError above 65,535 bytes. */
export function encodeFramedPacket(packet: Uint8Array): Uint8Array {
	return concatBytes([encodeUint("length of a packet", packet.length, 2), packet]);
}
