/** Reliable provisional answers to INVITEs of ours (RFC 3262 §4). */
import type { Instant } from "@whither/core";
import { sipHeader, sipValues } from "../message/headers.ts";
import { formatSipRack, parseSipRseq } from "../message/sequence.ts";
import type { ResponseEnvelope } from "../transactions/envelope.ts";
import type { Leg } from "./leg.ts";
import { header } from "./made.ts";

/** RSeq of a reliable provisional answer; null: it is none. */
export function rseqOf({ message }: ResponseEnvelope): number | null {
	const isReliable = sipValues(message, "Require").some((tag) => tag.toLowerCase() === "100rel");
	return isReliable && message.status > 100 && message.status < 200 ? parseSipRseq(sipHeader(message, "RSeq")) : null;
}

/**
 * Acknowledges a reliable answer by PRACK, unless it has come before, or one before it has not. `done`: the PRACK has been
 * answered. False: it is to be taken as if it had not come.
 */
export function acknowledgeReliable(
	leg: Leg,
	response: ResponseEnvelope,
	rseq: number,
	done: (now: Instant) => void,
	now: Instant,
): boolean {
	const { number: seq, method } = response.cseq;
	if (leg.heard !== null && leg.heard.seq === seq && rseq !== leg.heard.rseq + 1) return false;
	leg.heard = { rseq, seq };
	const headers = [header("RAck", formatSipRack({ response: rseq, number: seq, method }))];
	const heard = ({ message }: ResponseEnvelope, _asking: unknown, at: Instant) => {
		if (message.status >= 200 && message.status < 300) done(at);
	};
	leg.ask({ method: "PRACK", headers, response: heard }, now);
	return true;
}
