/** A QUIC server that answers the first packet of a handshake and goes no further. */
import {
	type CryptoPort,
	decodeQuicDatagram,
	decodeQuicPayload,
	deriveInitialKeys,
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
const SERVER_ID = Uint8Array.of(0x77, 0x68, 0x69, 0x74, 0x68, 0x65, 0x72, 0x21);
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

/** The answer to a client's datagram: an acknowledgment with a ServerHello, or the versions spoken; null: none. */
export function answerQuic(datagram: Uint8Array, crypto: CryptoPort): Uint8Array | null {
	const [packet] = decodeQuicDatagram(datagram).packets;
	if (packet === undefined || datagram.length < QUIC_MINIMUM_INITIAL) return null;
	if (packet.kind === "unknownVersion") {
		return encodeQuicVersionNegotiation({ dcid: packet.scid, scid: packet.dcid, versions: [QUIC_V1, QUIC_V2] });
	}
	if (packet.kind !== "initial") return null;
	const { version, dcid, scid } = packet;
	const opened = decodeQuicPayload(packet, deriveInitialKeys(version, dcid, crypto).client, crypto);
	if (isDecodeError(opened) || opened.frames.every(({ name }) => name !== "crypto")) return null;
	const { packetNumber } = opened;
	const frames = [
		quicFrame("ack", { delay: 0, ranges: [{ smallest: packetNumber, largest: packetNumber }] }),
		quicFrame("crypto", { offset: 0, data: HELLO }),
	];
	const ids = { version, dcid: scid, scid: SERVER_ID, keyDcid: dcid };
	return encodeServerInitial({ ...ids, packetNumber: 0, frames, padTo: QUIC_MINIMUM_INITIAL }, crypto);
}
