/**
 * What a host says in UDP-Lite, DCCP, SCTP and protocols without a name. A machine that does not speak one of them refuses
 * the whole protocol, as a kernel without it does.
 */
import {
	DCCP_TYPES,
	decodeDccp,
	decodeSctp,
	decodeUdpLite,
	encodeDccp,
	encodeSctp,
	encodeUdpLite,
	IP_PROTOCOL,
	isDecodeError,
	sctpChunk,
} from "@whither/wire";
import { hasGoodChecksum, type IpPacket } from "./packet.ts";
import type { HostSpec } from "./scenario.ts";

/** The payload of an answer, an ICMP unreachable, or nothing and why. */
export type TransportAnswer =
	| { readonly type: "payload"; readonly payload: Uint8Array }
	| { readonly type: "unreachable"; readonly code: "port" | "protocol" }
	| { readonly type: "none"; readonly why: string };

/** Who answers, and a number that it draws for a new connection. */
export interface TransportStack {
	readonly source: string;
	readonly initialSequence: number;
}

const NOTHING = new Uint8Array(0);
const REFUSED: TransportAnswer = { type: "unreachable", code: "protocol" };
const SILENT: TransportAnswer = { type: "none", why: "silent" };
/** Reset codes (RFC 4340 §5.6). */
const NO_CONNECTION = 3;
const CONNECTION_REFUSED = 7;
const RECEIVER_WINDOW = 65_536;
const STREAMS = 10;

/** The answer of a host to a packet of a protocol beside ICMP, TCP and UDP. */
export function answerTransport(host: HostSpec, packet: IpPacket, stack: TransportStack): TransportAnswer {
	if (packet.protocol === IP_PROTOCOL.udpLite) return answerUdpLite(host, packet, stack);
	if (packet.protocol === IP_PROTOCOL.dccp) return answerDccp(host, packet, stack);
	if (packet.protocol === IP_PROTOCOL.sctp) return answerSctp(host, packet, stack);
	return answerOther(host, packet);
}

function answerOther({ otherProtocols = "unreachable" }: HostSpec, { payload }: IpPacket): TransportAnswer {
	if (otherProtocols === "unreachable") return REFUSED;
	return otherProtocols === "silent" ? SILENT : { type: "payload", payload };
}

function answerUdpLite({ udplite }: HostSpec, packet: IpPacket, stack: TransportStack): TransportAnswer {
	if (udplite === undefined) return REFUSED;
	const datagram = decodeUdpLite(packet.payload);
	if (isDecodeError(datagram)) return none("malformed UDP-Lite");
	if (!hasGoodChecksum(packet)) return none("bad checksum");
	const { header, payload } = datagram;
	if (udplite === "closed") return { type: "unreachable", code: "port" };
	if (udplite === "silent") return SILENT;
	const { coverage } = header;
	return answer(encodeUdpLite({ ...backwards(packet, header, stack), coverage }, payload));
}

/** RFC 4340 §8.1.3 and §8.3.1, as far as a machine that keeps no connection needs it. */
function answerDccp({ dccp }: HostSpec, packet: IpPacket, stack: TransportStack): TransportAnswer {
	if (dccp === undefined) return REFUSED;
	const decoded = decodeDccp(packet.payload);
	if (isDecodeError(decoded) || decoded.truncated) return none("malformed DCCP");
	const { header, payload } = decoded;
	const { family, source, destination } = packet;
	const sent = encodeDccp({ family, source, destination, ...header }, payload);
	if (!isSame(sent, packet.payload)) return none("bad checksum");
	if (dccp === "silent") return SILENT;
	if (header.type === DCCP_TYPES.reset) return none("reset for no connection");
	const isRequest = header.type === DCCP_TYPES.request;
	const next = { ...backwards(packet, header, stack), acknowledgment: header.sequence };
	if (isRequest && dccp === "open") {
		const { serviceCode } = header;
		const sequence = stack.initialSequence;
		return answer(encodeDccp({ ...next, type: DCCP_TYPES.response, sequence, serviceCode }, NOTHING));
	}
	const code = isRequest ? CONNECTION_REFUSED : NO_CONNECTION;
	return answer(encodeDccp({ ...next, type: DCCP_TYPES.reset, sequence: 0, reset: { code, data: NOTHING } }, NOTHING));
}

/** RFC 9260 §5.1 and §8.4, as far as a machine without associations needs it. */
function answerSctp({ sctp }: HostSpec, packet: IpPacket, stack: TransportStack): TransportAnswer {
	if (sctp === undefined) return REFUSED;
	const decoded = decodeSctp(packet.payload);
	if (isDecodeError(decoded)) return none("malformed SCTP");
	if (!decoded.checksumValid) return none("bad checksum");
	if (sctp === "silent") return SILENT;
	const [chunk] = decoded.chunks;
	if (chunk?.name !== "init") return none("part of an association, which this host does not keep");
	const { sourcePort, destinationPort } = decoded.header;
	const header = {
		sourcePort: destinationPort,
		destinationPort: sourcePort,
		verificationTag: chunk.value.initiateTag,
	};
	if (sctp === "closed") return answer(encodeSctp(header, [sctpChunk("abort", [])]));
	const initAck = sctpChunk("initAck", {
		initiateTag: (stack.initialSequence | 1) >>> 0,
		receiverWindow: RECEIVER_WINDOW,
		outboundStreams: STREAMS,
		inboundStreams: STREAMS,
		initialTsn: stack.initialSequence,
		parameters: [{ name: "stateCookie", type: 7, value: new Uint8Array(32) }],
	});
	return answer(encodeSctp(header, [initAck]));
}

function backwards(
	packet: IpPacket,
	{ sourcePort, destinationPort }: { readonly sourcePort: number; readonly destinationPort: number },
	stack: TransportStack,
) {
	const addresses = { family: packet.family, source: stack.source, destination: packet.source };
	return { ...addresses, sourcePort: destinationPort, destinationPort: sourcePort };
}

/** Encoded anew, a packet with the right checksum is the same. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function answer(payload: Uint8Array): TransportAnswer {
	return { type: "payload", payload };
}

function none(why: string): TransportAnswer {
	return { type: "none", why };
}
