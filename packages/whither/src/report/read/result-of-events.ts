/** From what a trace told while it ran to its result: of one that was torn off, of which there is no other. */
import { type HopResult, type ProbeResult, TRACE_SCHEMA, type TraceEvent, type TraceResult } from "@whither/core";

/** What no event says. */
export interface ResultAround {
	readonly tool: TraceResult["tool"];
	readonly args: readonly string[];
	readonly startedAt: string;
}

/** The result as far as it was told, `interrupted` where no end was; null: it had not begun. */
export function resultOfEvents(events: readonly TraceEvent[], around: ResultAround): TraceResult | null {
	const start = events.find((event) => event.type === "start");
	if (start?.type !== "start") return null;
	const { target, source, method, channel, family, maxTtl, queries, length } = start;
	const handshake = events.find((event) => event.type === "handshake");
	const end = events.findLast((event) => event.type === "end");
	const told = hopsOf(events);
	const lastTtl = endOf(told);
	const hops = told.filter(({ ttl }) => ttl <= lastTtl);
	const probes = hops.flatMap((hop) => hop.probes);
	return {
		schema: TRACE_SCHEMA,
		...around,
		target,
		source: { ...source, publicAddress: null },
		method,
		channel,
		family,
		durationNs: Math.round(Math.max(0, ...lastMoments(events))),
		reached: end?.type === "end" ? end.reached : Number.isFinite(lastTtl) && isReached(hops.at(-1)),
		stopReason: end?.type === "end" ? end.stopReason : "interrupted",
		pathMtu: null,
		...(handshake?.type === "handshake" ? { handshake: handshakeOf(handshake) } : {}),
		warnings: events.flatMap((event) => (event.type === "warning" ? [event.warning] : [])),
		counters: {
			sent: probes.length,
			received: probes.filter(({ status }) => status === "reply").length,
			...{ foreign: 0, duplicates: 0, late: 0, dropped: 0 },
		},
		options: { firstTtl: hops[0]?.ttl ?? 1, maxTtl, queries, length },
		hops,
	};
}

function lastMoments(events: readonly TraceEvent[]): readonly number[] {
	return events.slice(-8).flatMap((event) => ("atNs" in event ? [event.atNs] : []));
}

/** The nearest hop that ends the path: probes to later ones were under way already. */
function endOf(hops: readonly HopResult[]): number {
	const ends = hops.filter(({ probes }) => probes.some(({ reply }) => reply !== null && !GOES_ON.has(reply.kind)));
	return Math.min(...ends.map(({ ttl }) => ttl));
}

function isReached(hop: HopResult | undefined): boolean {
	return hop?.probes.some(({ reply }) => reply !== null && !ON_THE_WAY.has(reply.kind)) ?? false;
}

/** What routers say that forward the next packet all the same. */
const GOES_ON: ReadonlySet<string> = new Set(["timeExceeded", "packetTooBig", "parameterProblem"]);
const ON_THE_WAY: ReadonlySet<string> = new Set(["timeExceeded", "unreachable", "packetTooBig", "parameterProblem"]);

function handshakeOf(event: Extract<TraceEvent, { type: "handshake" }>): NonNullable<TraceResult["handshake"]> {
	const { rttNs, mss, sackPermitted, connections } = event;
	return { rttNs, mss, sackPermitted, timestamps: false, connections };
}

/** Hops as they were told whole, and of the others what single probes told. */
function hopsOf(events: readonly TraceEvent[]): readonly HopResult[] {
	const whole = new Map<number, HopResult>();
	const single = new Map<number, Map<number, ProbeResult>>();
	let last = Number.POSITIVE_INFINITY;
	for (const event of events) {
		if (event.type === "hop") {
			whole.set(event.hop.ttl, event.hop);
			if (event.last) last = event.hop.ttl;
		} else if (event.type === "probe") {
			const probes = single.get(event.ttl) ?? new Map<number, ProbeResult>();
			single.set(event.ttl, probes.set(event.probe.seq, event.probe));
		}
	}
	const ttls = [...new Set([...whole.keys(), ...single.keys()])].filter((ttl) => ttl <= last).sort((a, b) => a - b);
	return ttls.map((ttl) => whole.get(ttl) ?? { ttl, probes: [...(single.get(ttl)?.values() ?? [])] });
}
