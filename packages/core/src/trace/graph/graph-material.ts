/** What a graph is made of before anything is drawn: who answers at each distance, and what each flow went through. */
import type { PathNode } from "./path-graph.ts";

/** A node without its place. */
export type GraphNode = Omit<PathNode, "column" | "row">;

/** Who answered the packets of one flow, by TTL and in its order: ids of nodes with their part of the answers. */
export interface GraphFlow {
	/** What it counts for among the others, such as its rounds. */
	readonly weight: number;
	readonly steps: ReadonlyMap<number, ReadonlyMap<string, number>>;
}

/** All that is known of a path. */
export interface GraphMaterial {
	/** The source first, then by TTL; those of one TTL by their share. */
	readonly nodes: readonly GraphNode[];
	readonly flows: readonly GraphFlow[];
	/** Flows are rounds: that two nodes answered in one of them proves no link where each of them has other neighbours too. */
	readonly areRounds: boolean;
}

/** How a node is called; null: silent. */
export function nodeId(ttl: number, address: string | null): string {
	return `${ttl}/${address ?? "*"}`;
}

/** The node that everything begins at; its address may be unknown. */
export function sourceNode(address: string | null): GraphNode {
	return { ...silentNode(0), id: nodeId(0, address), address, isSource: true, lossRatio: null };
}

/** A distance that nobody answers for. */
export function silentNode(ttl: number): GraphNode {
	return {
		id: nodeId(ttl, null),
		ttl,
		address: null,
		name: null,
		asn: null,
		isSource: false,
		isTarget: false,
		rttNs: null,
		share: 1,
		lossRatio: 1,
		marks: [],
	};
}

/** By TTL, then the larger share first, then by address, so that the same path is always drawn alike. */
export function inOrder(nodes: readonly GraphNode[]): readonly GraphNode[] {
	return nodes.toSorted((a, b) => a.ttl - b.ttl || b.share - a.share || (a.id < b.id ? -1 : 1));
}

/**
 * The flow with its gaps closed: where it was unanswered although others answer at that distance, it went by the node that others with
 * the same neighbours went by, if there is but one.
 */
export function withoutGaps(flow: GraphFlow, flows: readonly GraphFlow[], ttls: readonly number[]): GraphFlow {
	const steps = new Map<number, ReadonlyMap<string, number>>();
	ttls.forEach((ttl, index) => {
		const step = flow.steps.get(ttl) ?? closing(flow, flows, ttls.slice(Math.max(0, index - 1), index + 2));
		if (step !== null) steps.set(ttl, step);
	});
	return { ...flow, steps };
}

function closing(
	flow: GraphFlow,
	flows: readonly GraphFlow[],
	[before = -1, here = -1, after = -1]: readonly number[],
): ReadonlyMap<string, number> | null {
	const [from, to] = [soleOf(flow, before), soleOf(flow, after)];
	if (from === null || to === null) return null;
	const found = new Set<string>();
	for (const other of flows) {
		if (soleOf(other, before) !== from || soleOf(other, after) !== to) continue;
		for (const id of other.steps.get(here)?.keys() ?? []) found.add(id);
	}
	const [only] = found;
	return found.size === 1 && only !== undefined ? new Map([[only, 1]]) : null;
}

function soleOf({ steps }: GraphFlow, ttl: number): string | null {
	const step = steps.get(ttl);
	const [only = null] = step?.size === 1 ? step.keys() : [];
	return only;
}
