/**
 * Where selective acknowledgments were lost, when the other end agreed to none: SYNs like the connection's own are sent to
 * every hop short of the target, and the quotes tell how far the option came.
 */
import { decodeTcp, encodeTcp, isDecodeError, TCP_FLAGS } from "@whither/wire";
import type { QuotedProbe, SessionFacts } from "../channel.ts";
import type { Companion, CompanionMoment, ProbeContext, TraceEvidence } from "../method.ts";
import type { TraceWarning } from "../result.ts";
import { SYN_MSS, SYN_WINDOW, synOptions } from "./syn-options.ts";
import { synSequence } from "./tcpinsession-place.ts";

/** The companions' name. */
export const SYN_COMPANION = "syn";

/** What a quote shows of the option; `unknown`: it does not reach so far. */
export type OptionFate = "kept" | "removed" | "unknown";

/** SYNs to all hops between us and the target, and none to the target itself; none where SACK may be used or was not offered. */
export function synCompanions({ sessions }: ProbeContext, moment: CompanionMoment): readonly Companion[] {
	const [session] = sessions;
	if (moment.when !== "end" || !moment.reached || session === undefined) return [];
	if (session.sackPermitted || !session.sackOffered) return [];
	return Array.from({ length: moment.lastTtl - 1 }, (_, index) => ({
		name: SYN_COMPANION,
		ttl: index + 1,
		query: 0,
	}));
}

/**
 * The connection's own SYN again but for its sequence number, with the options that Linux sends. Should one come through
 * to the target, it finds the connection there and opens nothing (RFC 5961 section 4).
 */
export function synSegment(context: ProbeContext, session: SessionFacts, sequence: number): Uint8Array {
	const { family, source, target: destination, port: destinationPort, key } = context;
	const timestamp = session.timestamps?.value ?? key;
	const fields = {
		family,
		source,
		destination,
		sourcePort: session.sourcePort,
		destinationPort,
		sequence: synSequence(session.sendNext, sequence),
		flags: TCP_FLAGS.syn,
		window: SYN_WINDOW,
		options: synOptions({ mss: SYN_MSS[family], timestamp }),
	};
	return encodeTcp(fields, new Uint8Array(0));
}

/** What became of the option up to the router that quotes the SYN. */
export function optionFate({ segment }: Pick<QuotedProbe, "segment">): OptionFate {
	const decoded = decodeTcp(segment ?? new Uint8Array(0));
	if (isDecodeError(decoded)) return "unknown";
	if (decoded.header.options.some(({ name }) => name === "sackPermitted")) return "kept";
	return decoded.truncated ? "unknown" : "removed";
}

/** The warning that there is no SACK, or none in the answers, with the place where it was lost. */
export function sackConclusions({ sessions }: ProbeContext, evidence: TraceEvidence): readonly TraceWarning[] {
	const [session] = sessions;
	if (session === undefined) return [];
	if (session.sackPermitted)
		return blocksAreMissing(evidence) ? [{ code: "noSack", lostAt: "answers", ttl: null }] : [];
	return session.sackOffered ? [lostOption(evidence)] : [{ code: "noSack", lostAt: "here", ttl: null }];
}

/** The target acknowledged probes, and none of them by a block. */
function blocksAreMissing({ hops }: TraceEvidence): boolean {
	const answers = hops.flatMap(({ probes }) => probes).filter(({ reply }) => reply?.kind === "ack");
	return answers.length > 0 && answers.every(({ reply }) => reply?.detail.sack === undefined);
}

/** How far SYNs came with the option, by what hops quoted of them. */
function lostOption({ companions, reached }: TraceEvidence): TraceWarning {
	const seen = companions
		.filter(({ name }) => name === SYN_COMPANION)
		.map(({ ttl, probes }) => ({ ttl, fate: probes[0]?.reply?.detail.sackPermitted ?? "unknown" }));
	const removedAt = seen.find(({ fate }) => fate === "removed")?.ttl ?? null;
	const kept = seen.filter(({ ttl, fate }) => fate === "kept" && (removedAt === null || ttl < removedAt));
	const ttl = kept.at(-1)?.ttl ?? null;
	if (removedAt !== null) return { code: "noSack", lostAt: "hop", ttl, goneAtTtl: removedAt };
	const isNextDoor = reached && seen.length === 0;
	return { code: "noSack", lostAt: ttl !== null || isNextDoor ? "beyond" : "unknown", ttl };
}
