/** A trace as a row of hops. Pure. */
import type { TraceResult } from "../../../../packages/core/src/trace/result.ts";

/** One of them. */
export interface StripHop {
	readonly ttl: number;
	/** Of all who answered; none: it is silent. */
	readonly addresses: readonly string[];
	readonly name: string | null;
	/** The best; null: none. */
	readonly rttNs: number | null;
	/** It is the other end. */
	readonly isTarget: boolean;
}

/** In order; silent ones behind the last that answered are left out. */
export function hopsOf({ hops, reached }: TraceResult): readonly StripHop[] {
	const all = hops.map(({ ttl, probes }): StripHop => {
		const addresses = [...new Set(probes.flatMap(({ from }) => (from === null ? [] : [from])))];
		const rtts = probes.flatMap(({ rttNs }) => (rttNs === null ? [] : [rttNs]));
		const name = probes.find((probe) => probe.name !== null)?.name ?? null;
		return { ttl, addresses, name, rttNs: rtts.length === 0 ? null : Math.min(...rtts), isTarget: false };
	});
	const last = all.findLastIndex(({ addresses }) => addresses.length > 0);
	return all.slice(0, last + 1).map((hop, index) => ({ ...hop, isTarget: reached && index === last }));
}
