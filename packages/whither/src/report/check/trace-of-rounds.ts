/** A continuous trace's session as one trace of many probes, which checks can be made of. */
import {
	answerPlace,
	type HopResult,
	type ProbeResult,
	type RoundsEvent,
	TRACE_SCHEMA,
	type TraceResult,
} from "@whither/core";
import type { Session } from "../../api/session/session.ts";
import { summaryOfSession } from "../dialects/session-material.ts";

type Told = Extract<RoundsEvent, { type: "probe" }>;

/**
 * The hops that its figures have, with the probes of all rounds. Probes of a round beyond where the target answered in it are left out, and
 * an answer that came after its probe was given up has its answerer, but counts as lost, as on the live screen. Null: it had not begun.
 */
export function traceOfRounds(session: Session): TraceResult | null {
	const events = session.events.flatMap((one) => (one.kind === "live" ? [one.event] : []));
	const start = events.find((event) => event.type === "start");
	const summary = summaryOfSession(session);
	if (start?.type !== "start" || summary === null) return null;
	const { target, source, method, channel, family, maxTtl, length } = start;
	const probes = namedProbes(events, countedProbes(events, target.address));
	const hops = summary.hops.map(({ ttl }): HopResult => ({ ttl, probes: probes.get(ttl) ?? [] }));
	const all = hops.flatMap((hop) => hop.probes);
	const received = all.filter(({ status }) => status === "reply").length;
	return {
		...{ schema: TRACE_SCHEMA, tool: session.header.tool, args: [], target, method, channel, family },
		source: { ...source, publicAddress: null },
		startedAt: session.header.startedAt,
		durationNs: summary.atNs,
		reached: summary.reached,
		stopReason: summary.reached ? "reached" : "interrupted",
		pathMtu: null,
		warnings: events.flatMap((event) => (event.type === "warning" ? [event.warning] : [])),
		counters: { sent: all.length, received, foreign: 0, duplicates: 0, late: 0, dropped: 0 },
		options: { firstTtl: hops[0]?.ttl ?? 1, maxTtl, queries: Math.max(0, ...hops.map(countOf)), length },
		hops,
	};
}

const countOf = ({ probes }: HopResult) => probes.length;

/** Of every hop, in the order of rounds. */
function countedProbes(events: readonly RoundsEvent[], target: string): readonly Told[] {
	const told = new Map<number, Told>();
	const ends = new Map<number, number>();
	for (const event of events) {
		if (event.type !== "probe" || event.probe.duplicates !== undefined) continue;
		const { ttl, probe, round } = event;
		const before = told.get(probe.seq);
		told.set(probe.seq, before === undefined ? event : { ...before, probe: answeredLate(before.probe, probe) });
		if (probe.reply !== null && answerPlace(probe.reply, probe.from, target) !== "hop")
			ends.set(round, Math.min(ttl, ends.get(round) ?? ttl));
	}
	const counted = [...told.values()].filter(({ ttl, round }) => ttl <= (ends.get(round) ?? ttl));
	return counted.toSorted((a, b) => a.probe.seq - b.probe.seq);
}

/** Who answered is known; when it did does not count. */
function answeredLate(lost: ProbeResult, { from, name }: ProbeResult): ProbeResult {
	return lost.from === null ? { ...lost, from, name } : lost;
}

/** By TTL, with what became known of their answerers at any time. */
function namedProbes(events: readonly RoundsEvent[], told: readonly Told[]): Map<number, ProbeResult[]> {
	const known = new Map<string, Partial<ProbeResult>>();
	for (const event of events) {
		if (event.type !== "name") continue;
		const { address, name, asn, asName, place, exchange } = event;
		const news = { ...(name !== null && { name }), ...(asn !== null && { asn }), ...(asName && { asName }) };
		known.set(address, { ...known.get(address), ...news, ...(place && { place }), ...(exchange && { exchange }) });
	}
	const hops = new Map<number, ProbeResult[]>();
	for (const { ttl, probe } of told) {
		const probes = hops.get(ttl) ?? [];
		probes.push(probe.from === null ? probe : { ...probe, ...known.get(probe.from) });
		hops.set(ttl, probes);
	}
	return hops;
}
