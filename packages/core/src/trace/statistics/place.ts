/** What an answer means to a path, of what a result still tells of it. */
import type { ReplyKind, ReplyMeaning } from "../method.ts";
import type { ProbeResult } from "../result.ts";

/** Errors by which somebody on the way says that nothing beyond will answer; from the target they are its own. */
const ENDS: ReadonlySet<ReplyKind> = new Set(["unreachable", "packetTooBig", "parameterProblem"]);

/** IPv4 Protocol Unreachable: nobody but a target knows its protocols (`icmpMeaning`). */
const isProtocolUnreachable = (icmp: NonNullable<ProbeResult["reply"]>["icmp"]) => icmp?.type === 3 && icmp.code === 2;

/** Where the answer came from, as `ReplyMeaning.place` has it. */
export function answerPlace(
	reply: Pick<NonNullable<ProbeResult["reply"]>, "kind" | "icmp">,
	from: string | null,
	target: string,
): ReplyMeaning["place"] {
	if (reply.kind === "timeExceeded") return "hop";
	if (from === target || isProtocolUnreachable(reply.icmp)) return "target";
	return ENDS.has(reply.kind) ? "end" : "target";
}
