/** What finished traces know of a path. */
import type { HopResult, ProbeResult, TraceResult } from "../result.ts";
import { summaryOf } from "../statistics/path-statistics.ts";
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
import { HopMarks, mplsMarks, mtuMarks, quotedField, RATE_LIMIT_MARK } from "./marks.ts";

/** Nodes and flows of all these traces together. */
export function materialOfResults(results: readonly TraceResult[]): GraphMaterial {
	const nodes: Nodes = new Map();
	for (const result of results) {
		const marks = new HopMarks();
		const limited = new Set(
			summaryOf(result).hops.flatMap((hop) => (hop.lossMeaning === "rateLimit" ? [hop.ttl] : [])),
		);
		for (const hop of result.hops) {
			addHop(nodes, result, hop, [...newsOf(hop, marks), ...(limited.has(hop.ttl) ? [RATE_LIMIT_MARK] : [])]);
		}
	}
	const source = sourceNode(results[0]?.source.address ?? null);
	const drawn = [...nodes].flatMap(([ttl, answerers]) => nodesOf(ttl, [...answerers.values()]));
	return { nodes: [source, ...drawn], flows: results.flatMap(flowsOf), areRounds: false };
}

/** One who answered, or of address null silence, and what is known of it so far. */
interface Answerer {
	readonly address: string | null;
	name: string | null;
	asn: string | null;
	isTarget: boolean;
	rttNs: number | null;
	count: number;
	marks: Set<string>;
}

/** The hop's own probes: further answers of the target are there because they came. */
function ownProbes({ options }: TraceResult, hop: HopResult): readonly ProbeResult[] {
	return hop.probes.slice(0, options.queries);
}

function newsOf(hop: HopResult, marks: HopMarks): readonly string[] {
	const [dscp, ecn] = [quotedField(hop, "dscp"), quotedField(hop, "ecn")];
	return marks.next({ nat: hop.nat !== undefined, dscp, ecn });
}

type Nodes = Map<number, Map<string, Answerer>>;

function addHop(nodes: Nodes, result: TraceResult, hop: HopResult, news: readonly string[]): void {
	const probes = ownProbes(result, hop);
	if (probes.length === 0) return;
	const answerers = nodes.get(hop.ttl) ?? new Map<string, Answerer>();
	nodes.set(hop.ttl, answerers);
	for (const probe of probes) {
		const answerer = answererOf(answerers, probe.from);
		answerer.count++;
		if (probe.from === null) continue;
		answerer.name ??= probe.name;
		answerer.asn ??= probe.asn ?? null;
		answerer.isTarget ||= isTarget(result, hop, probe);
		if (probe.rttNs !== null) answerer.rttNs = Math.min(answerer.rttNs ?? probe.rttNs, probe.rttNs);
		const told = mtuMarks(result.mtuDrops ?? [], hop, probe.from);
		for (const mark of [...news, ...mplsMarks(probe.extensions), ...told]) answerer.marks.add(mark);
	}
}

function answererOf(answerers: Map<string, Answerer>, address: string | null): Answerer {
	const key = address ?? "*";
	const known = answerers.get(key);
	if (known !== undefined) return known;
	const fresh = { address, name: null, asn: null, isTarget: false, rttNs: null, count: 0, marks: new Set<string>() };
	answerers.set(key, fresh);
	return fresh;
}

/** A NAT before the target speaks by its address too, and the target may answer from another one. */
function isTarget(result: TraceResult, hop: HopResult, { from, reply }: ProbeResult): boolean {
	if (reply?.kind === "timeExceeded") return false;
	if (from === result.target.address) return true;
	return result.reached && hop === result.hops.at(-1) && reply?.kind !== "unreachable";
}

/** Silence is a node only where there is nothing else. */
function nodesOf(ttl: number, answerers: readonly Answerer[]): readonly GraphNode[] {
	const sent = answerers.reduce((sum, { count }) => sum + count, 0);
	const answered = answerers.reduce((sum, { address, count }) => sum + (address === null ? 0 : count), 0);
	if (answered === 0) return [silentNode(ttl)];
	const lossRatio = 1 - answered / sent;
	return answerers.flatMap(({ address, count, marks, ...known }) =>
		address === null
			? []
			: [
					{
						...known,
						id: nodeId(ttl, address),
						ttl,
						address,
						isSource: false,
						share: count / answered,
						lossRatio,
						marks: [...marks],
					},
				],
	);
}

/** The flows that are known as such: what packets with ports of their own went through says nothing of the others. */
function flowsOf(result: TraceResult): readonly GraphFlow[] {
	if (!keepsFlow(result.method)) return [];
	const flows = new Map<number, Map<number, Map<string, number>>>();
	for (const hop of result.hops) {
		const probes = ownProbes(result, hop);
		const isSilent = probes.every(({ from }) => from === null);
		for (const { flow, from } of probes) {
			const steps = flows.get(flow) ?? new Map<number, Map<string, number>>();
			flows.set(flow, steps);
			if (from === null && !isSilent) continue;
			const step = steps.get(hop.ttl) ?? new Map<string, number>();
			const id = nodeId(hop.ttl, from);
			steps.set(hop.ttl, step.set(id, (step.get(id) ?? 0) + 1));
		}
	}
	const ttls = result.hops.map(({ ttl }) => ttl);
	const known = [...flows.values()].map((steps) => ({ weight: 1, steps: asShares(steps) }));
	return known.map((flow) => withoutGaps(flow, known, ttls));
}

function asShares(steps: ReadonlyMap<number, ReadonlyMap<string, number>>): GraphFlow["steps"] {
	return new Map(
		[...steps].map(([ttl, step]) => {
			const all = [...step.values()].reduce((sum, count) => sum + count, 0);
			return [ttl, new Map([...step].map(([id, count]) => [id, count / all]))];
		}),
	);
}
