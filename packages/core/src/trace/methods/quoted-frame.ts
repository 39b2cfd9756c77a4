/** What every method asks first of an ICMP error: whether it quotes a packet like ours, and what it means. */
import type { IcmpErrorReply } from "../channel.ts";
import { icmpMeaning } from "../icmp-meaning.ts";
import type { Match, ProbeContext, ReplyMeaning } from "../method.ts";

/** An error that quotes a packet of this protocol to our target and tells of the path, or why it is none of ours. */
export type QuotedFrame =
	| { readonly type: "quoted"; readonly meaning: ReplyMeaning }
	| Extract<Match, { readonly type: "foreign" }>;

/**
 * Checks the quoted protocol and destination. The quoted source is never compared, since a 1:1 NAT may stand between us
 * and the router; with `looseMatch` the destination is not either, and the caller does without the ports.
 */
export function quotedFrame(context: ProbeContext, reply: IcmpErrorReply, protocol: number): QuotedFrame {
	const { quoted } = reply;
	if (quoted.protocol !== protocol) return { type: "foreign", reason: "otherProtocol" };
	if (!context.looseMatch && quoted.destination !== context.target) return { type: "foreign", reason: "otherTarget" };
	const meaning = icmpMeaning(context.family, reply);
	return meaning === null ? { type: "foreign", reason: "notAnError" } : { type: "quoted", meaning };
}
