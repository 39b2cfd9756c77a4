import { concatBytes } from "../bytes.ts";

/** A stateless reset ends in a token of this many bytes (RFC 9000 §10.3). */
export const STATELESS_RESET_TOKEN_LENGTH = 16;
/** The shortest datagram that a receiver takes for one (RFC 9000 §10.3). */
const SHORTEST = 21;

/**
 * Whether a datagram has the form of a stateless reset: a short header and 21 bytes or more. Whoever never finished the
 * handshake has no token to compare; a short header in answer to an Initial can hardly be anything else.
 */
export function looksLikeStatelessReset(datagram: Uint8Array): boolean {
	return datagram.length >= SHORTEST && ((datagram[0] ?? 0) & 0x80) === 0;
}

/** Whether a datagram is the stateless reset of a token that the other end gave us (RFC 9000 §10.3.1). */
export function isStatelessReset(datagram: Uint8Array, token: Uint8Array): boolean {
	if (!looksLikeStatelessReset(datagram) || token.length !== STATELESS_RESET_TOKEN_LENGTH) return false;
	const start = datagram.length - STATELESS_RESET_TOKEN_LENGTH;
	let difference = 0;
	// RFC 9000 §10.3.1 wants a comparison whose time says nothing about the token.
	for (const [index, byte] of token.entries()) difference |= byte ^ (datagram[start + index] ?? 0);
	return difference === 0;
}

/** A stateless reset: bytes that nobody can foretell (at least 5; the first two bits are set to 01) and the token. */
export function encodeStatelessReset(unpredictable: Uint8Array, token: Uint8Array): Uint8Array {
	if (unpredictable.length < SHORTEST - STATELESS_RESET_TOKEN_LENGTH) throw new RangeError("at least 5 bytes");
	if (token.length !== STATELESS_RESET_TOKEN_LENGTH) throw new RangeError("a token has 16 bytes");
	const bytes = concatBytes([unpredictable, token]);
	bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
	return bytes;
}
