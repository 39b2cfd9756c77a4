/** Errors about protocols that a target may not speak: its refusal of the whole protocol is an answer of its own. */
import type { IcmpErrorReply } from "../channel.ts";
import type { ProbeContext, ReplyMeaning } from "../method.ts";
import { type QuotedFrame, quotedFrame } from "./quoted-frame.ts";

/** ICMPv6 Parameter Problem, Unrecognized Next Header (RFC 4443 section 3.4): what IPv4 calls Protocol Unreachable. */
const UNRECOGNIZED_NEXT_HEADER = { type: 4, code: 1 } as const;

/** `quotedFrame`, but an ICMPv6 error by which the target itself says that it does not know the protocol means the target. */
export function refusableFrame(context: ProbeContext, reply: IcmpErrorReply, protocol: number): QuotedFrame {
	const frame = quotedFrame(context, reply, protocol);
	if (frame.type === "foreign" || !isRefusal(context, reply)) return frame;
	const meaning: ReplyMeaning = { ...frame.meaning, place: "target" };
	return { type: "quoted", meaning };
}

function isRefusal({ family, target }: ProbeContext, { from, icmp }: IcmpErrorReply): boolean {
	const { type, code } = UNRECOGNIZED_NEXT_HEADER;
	return family === 6 && icmp.type === type && icmp.code === code && from === target;
}

/** Whether the ports that an answer or a quote shows are this trace's; a socket is not told its own port again. */
export function arePortsOurs(context: ProbeContext, ours: number | null, theirs: number | null): boolean {
	return theirs === context.port && (ours === null || context.sourcePorts.includes(ours));
}

/** The same of a quote, whose ports a loose match does not look at. */
export function areQuotedPortsOurs(context: ProbeContext, { quoted }: IcmpErrorReply): boolean {
	return context.looseMatch || arePortsOurs(context, quoted.sourcePort, quoted.destinationPort);
}

/** Bytes that stand in a probe only for its length. */
export function filler(length: number): Uint8Array {
	return Uint8Array.from({ length: Math.max(0, length) }, (_, index) => 0x40 + (index & 0x3f));
}
