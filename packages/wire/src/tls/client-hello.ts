import { addressFamily } from "../address.ts";
import type { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import type { DecodeError } from "../error.ts";
import type { QuicTransportParameter } from "../quic/transport-parameters.ts";
import {
	TLS_CIPHER_SUITES,
	TLS_GROUPS,
	TLS_HANDSHAKE,
	TLS_PSK_MODES,
	TLS_SIGNATURE_SCHEMES,
	TLS_VERSION,
} from "./constants.ts";
import { CLIENT_EXTENSIONS, type ClientHelloExtension, clientHelloExtension, type TlsKeyShare } from "./extensions.ts";
import { encodeTlsMessage, readExtensions, readMessage } from "./handshake.ts";
import { encodeNumbers, encodeVector, readNumbers, readVector } from "./vectors.ts";

/**
 * The ClientHello (RFC 8446 §4.1.2), behind a handshake message's head:
 *
 *     +-----------+----------+------------+---------+-------------+-------------------
 *     | legacy    | random,  | legacy     | cipher  | legacy      | extensions,
 *     | version,  | 32 bytes | session ID,| suites, | compression,| length (16) and
 *     | 16 bits   |          | len. (8)   | len. 16 | len. (8)    | items
 *     +-----------+----------+------------+---------+-------------+-------------------
 */
export interface ClientHello {
	readonly legacyVersion: number;
	/** 32 bytes. */
	readonly random: Uint8Array;
	readonly legacySessionId: Uint8Array;
	readonly cipherSuites: readonly number[];
	readonly legacyCompressionMethods: Uint8Array;
	readonly extensions: readonly ClientHelloExtension[];
}

/** A whole ClientHello message, its four bytes of head included. */
export function decodeClientHello(bytes: Uint8Array): ClientHello | DecodeError {
	return readMessage(bytes, TLS_HANDSHAKE.clientHello, readClientHello);
}

function readClientHello(reader: ByteReader): ClientHello {
	return {
		legacyVersion: reader.uint16(),
		random: reader.bytes(32),
		legacySessionId: readVector(reader, 1),
		cipherSuites: readNumbers(reader, 2, 2),
		legacyCompressionMethods: readVector(reader, 1),
		extensions: CLIENT_EXTENSIONS.decode(readExtensions(reader)),
	};
}

/** A ClientHello message, head included; throws RangeError. */
export function encodeClientHello(hello: ClientHello): Uint8Array {
	if (hello.random.length !== 32) throw new RangeError(`the random has 32 bytes, not ${hello.random.length}`);
	const body = concatBytes([
		encodeUint("legacy version", hello.legacyVersion, 2),
		hello.random,
		encodeVector("session ID", hello.legacySessionId, 1),
		encodeNumbers("cipher suites", hello.cipherSuites, 2, 2),
		encodeVector("compression methods", hello.legacyCompressionMethods, 1),
		encodeVector("extensions", CLIENT_EXTENSIONS.encode(hello.extensions), 2),
	]);
	return encodeTlsMessage(TLS_HANDSHAKE.clientHello, body);
}

/** What `quicClientHello` is told. */
export interface QuicClientHelloFields {
	/** 32 bytes that nobody can foretell. */
	readonly random: Uint8Array;
	/** The host name for SNI; left out for an address (RFC 6066 §3 allows names only). */
	readonly serverName?: string;
	/** `h3` by default. */
	readonly alpn?: readonly string[];
	/** The X25519 share; any 32 bytes are one. */
	readonly keyShare: Uint8Array;
	readonly transportParameters: readonly QuicTransportParameter[];
}

/** A TLS 1.3 ClientHello as a QUIC client sends it (RFC 9001 §8): no session ID, transport parameters as extension. */
export function quicClientHello(fields: QuicClientHelloFields): ClientHello {
	if (fields.keyShare.length !== 32) throw new RangeError("an X25519 share has 32 bytes");
	const shares: TlsKeyShare[] = [{ group: TLS_GROUPS.x25519, key: fields.keyShare }];
	const { serverName } = fields;
	const named = serverName !== undefined && serverName !== "" && addressFamily(serverName) === null;
	return {
		legacyVersion: TLS_VERSION.tls12,
		random: fields.random,
		legacySessionId: new Uint8Array(0),
		cipherSuites: [
			TLS_CIPHER_SUITES.TLS_AES_128_GCM_SHA256,
			TLS_CIPHER_SUITES.TLS_AES_256_GCM_SHA384,
			TLS_CIPHER_SUITES.TLS_CHACHA20_POLY1305_SHA256,
		],
		legacyCompressionMethods: Uint8Array.of(0),
		extensions: [
			// A trailing dot is not part of the name on the wire (RFC 6066 §3).
			...(named ? [clientHelloExtension("serverName", serverName.replace(/\.$/, ""))] : []),
			clientHelloExtension("supportedGroups", [TLS_GROUPS.x25519, TLS_GROUPS.secp256r1, TLS_GROUPS.secp384r1]),
			clientHelloExtension("signatureAlgorithms", Object.values(TLS_SIGNATURE_SCHEMES)),
			clientHelloExtension("alpn", fields.alpn ?? ["h3"]),
			clientHelloExtension("supportedVersions", [TLS_VERSION.tls13]),
			clientHelloExtension("pskKeyExchangeModes", [TLS_PSK_MODES.psk_dhe_ke]),
			clientHelloExtension("keyShare", shares),
			clientHelloExtension("quicTransportParameters", fields.transportParameters),
		],
	};
}
