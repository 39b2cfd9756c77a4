/**
 * Whether SYNs with ECN vanish where those without are answered. A SYN is marked, in these words, where its flags offer
 * ECN or its IP header bears an ECN mark; an unmarked one does neither.
 */
import { TCP_FLAGS } from "@whither/wire";
import { hopsBack } from "../hop-distance.ts";
import type { Companion, CompanionMoment, ProbeContext, TraceEvidence } from "../method.ts";
import type { HopResult, ProbeResult, TraceWarning } from "../result.ts";
import { askedFlags, ecnOffer } from "./tcp-asked.ts";

/** Name of the companions that go without a mark. */
export const UNMARKED = "unmarked";

/** The ECN field, the lower two bits of the TOS byte or traffic class (RFC 3168 section 5). */
const ECN_FIELD = 3;
/** As far as any packet goes: how far the target is, nobody knows at the start. */
const MOST_TTL = 255;

/** Unmarked SYNs to the target itself, as many as a hop's probes: what marked ones are compared with. */
export function unmarkedSyns(context: ProbeContext, { when }: CompanionMoment): readonly Companion[] {
	const { tos, options, queries } = context;
	if (when !== "start" || !isMarked(context) || options["no-extra-ping"] === true) return [];
	return Array.from({ length: queries }, (_, query) => ({
		name: UNMARKED,
		ttl: MOST_TTL,
		query,
		tos: tos & ~ECN_FIELD,
	}));
}

function isMarked({ tos, options }: ProbeContext): boolean {
	const flags = askedFlags(options);
	const isSyn = (flags & (TCP_FLAGS.syn | TCP_FLAGS.ack)) === TCP_FLAGS.syn;
	return isSyn && ((tos & ECN_FIELD) !== 0 || ecnOffer(flags) !== null);
}

/**
 * `ecnDropped`, when only unmarked SYNs were answered by the target. A path that was not followed as far as the answer
 * seems to come from, or whose last hop let marked SYNs pass, proves nothing.
 */
export function ecnConclusions(context: ProbeContext, evidence: TraceEvidence): readonly TraceWarning[] {
	const last = evidence.hops.at(-1);
	if (evidence.reached || last === undefined || !isSilent(last)) return [];
	const unmarked = evidence.companions.filter(({ name }) => name === UNMARKED).flatMap(({ probes }) => probes);
	const answered = unmarked.filter(({ from, reply }) => from === context.target && reply?.icmp === null);
	return answered.some((probe) => last.ttl >= distance(probe)) ? [{ code: "ecnDropped" }] : [];
}

function isSilent({ probes }: HopResult): boolean {
	return probes.length > 0 && probes.every(({ status }) => status === "timeout");
}

/** Hops that an answer seems to have come; 0 where its TTL is unknown. */
function distance({ reply }: ProbeResult): number {
	const ttl = reply?.ttl ?? null;
	return ttl === null ? 0 : hopsBack(ttl);
}
