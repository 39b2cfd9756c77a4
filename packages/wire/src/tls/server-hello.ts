import type { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint, equalBytes } from "../bytes.ts";
import type { DecodeError } from "../error.ts";
import { parseHex } from "../hex.ts";
import { TLS_HANDSHAKE } from "./constants.ts";
import { SERVER_EXTENSIONS, type ServerHelloExtension } from "./extensions.ts";
import { encodeTlsMessage, readExtensions, readMessage } from "./handshake.ts";
import { encodeVector, readVector } from "./vectors.ts";

/**
 * The ServerHello (RFC 8446 §4.1.3), behind a handshake message's head:
 *
 *     +-----------+----------+----------+------------+-------------+----------------
 *     | legacy    | random,  | session  | cipher     | legacy      | extensions,
 *     | version,  | 32 bytes | ID echo, | suite,     | compression,| length (16)
 *     | 16 bits   |          | len. (8) | 16 bits    | 8 bits      | and items
 *     +-----------+----------+----------+------------+-------------+----------------
 */
export interface ServerHello {
	readonly legacyVersion: number;
	/** 32 bytes; those of `HELLO_RETRY_REQUEST_RANDOM` say that the client shall try again. */
	readonly random: Uint8Array;
	readonly legacySessionIdEcho: Uint8Array;
	readonly cipherSuite: number;
	readonly legacyCompressionMethod: number;
	readonly extensions: readonly ServerHelloExtension[];
}

/** What the random is in a HelloRetryRequest: SHA-256 of those words (RFC 8446 §4.1.3). */
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array = parseHex(
	"cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c",
);

/** Whether a ServerHello is a HelloRetryRequest (RFC 8446 §4.1.4). */
export function isHelloRetryRequest(hello: ServerHello): boolean {
	return equalBytes(hello.random, HELLO_RETRY_REQUEST_RANDOM);
}

/** A whole ServerHello message, its four bytes of head included. */
export function decodeServerHello(bytes: Uint8Array): ServerHello | DecodeError {
	return readMessage(bytes, TLS_HANDSHAKE.serverHello, readServerHello);
}

function readServerHello(reader: ByteReader): ServerHello {
	return {
		legacyVersion: reader.uint16(),
		random: reader.bytes(32),
		legacySessionIdEcho: readVector(reader, 1),
		cipherSuite: reader.uint16(),
		legacyCompressionMethod: reader.uint8(),
		extensions: SERVER_EXTENSIONS.decode(readExtensions(reader)),
	};
}

/** A ServerHello message, head included; throws RangeError. */
export function encodeServerHello(hello: ServerHello): Uint8Array {
	if (hello.random.length !== 32) throw new RangeError(`the random has 32 bytes, not ${hello.random.length}`);
	const body = concatBytes([
		encodeUint("legacy version", hello.legacyVersion, 2),
		hello.random,
		encodeVector("session ID", hello.legacySessionIdEcho, 1),
		encodeUint("cipher suite", hello.cipherSuite, 2),
		encodeUint("compression method", hello.legacyCompressionMethod, 1),
		encodeVector("extensions", SERVER_EXTENSIONS.encode(hello.extensions), 2),
	]);
	return encodeTlsMessage(TLS_HANDSHAKE.serverHello, body);
}
