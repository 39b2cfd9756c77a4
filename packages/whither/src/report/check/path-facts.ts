/** What checks ask of a trace, in plain numbers. */
import type { ProbeResult, TraceResult } from "@whither/core";

/** Somebody on the way, the target included. */
export interface Crossing {
	readonly ttl: number;
	readonly address: string;
	readonly name: string | null;
	/** Null: not looked up. */
	readonly asns: readonly string[] | null;
	readonly country: string | null;
	/** Null: not looked up. */
	readonly places: readonly string[] | null;
}

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** Everybody who answered, each once a hop. */
export function crossingsOf(trace: TraceResult): readonly Crossing[] {
	const found = new Map<string, Crossing>();
	for (const { ttl, probes } of trace.hops) {
		for (const probe of probes) {
			const key = `${ttl} ${probe.from}`;
			if (probe.from !== null && !found.has(key)) found.set(key, crossingOf(ttl, probe.from, probe));
		}
	}
	return [...found.values()];
}

function crossingOf(ttl: number, address: string, probe: ProbeResult & { readonly place?: unknown }): Crossing {
	const { country, city } = (probe.place ?? {}) as { readonly country?: unknown; readonly city?: unknown };
	const land = typeof country === "string" ? country : null;
	const town = typeof city === "string" ? city : null;
	const places = [land, town, town !== null && land !== null ? `${town}, ${land}` : null];
	return {
		...{
			ttl,
			address,
			name: probe.name,
			asns: probe.asn === undefined ? null : (probe.asn?.split("/") ?? []),
			country: land,
		},
		places: probe.place === undefined ? null : places.filter((place) => place !== null),
	};
}

/** The TTL that the target answered at; null: it did not. */
export function targetTtl(trace: TraceResult): number | null {
	return trace.reached ? (trace.hops.at(-1)?.ttl ?? null) : null;
}

/** The last TTL that anybody answered at; 0: nobody. */
export function lastTtl(trace: TraceResult): number {
	return trace.hops.findLast(({ probes }) => probes.some(({ from }) => from !== null))?.ttl ?? 0;
}

/** Round trips of all answers at a TTL, in milliseconds, the shortest first. */
export function roundTripsMs(trace: TraceResult, ttl: number): readonly number[] {
	const probes = trace.hops.find((hop) => hop.ttl === ttl)?.probes ?? [];
	const trips = probes.flatMap(({ rttNs }) => (rttNs === null ? [] : [rttNs / NANOSECONDS_PER_MILLISECOND]));
	return trips.sort((a, b) => a - b);
}

/** Nearest rank; of none NaN. */
export function percentile(sorted: readonly number[], percent: number): number {
	return sorted[Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0)] ?? Number.NaN;
}

/** Probes of the target's own TTL, and how many of them went unanswered. */
export function lossAt(trace: TraceResult, ttl: number): { readonly sent: number; readonly lost: number } {
	// Further answers of the target are there because they came, so they say nothing of loss.
	const probes = (trace.hops.find((hop) => hop.ttl === ttl)?.probes ?? []).slice(0, trace.options.queries);
	const counted = probes.filter(({ status }) => status !== "sendError");
	return { sent: counted.length, lost: counted.filter(({ status }) => status === "timeout").length };
}
