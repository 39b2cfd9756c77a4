/** A recording as the events of a continuous trace, which the live screen is drawn of. */
import type { ProbeResult, RoundsEvent, TraceEvent, TraceResult } from "@whither/core";
import { materialOfSession } from "../dialects/session-material.ts";
import type { Recording } from "./recording.ts";

/** Null: it is of no trace. Times are as they were; of one trace each of a hop's probes is a round. */
export function replayEvents({ material, events }: Recording): readonly RoundsEvent[] | null {
	if (material.kind === "session" && material.session.header.kind === "live")
		return events as readonly RoundsEvent[] | null;
	const inner = material.kind === "session" ? materialOfSession(material.session) : material;
	const [result] = inner?.kind === "trace" ? inner.results : [];
	if (result === undefined) return null;
	const told = (events ?? []).filter(
		(event): event is Extract<TraceEvent, { type: "probe" }> => event.type === "probe",
	);
	return asRounds(result, told.length > 0 ? told : probesOf(result));
}

type Told = Extract<TraceEvent, { type: "probe" }>;

function probesOf({ hops }: TraceResult): readonly Told[] {
	const told = hops.flatMap(({ ttl, probes }) =>
		probes.map(
			(probe): Told => ({ type: "probe", atNs: probe.sentAtNs + (probe.rttNs ?? 0), ttl: probe.ttl ?? ttl, probe }),
		),
	);
	return told.toSorted((a, b) => a.atNs - b.atNs);
}

/** From one round to the next, where there were none: nobody waits for it. */
const NO_INTERVAL_NS = 1e9;

function asRounds(result: TraceResult, told: readonly Told[]): readonly RoundsEvent[] {
	const { target, source, method, channel, family, options, reached, durationNs, stopReason } = result;
	const { firstTtl, maxTtl, queries, length } = options;
	const lastTtl = result.hops.at(-1)?.ttl ?? firstTtl;
	const own = told.filter(({ ttl }) => ttl <= lastTtl);
	const probes = inRounds(own).filter(({ round }) => round < queries);
	const rounds = probes.reduce((most, { round }) => Math.max(most, round + 1), 0);
	const start = { type: "start", target, source, method, channel, family, maxTtl, queries, length } as const;
	return [
		{ ...start, intervalNs: NO_INTERVAL_NS, rounds },
		...Array.from(
			{ length: rounds },
			(_, round): RoundsEvent => ({ type: "round", atNs: 0, round, firstTtl, lastTtl }),
		),
		...probes,
		...namesOf(result),
		{ type: "end", atNs: durationNs, reached, stopReason: stopReason === "error" ? "error" : "count" },
	];
}

/** The rank of each probe among those of its TTL, however often it is told. */
function inRounds(told: readonly Told[]): readonly (Told & { readonly round: number })[] {
	const ranks = new Map<number, Map<number, number>>();
	return told.map((event) => {
		const known = ranks.get(event.ttl) ?? new Map<number, number>();
		ranks.set(event.ttl, known);
		const round = known.get(event.probe.seq) ?? known.size;
		known.set(event.probe.seq, round);
		return { ...event, round };
	});
}

function namesOf({ hops, durationNs }: TraceResult): readonly RoundsEvent[] {
	const named = new Map<string, ProbeResult>();
	for (const probe of hops.flatMap((hop) => hop.probes)) {
		if (probe.from !== null && (probe.name !== null || probe.asn != null)) named.set(probe.from, probe);
	}
	return [...named].map(([address, { name, asn = null }]) => ({ type: "name", atNs: durationNs, address, name, asn }));
}
