/** What an ICMP error means to a trace, whatever protocol the probe spoke (RFC 792, RFC 4443). */
import type { Family, IcmpErrorReply } from "./channel.ts";
import type { ReplyMeaning } from "./method.ts";

const NO_DETAIL = {};
const HOP: ReplyMeaning = { kind: "timeExceeded", place: "hop", detail: NO_DETAIL };
const PORT_UNREACHABLE: ReplyMeaning = { kind: "portUnreachable", place: "target", detail: NO_DETAIL };
const UNREACHABLE: ReplyMeaning = { kind: "unreachable", place: "end", detail: NO_DETAIL };
const TOO_BIG: ReplyMeaning = { kind: "packetTooBig", place: "end", detail: NO_DETAIL };
const PARAMETER_PROBLEM: ReplyMeaning = { kind: "parameterProblem", place: "end", detail: NO_DETAIL };

/** ICMP types and codes that a trace tells apart; the IPv4 Protocol Unreachable also comes from the target itself. */
const ERRORS: Readonly<Record<Family, ReadonlyMap<number, ReplyMeaning | ReadonlyMap<number, ReplyMeaning>>>> = {
	4: new Map<number, ReplyMeaning | ReadonlyMap<number, ReplyMeaning>>([
		// Deviation: reassembly time exceeded (code 1) is an error about our packet too, but tells nothing of a hop.
		[11, new Map([[0, HOP]])],
		[
			3,
			new Map([
				[2, { kind: "unreachable", place: "target", detail: NO_DETAIL }],
				[3, PORT_UNREACHABLE],
				[4, TOO_BIG],
			]),
		],
		[12, PARAMETER_PROBLEM],
	]),
	6: new Map<number, ReplyMeaning | ReadonlyMap<number, ReplyMeaning>>([
		[3, new Map([[0, HOP]])],
		[1, new Map([[4, PORT_UNREACHABLE]])],
		[2, TOO_BIG],
		[4, PARAMETER_PROBLEM],
	]),
};

const UNREACHABLE_TYPE: Readonly<Record<Family, number>> = { 4: 3, 6: 1 };

/**
 * The meaning of an ICMP error, or null for a message that says nothing about the path (source quench, redirect,
 * fragment reassembly time exceeded).
 */
export function icmpMeaning(family: Family, reply: IcmpErrorReply): ReplyMeaning | null {
	const { type, code } = reply.icmp;
	const entry = ERRORS[family].get(type);
	if (entry === undefined) return null;
	if (!(entry instanceof Map)) return entry as ReplyMeaning;
	const meaning = entry.get(code) ?? null;
	return meaning ?? (type === UNREACHABLE_TYPE[family] ? UNREACHABLE : null);
}
