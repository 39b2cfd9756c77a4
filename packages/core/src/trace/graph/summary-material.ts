/** What the figures of a continuous trace know of a path. */
import type { AnswererSummary, HopSummary, PathSummary } from "../statistics/summary.ts";
import { keepsFlow } from "./flow-kind.ts";
import {
	type GraphFlow,
	type GraphMaterial,
	type GraphNode,
	nodeId,
	silentNode,
	sourceNode,
	withoutGaps,
} from "./graph-material.ts";
import { HopMarks, mplsMarks, RATE_LIMIT_MARK } from "./marks.ts";

/** What a summary does not say of its trace. */
export interface PathEnds {
	readonly source?: string;
	readonly target?: string;
	/** Name of its method: whether its probes are one flow. Absent: they are. */
	readonly method?: string;
}

/** Nodes and flows of the summary; the rounds are its flows. */
export function materialOfSummary(summary: PathSummary, ends: PathEnds): GraphMaterial {
	const marks = new HopMarks();
	const nodes = summary.hops.flatMap((hop, index) => {
		const { nat, dscp } = hop;
		const news = marks.next({ nat: nat !== null, dscp: dscp === null ? null : { sent: null, now: dscp }, ecn: null });
		const shared = [...news, ...mtuNews(hop, summary.hops[index + 1]), ...limitMarks(hop)];
		return nodesOf(hop, shared, ends);
	});
	const flows = keepsFlow(ends.method ?? "udp") ? flowsOf(summary) : [];
	return { nodes: [sourceNode(ends.source ?? null), ...nodes], flows, areRounds: true };
}

function limitMarks({ lossMeaning }: HopSummary): readonly string[] {
	return lossMeaning === "rateLimit" ? [RATE_LIMIT_MARK] : [];
}

/** The next hop is known to get no more than that: it is behind this one that the path becomes narrower. */
function mtuNews(hop: HopSummary, next: HopSummary | undefined): readonly string[] {
	const mtu = next?.mtu ?? null;
	return mtu !== null && hop.mtu !== null && mtu < hop.mtu ? [`MTU ${mtu}`] : [];
}

function nodesOf(hop: HopSummary, shared: readonly string[], ends: PathEnds): readonly GraphNode[] {
	const { ttl, answerers, lossRatio } = hop;
	if (answerers.length === 0) return [{ ...silentNode(ttl), lossRatio }];
	const answered = answerers.reduce((sum, { received }) => sum + received, 0);
	return answerers.map((answerer, index) => ({
		id: nodeId(ttl, answerer.address),
		ttl,
		address: answerer.address,
		name: answerer.name,
		asn: answerer.asn,
		isSource: false,
		isTarget: hop.isTarget && isTarget(answerer, index, ends),
		rttNs: answerer.rtt.bestNs,
		share: answered === 0 ? 1 / answerers.length : answerer.received / answered,
		lossRatio,
		marks: [...shared, ...mplsMarks(answerer.extensions)],
	}));
}

/** Where its address is not known it is whoever answers now. */
function isTarget({ address }: AnswererSummary, index: number, { target }: PathEnds): boolean {
	return target === undefined ? index === 0 : address === target;
}

/** A hop that nobody ever answered for is a step of every flow; one that this round had no answer from is not. */
function flowsOf({ flows, hops }: PathSummary): readonly GraphFlow[] {
	const known = flows.map(({ addresses, rounds }) => {
		const steps = new Map<number, ReadonlyMap<string, number>>();
		for (const { ttl, answerers } of hops.filter((hop) => hop.ttl <= addresses.length)) {
			const address = addresses[ttl - 1] ?? null;
			const isKnown = address === null ? answerers.length === 0 : answerers.some((one) => one.address === address);
			if (isKnown) steps.set(ttl, new Map([[nodeId(ttl, address), 1]]));
		}
		return { weight: rounds, steps };
	});
	const ttls = hops.map(({ ttl }) => ttl);
	return known.map((flow) => withoutGaps(flow, known, ttls));
}
