/** Method `icmp`: echo requests of one id; the checksum is kept constant so that load balancers see one flow (RFC 792, RFC 4443). */
import { ECHO_TYPES, encodeIcmpEcho, ICMP_HEADER_LENGTH, IP_HEADER_LENGTH, IP_PROTOCOL } from "@whither/wire";
import type { Family, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { filler } from "./filler.ts";
import { quotedFrame } from "./quoted-frame.ts";

const PROTOCOL: Readonly<Record<Family, number>> = { 4: IP_PROTOCOL.icmp, 6: IP_PROTOCOL.icmpv6 };
/** Key, then the two bytes that balance the checksum. */
const PAYLOAD_MINIMUM = 6;
const ANSWERED: ReplyMeaning = { kind: "echoReply", place: "target", detail: {} };

/** Echo requests of one id and one checksum (RFC 792, RFC 4443 section 4.1). */
export const icmp: TraceMethod = {
	name: "icmp",
	summary: "ICMP echo, raw or by ping socket where net.ipv4.ping_group_range allows",
	channels: [
		{ kind: "raw", transport: "ip", protocol: IP_PROTOCOL.icmp, ports: "none" },
		{ kind: "errorQueue", transport: "ping", protocol: IP_PROTOCOL.icmp, ports: "one" },
	],
	defaultPort: null,
	defaultLength: { 4: 60, 6: 80 },
	minimumLength: { 4: 34, 6: 54 },
	probe,
	match,
};

function probe(context: ProbeContext, { sequence, length = context.length }: ProbeRequest) {
	const { family, transport } = context;
	return {
		transport,
		protocol: PROTOCOL[family],
		sourcePort: context.sourcePorts[0] ?? 0,
		destinationPort: 0,
		bytes: echoRequest(context, sequence & 0xffff, length),
	};
}

/** Counting sequence numbers change the checksum; two payload bytes change it back. */
function echoRequest(context: ProbeContext, sequence: number, length: number): Uint8Array {
	const { family, source, target: destination, key } = context;
	const payload = filler(Math.max(PAYLOAD_MINIMUM, length - IP_HEADER_LENGTH[family] - ICMP_HEADER_LENGTH));
	const view = new DataView(payload.buffer);
	view.setUint32(0, key);
	view.setUint16(4, 0xffff - sequence);
	return encodeIcmpEcho(family, { id: echoId(context), sequence, payload, source, destination });
}

/** Ping sockets have their port as id; elsewhere half of the key serves. */
function echoId(context: ProbeContext): number {
	return context.sourcePorts[0] ?? context.key & 0xffff;
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") {
		const frame = quotedFrame(context, reply, PROTOCOL[context.family]);
		if (frame.type === "foreign") return frame;
		return matchEcho(context, ECHO_TYPES[context.family].request, reply.quoted, frame.meaning);
	}
	if (reply.type !== "packet" || reply.protocol !== PROTOCOL[context.family])
		return { type: "foreign", reason: "otherProtocol" };
	if (reply.payload.length < 4) return { type: "foreign", reason: "otherKey" };
	return matchEcho(context, ECHO_TYPES[context.family].reply, reply, ANSWERED);
}

/** An echo is ours when its type and id are, and the key too as far as it is there; a loose match needs but the key. */
function matchEcho(
	context: ProbeContext,
	type: number,
	message: { readonly segment: Uint8Array | null; readonly payload: Uint8Array },
	meaning: ReplyMeaning,
): Match {
	const { segment, payload } = message;
	if (segment === null || segment.length < ICMP_HEADER_LENGTH) return { type: "foreign", reason: "malformed" };
	const header = new DataView(segment.buffer, segment.byteOffset);
	if (header.getUint8(0) !== type) return { type: "foreign", reason: "otherProtocol" };
	const hasKey = payload.length >= 4;
	const needsId = !(context.looseMatch && hasKey);
	if (needsId && header.getUint16(4) !== echoId(context)) return { type: "foreign", reason: "otherPort" };
	const isOurs = !hasKey || new DataView(payload.buffer, payload.byteOffset).getUint32(0) === context.key;
	if (!isOurs) return { type: "foreign", reason: "otherKey" };
	return { type: "probe", sequence: header.getUint16(6), meaning };
}
