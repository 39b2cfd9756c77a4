/** What methods ask of an ICMP error: whether it quotes a packet like ours, what it means, and which probe it names. */
import type { IcmpErrorReply, QuotedProbe } from "../channel.ts";
import { icmpMeaning } from "../icmp-meaning.ts";
import type { Match, ProbeContext, ReplyMeaning } from "../method.ts";
import { arePortsOurs } from "./probe-ports.ts";

/** ICMPv6 Parameter Problem, Unrecognized Next Header (RFC 4443 section 3.4): what IPv4 calls Protocol Unreachable. */
const UNRECOGNIZED_NEXT_HEADER = { type: 4, code: 1 } as const;

/** An error that quotes a packet of this protocol to our target and tells of the path, or why it is none of ours. */
export type QuotedFrame =
	| { readonly type: "quoted"; readonly meaning: ReplyMeaning }
	| Extract<Match, { readonly type: "foreign" }>;

/**
 * Checks the quoted protocol and destination. The quoted source is never compared, since a 1:1 NAT may stand between us
 * and the router; with `looseMatch` the destination is not either, and the caller does without the ports. A target that
 * does not know the protocol has been reached.
 */
export function quotedFrame(context: ProbeContext, reply: IcmpErrorReply, protocol: number): QuotedFrame {
	const { quoted } = reply;
	if (quoted.protocol !== protocol) return { type: "foreign", reason: "otherProtocol" };
	if (!context.looseMatch && quoted.destination !== context.target) return { type: "foreign", reason: "otherTarget" };
	const meaning = icmpMeaning(context.family, reply);
	if (meaning === null) return { type: "foreign", reason: "notAnError" };
	return { type: "quoted", meaning: isRefusal(context, reply) ? { ...meaning, place: "target" } : meaning };
}

function isRefusal({ family, target }: ProbeContext, { from, icmp }: IcmpErrorReply): boolean {
	const { type, code } = UNRECOGNIZED_NEXT_HEADER;
	return family === 6 && icmp.type === type && icmp.code === code && from === target;
}

/** How a method reads the quote of its own packets. */
export interface QuoteReading {
	readonly protocol: number;
	/** The probe that the quote names; null: it is not ours, undefined: too little is quoted to tell. */
	readonly sequenceOf: (quoted: QuotedProbe) => number | null | undefined;
	/** Whether the quoted ports are ours, for methods that send to more than one port. */
	readonly hasOurPorts?: (quoted: QuotedProbe) => boolean;
}

/**
 * Whose packet an error quotes: `quotedFrame`, then the ports, then the name. With `looseMatch` wrong addresses and ports
 * are forgiven to those quotes that name a probe.
 */
export function quotedMatch(context: ProbeContext, reply: IcmpErrorReply, reading: QuoteReading): Match {
	const { protocol, sequenceOf, hasOurPorts = isToOurPort(context) } = reading;
	const frame = quotedFrame(context, reply, protocol);
	if (frame.type === "foreign") return frame;
	const { quoted } = reply;
	const areOurs = hasOurPorts(quoted);
	if (!areOurs && !context.looseMatch) return { type: "foreign", reason: "otherPort" };
	const sequence = sequenceOf(quoted);
	if (typeof sequence === "number") return { type: "probe", sequence, meaning: frame.meaning };
	const isOurFlow = sequence === undefined && areOurs && quoted.destination === context.target;
	return isOurFlow ? { type: "flow", meaning: frame.meaning } : { type: "foreign", reason: "otherKey" };
}

function isToOurPort(context: ProbeContext): (quoted: QuotedProbe) => boolean {
	return ({ sourcePort, destinationPort }) => arePortsOurs(context, sourcePort, destinationPort);
}
