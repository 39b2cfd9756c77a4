import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { type DecodeError, decodeError, isDecodeError } from "../error.ts";
import { encodeVector, readVector } from "./vectors.ts";

/**
 * One handshake message (RFC 8446 §4):
 *
 *     +----------+---------------------+-----------
 *     | type (8) | length (24)         | body
 *     +----------+---------------------+-----------
 */
export interface TlsHandshakeMessage {
	readonly type: number;
	/** Clipped to what is there. */
	readonly body: Uint8Array;
	/** Fewer bytes were there than the length says. */
	readonly truncated: boolean;
}

/** The messages in a stretch of the handshake, as CRYPTO frames carry it; the last one may be truncated. */
export function decodeTlsHandshake(bytes: Uint8Array): readonly TlsHandshakeMessage[] {
	const messages: TlsHandshakeMessage[] = [];
	let rest = bytes;
	while (rest.length >= 4) {
		const message = decodeMessage(rest);
		messages.push(message);
		if (message.truncated) break;
		rest = rest.subarray(4 + message.body.length);
	}
	return messages;
}

function decodeMessage(bytes: Uint8Array): TlsHandshakeMessage {
	const reader = new ByteReader(bytes);
	const type = reader.uint8();
	const length = reader.uint24();
	return { type, body: reader.bytes(Math.min(length, reader.remaining)), truncated: bytes.length < 4 + length };
}

/** The body of a message of this type at the start of `bytes`. */
export function requireMessage(bytes: Uint8Array, type: number): Uint8Array | DecodeError {
	if (bytes.length < 4) return decodeError("truncated", 0, 4, bytes.length);
	const message = decodeMessage(bytes);
	if (message.type !== type) return decodeError("badValue", 0, type, message.type);
	if (message.truncated) return decodeError("truncated", 4, new ByteReader(bytes, 1).uint24(), message.body.length);
	return message.body;
}

/** A message with its type and length before it; throws RangeError. */
export function encodeTlsMessage(type: number, body: Uint8Array): Uint8Array {
	return concatBytes([encodeUint("handshake type", type, 1), encodeVector("message", body, 3)]);
}

/** Runs `read` over the body of a message; the error's offset counts from the message's first byte. */
export function readMessage<Value>(
	bytes: Uint8Array,
	type: number,
	read: (reader: ByteReader) => Value,
): Value | DecodeError {
	const body = requireMessage(bytes, type);
	if (isDecodeError(body)) return body;
	const reader = new ByteReader(body);
	const value = read(reader);
	const { error } = reader;
	return error === null ? value : { ...error, offset: error.offset + 4 };
}

/** The extensions' bytes at a message's end; a message may stop before them (RFC 8446 §4.1.2). */
export function readExtensions(reader: ByteReader): Uint8Array {
	return reader.remaining === 0 ? new Uint8Array(0) : readVector(reader, 2);
}
