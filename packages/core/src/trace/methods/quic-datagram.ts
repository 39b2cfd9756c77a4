/** The datagrams of a probe's connection: its Initial, and the one that closes it. */
import {
	encodeClientInitial,
	encodeUdp,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	QUIC_MINIMUM_INITIAL,
	QUIC_V1,
	QUIC_VERSIONS,
	quicFrame,
	UDP_HEADER_LENGTH,
} from "@whither/wire";
import type { ProbePacket } from "../channel.ts";
import type { ProbeContext } from "../method.ts";
import { type Connection, destinationId } from "./quic-connection.ts";
import { clientHello } from "./quic-hello.ts";
import { connectionId } from "./quic-ids.ts";

/** The longest QUIC packet that our encoder's length of two bytes allows, rounded down; zeros follow in the datagram. */
const LONGEST_PACKET = 16_000;
/** The connection ends without an error (RFC 9000 section 20.1); what kind of frame made it end nobody is told: 0 (section 19.19). */
const CLOSE = quicFrame("connectionClose", { errorCode: 0, frameType: 0, reason: "" });

/** A datagram from our port to the target's, as the context's transport has it. */
export function quicPacket(context: ProbeContext, payload: Uint8Array): ProbePacket {
	const { family, source, target: destination, port: destinationPort, transport } = context;
	const sourcePort = context.sourcePorts[0] ?? 0;
	const bytes =
		transport === "ip" ? encodeUdp({ family, source, destination, sourcePort, destinationPort }, payload) : payload;
	return { transport, protocol: IP_PROTOCOL.udp, sourcePort, destinationPort, bytes };
}

/** The Initial with the ClientHello, zeros behind it, in an IP packet of `packetLength` bytes or the few that it needs. */
export function initialDatagram(context: ProbeContext, connection: Connection, packetLength: number): Uint8Array {
	const { version } = connection;
	const length = packetLength - IP_HEADER_LENGTH[context.family] - UDP_HEADER_LENGTH;
	const known = Object.values(QUIC_VERSIONS).some((row) => row.version === version);
	const fields = {
		...headerFields(context, connection),
		version: known ? version : QUIC_V1,
		frames: [quicFrame("crypto", { offset: 0, data: clientHello(context, connection) })],
		padTo: Math.max(QUIC_MINIMUM_INITIAL, Math.min(length, LONGEST_PACKET)),
	};
	const packet = encodeClientInitial(fields, context.crypto);
	// Nobody can read the Initials of a version that does not exist, so only the invariants must be right (RFC 8999).
	if (!known) new DataView(packet.buffer, packet.byteOffset).setUint32(1, version);
	if (packet.length >= length) return packet;
	const datagram = new Uint8Array(length);
	datagram.set(packet);
	return datagram;
}

/** The Initial that acknowledges the server's and closes what it opened (RFC 9000 section 10.2.3). */
export function closingDatagram(
	context: ProbeContext,
	connection: Connection,
	server: { readonly scid: Uint8Array; readonly packetNumber: number },
): Uint8Array {
	const header = headerFields(context, connection);
	const { packetNumber } = server;
	const ack = quicFrame("ack", { delay: 0, ranges: [{ smallest: packetNumber, largest: packetNumber }] });
	const fields = {
		...header,
		keyDcid: header.dcid,
		dcid: server.scid,
		packetNumber: header.packetNumber + 1,
		frames: [ack, CLOSE],
	};
	return encodeClientInitial(fields, context.crypto);
}

function headerFields(context: ProbeContext, connection: Connection) {
	const { first, version, retry } = connection;
	return {
		version,
		dcid: destinationId(context, connection),
		scid: connectionId(context, "source", first),
		// A Retry does not start the packet numbers anew, and its token stays (RFC 9000 section 17.2.5.3).
		packetNumber: retry === null ? 0 : 1,
		...(retry === null ? {} : { token: retry.token }),
	};
}
