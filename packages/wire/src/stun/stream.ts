import { roundUp } from "../bytes.ts";
import { type DecodeError, decodeError } from "../error.ts";
import { uintAt } from "./attribute-row.ts";
import { CHANNEL_DATA_HEADER_LENGTH, CHANNEL_NUMBERS } from "./channel-data.ts";
import { STUN_COOKIE, STUN_HEADER_LENGTH, stunMethodOf } from "./types.ts";

/** What comes next on a stream: how many bytes of it, channel data's padding included. They may not all be there yet. */
export interface StunFrame {
	readonly kind: "stun" | "channelData";
	readonly length: number;
}

/**
 * The message that a TCP or TLS stream goes on with (RFC 8489 §6.2.2, RFC 8656 §12.5). An error `truncated` asks for more
 * bytes to tell; any other means that the two sides have lost each other and the connection is of no more use.
 * `lastChannel`: the last channel there is. `classic`: what is about shared secrets may come without a cookie (RFC 3489 §8.2).
 */
export function decodeStunFrame(
	bytes: Uint8Array,
	lastChannel: number = CHANNEL_NUMBERS.last,
	classic = false,
): StunFrame | DecodeError {
	if (bytes.length < CHANNEL_DATA_HEADER_LENGTH)
		return decodeError("truncated", 0, CHANNEL_DATA_HEADER_LENGTH, bytes.length);
	const type = uintAt(bytes, 0, 2);
	const length = uintAt(bytes, 2, 2);
	if (type >= CHANNEL_NUMBERS.first && type <= lastChannel)
		return { kind: "channelData", length: CHANNEL_DATA_HEADER_LENGTH + roundUp(length, 4) };
	if (type > 0x3fff) return decodeError("badValue", 0, 0, type >> 14);
	if (length % 4 !== 0) return decodeError("badLength", 2, length & ~3, length);
	const mayLackCookie = classic && stunMethodOf(type) === "sharedSecret";
	if (!mayLackCookie && bytes.length >= 8 && uintAt(bytes, 4, 4) !== STUN_COOKIE)
		return decodeError("badValue", 4, STUN_COOKIE, uintAt(bytes, 4, 4));
	return { kind: "stun", length: STUN_HEADER_LENGTH + length };
}
