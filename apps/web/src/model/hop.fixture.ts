/** Hop summaries in short, for tests. */
import type { HopSummary, RttSummary } from "@whither/core";

/** A round trip that never varies. */
export function steady(ns: number): RttSummary {
	return {
		lastNs: ns,
		avgNs: ns,
		bestNs: ns,
		worstNs: ns,
		stddevNs: 0,
		gmeanNs: ns,
		jitterNs: 0,
		jitterAvgNs: 0,
		jitterWorstNs: 0,
		jitterInterarrivalNs: 0,
		p50Ns: ns,
		p95Ns: ns,
		p99Ns: ns,
	};
}

/** A hop that `addresses` answer for, all probes answered; none: a silent one. */
export function hopOf(ttl: number, addresses: readonly string[], more: Partial<HopSummary> = {}): HopSummary {
	const isSilent = addresses.length === 0;
	return {
		ttl,
		isTarget: false,
		sent: 10,
		received: isSilent ? 0 : 10,
		lost: isSilent ? 10 : 0,
		waiting: 0,
		notSent: 0,
		late: 0,
		duplicates: 0,
		lossRatio: isSilent ? 1 : 0,
		lossMeaning: isSilent ? "silent" : "none",
		rtt: isSilent ? null : steady(ttl * 1e6),
		answerers: addresses.map((address) => ({
			address,
			name: null,
			asn: null,
			received: 10 / addresses.length,
			rtt: steady(ttl * 1e6),
			extensions: [],
			firstRound: 0,
			lastRound: 9,
		})),
		recent: isSilent ? [null] : [ttl * 1e6],
		nat: null,
		dscp: null,
		mtu: null,
		changes: 0,
		lastChangeRound: null,
		...more,
	};
}
