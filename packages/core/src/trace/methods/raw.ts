/**
 * Method `raw`: packets of any IP protocol, `-O protocol=N`, without a header of that protocol. Key and sequence number
 * are the first bytes behind the IP header, so that every quote names its probe.
 *
 * ```
 *  0                   1                   2                   3
 * |              key (32)             |  sequence (16) | filler ...
 * ```
 */
import { IP_HEADER_LENGTH, IP_PROTOCOL } from "@whither/wire";
import type { ChannelNeed, IcmpErrorReply, PacketReply, ProbePacket, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { filler } from "./filler.ts";
import { quotedFrame } from "./quoted-frame.ts";

/** "Use for experimentation and testing" (RFC 3692, RFC 4727). */
const DEFAULT_PROTOCOL = IP_PROTOCOL.experiment1;
const MOST_PROTOCOL = 0xff;
const KEY_LENGTH = 4;
const NAME_LENGTH = 6;
const ANSWERED: ReplyMeaning = { kind: "protocol", place: "target", detail: {} };

/** Protocols that make sense only with their own headers, and the methods that write those. */
const OWN_METHOD: ReadonlyMap<number, string> = new Map([
	[IP_PROTOCOL.icmp, "icmp"],
	[IP_PROTOCOL.icmpv6, "icmp"],
	[IP_PROTOCOL.tcp, "tcp"],
	[IP_PROTOCOL.udp, "udp"],
	[IP_PROTOCOL.dccp, "dccp"],
	[IP_PROTOCOL.sctp, "sctp"],
	[IP_PROTOCOL.udpLite, "udplite"],
]);

/** IPv6 extension headers (IANA), and the number by which Linux means "any" (IPPROTO_RAW): no protocols to send. */
const NO_PROTOCOL: ReadonlySet<number> = new Set([
	IP_PROTOCOL.hopByHop,
	IP_PROTOCOL.routing,
	IP_PROTOCOL.fragment,
	IP_PROTOCOL.ah,
	IP_PROTOCOL.noNextHeader,
	IP_PROTOCOL.destinationOptions,
	IP_PROTOCOL.mobility,
	IP_PROTOCOL.hip,
	IP_PROTOCOL.shim6,
	MOST_PROTOCOL,
]);

/** Packets of any IP protocol that hold nothing but our key; needs raw sockets. */
export const raw: TraceMethod = {
	name: "raw",
	summary: `Packets of IP protocol N (-O protocol=N, default ${DEFAULT_PROTOCOL}), like traceroute -P`,
	channels: needs({}),
	defaultPort: null,
	defaultLength: { 4: 60, 6: 80 },
	minimumLength: { 4: IP_HEADER_LENGTH[4] + NAME_LENGTH, 6: IP_HEADER_LENGTH[6] + NAME_LENGTH },
	options: [
		{
			name: "protocol",
			value: "N",
			summary: `IP protocol number (default: ${DEFAULT_PROTOCOL}, for experiments)`,
			check: checkProtocol,
		},
	],
	needs,
	probe,
	match,
};

function needs(options: ProbeContext["options"]): readonly ChannelNeed[] {
	return [{ kind: "raw", transport: "ip", protocol: protocolOf(options), ports: "none" }];
}

function checkProtocol(value: string): string | null {
	const number = /^[0-9]{1,3}$/.test(value) ? Number(value) : Number.NaN;
	if (!(number <= MOST_PROTOCOL)) return `not a number from 1 to ${MOST_PROTOCOL - 1}`;
	const method = OWN_METHOD.get(number);
	if (method !== undefined) return `the method ${method} sends these with their own headers`;
	return NO_PROTOCOL.has(number) ? "not a protocol that can be sent alone" : null;
}

function protocolOf({ protocol }: ProbeContext["options"]): number {
	return typeof protocol === "string" ? Number(protocol) : DEFAULT_PROTOCOL;
}

function probe(context: ProbeContext, { sequence, length = context.length }: ProbeRequest): ProbePacket {
	const bytes = filler(Math.max(NAME_LENGTH, length - IP_HEADER_LENGTH[context.family]));
	const view = new DataView(bytes.buffer);
	view.setUint32(0, context.key);
	view.setUint16(KEY_LENGTH, sequence & 0xffff);
	return { transport: "ip", protocol: protocolOf(context.options), sourcePort: 0, destinationPort: 0, bytes };
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	const isOurs = reply.type === "packet" && reply.protocol === protocolOf(context.options);
	return isOurs ? matchAnswer(context, reply) : { type: "foreign", reason: "otherProtocol" };
}

/** What a protocol that we know nothing of answers names no probe, unless it sends back what it got. */
function matchAnswer(context: ProbeContext, { from, payload }: PacketReply): Match {
	if (from !== context.target) return { type: "foreign", reason: "otherTarget" };
	const sequence = sequenceIn(context, payload);
	return sequence === null ? { type: "flow", meaning: ANSWERED } : { type: "probe", sequence, meaning: ANSWERED };
}

/** There are no ports: without the key, and all of it, a quote is nobody's. */
function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	const frame = quotedFrame(context, reply, protocolOf(context.options));
	if (frame.type === "foreign") return frame;
	const sequence = sequenceIn(context, reply.quoted.segment ?? new Uint8Array(0));
	if (sequence === null) return { type: "foreign", reason: "otherKey" };
	return { type: "probe", sequence, meaning: frame.meaning };
}

function sequenceIn({ key }: ProbeContext, bytes: Uint8Array): number | null {
	if (bytes.length < NAME_LENGTH) return null;
	const view = new DataView(bytes.buffer, bytes.byteOffset);
	return view.getUint32(0) === key ? view.getUint16(KEY_LENGTH) : null;
}
