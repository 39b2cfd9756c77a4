/** A QUIC server that answers the first packet of a handshake and goes no further. */
import {
	type CryptoPort,
	decodeQuicDatagram,
	decodeQuicPayload,
	deriveInitialKeys,
	encodeQuicRetry,
	encodeQuicVersionNegotiation,
	encodeServerHello,
	encodeServerInitial,
	isDecodeError,
	QUIC_MINIMUM_INITIAL,
	QUIC_V1,
	QUIC_V2,
	quicFrame,
} from "@whither/wire";

/** The server's connection id; one will do for all. */
export const SERVER_ID = Uint8Array.of(0x77, 0x68, 0x69, 0x74, 0x68, 0x65, 0x72, 0x21);
/** What it calls itself, and what it wants to be shown, until it knows the client's address. */
const RETRY_ID = Uint8Array.of(0x72, 0x65, 0x74, 0x72, 0x79, 0x21, 0x21, 0x21);
const RETRY_TOKEN = Uint8Array.of(0x74, 0x6f, 0x6b, 0x65, 0x6e);
const TLS_1_2 = 0x0303;
/** TLS_AES_128_GCM_SHA256 (RFC 8446 appendix B.4). */
const CIPHER_SUITE = 0x1301;
const HELLO = encodeServerHello({
	legacyVersion: TLS_1_2,
	random: new Uint8Array(32).fill(0x5a),
	legacySessionIdEcho: new Uint8Array(0),
	cipherSuite: CIPHER_SUITE,
	legacyCompressionMethod: 0,
	extensions: [],
});

/**
 * The answer to a client's datagram: an acknowledgment with a ServerHello, the versions spoken, or where that is wanted
 * and the client has no token yet a Retry; null: none.
 */
export function answerQuic(
	datagram: Uint8Array,
	crypto: CryptoPort,
	{ retry = false }: { readonly retry?: boolean } = {},
): Uint8Array | null {
	const [packet] = decodeQuicDatagram(datagram).packets;
	if (packet === undefined || datagram.length < QUIC_MINIMUM_INITIAL) return null;
	if (packet.kind === "unknownVersion") {
		return encodeQuicVersionNegotiation({ dcid: packet.scid, scid: packet.dcid, versions: [QUIC_V1, QUIC_V2] });
	}
	if (packet.kind !== "initial") return null;
	const { version, dcid, scid } = packet;
	const opened = decodeQuicPayload(packet, deriveInitialKeys(version, dcid, crypto).client, crypto);
	if (isDecodeError(opened) || opened.frames.every(({ name }) => name !== "crypto")) return null;
	if (retry && packet.token.length === 0) {
		const ids = { version, dcid: scid, scid: RETRY_ID, originalDcid: dcid };
		return encodeQuicRetry({ ...ids, token: RETRY_TOKEN }, crypto);
	}
	const { packetNumber } = opened;
	const frames = [
		quicFrame("ack", { delay: 0, ranges: [{ smallest: packetNumber, largest: packetNumber }] }),
		quicFrame("crypto", { offset: 0, data: HELLO }),
	];
	const ids = { version, dcid: scid, scid: SERVER_ID, keyDcid: dcid };
	return encodeServerInitial({ ...ids, packetNumber: 0, frames, padTo: QUIC_MINIMUM_INITIAL }, crypto);
}
