/** From flows to links: what packets were seen to take, and where that is unknown, what distances make neighbours of. */
import type { GraphFlow, GraphMaterial, GraphNode } from "./graph-material.ts";
import type { PathLink } from "./path-graph.ts";

/** Of two columns that nothing is known between: up to so many links all are drawn. */
const MOST_GUESSED = 64;

type Seen = Map<string, Map<string, { weight: number; isSure: boolean }>>;

/** All links, from left to right. `columns`: nodes by distance, the source's first. */
export function pathLinks(material: GraphMaterial, columns: readonly (readonly GraphNode[])[]): readonly PathLink[] {
	const seen: Seen = new Map();
	for (const flow of material.flows) addFlow(seen, flow, columns);
	const total = material.flows.reduce((sum, { weight }) => sum + weight, 0);
	const links = [...seen].flatMap(([from, ends]) =>
		[...ends].map(([to, { weight, isSure }]) => ({ from, to, share: Math.min(1, weight / total), isSure })),
	);
	const known = material.areRounds
		? links.map((link) => ({ ...link, isSure: link.isSure && isOnly(link, links) }))
		: links;
	return inColumns([...known, ...guessed(known, columns)], columns);
}

function addFlow(seen: Seen, { steps, weight }: GraphFlow, columns: readonly (readonly GraphNode[])[]): void {
	let [before, beforeTtl]: [ReadonlyMap<string, number>, number] = [new Map(idsOf(columns[0])), 0];
	for (const [node] of columns.slice(1)) {
		const ttl = node?.ttl ?? 0;
		const here = steps.get(ttl) ?? new Map<string, number>();
		const isSure = ttl - beforeTtl === 1 && (before.size === 1 || here.size === 1);
		for (const [from, part] of before) {
			for (const [to, share] of here) add(seen, { from, to, weight: weight * part * share, isSure });
		}
		[before, beforeTtl] = [here, ttl];
	}
}

function idsOf(nodes: readonly GraphNode[] = []): readonly (readonly [string, number])[] {
	return nodes.map(({ id }) => [id, 1]);
}

interface Step {
	readonly from: string;
	readonly to: string;
	readonly weight: number;
	readonly isSure: boolean;
}

function add(seen: Seen, { from, to, weight, isSure }: Step): void {
	const ends = seen.get(from) ?? new Map();
	const known = ends.get(to) ?? { weight: 0, isSure: false };
	ends.set(to, { weight: known.weight + weight, isSure: known.isSure || isSure });
	seen.set(from, ends);
}

/** Whether one of its ends has no other neighbour on that side. */
function isOnly(link: PathLink, links: readonly PathLink[]): boolean {
	const isAlone = (end: "from" | "to") => !links.some((other) => other !== link && other[end] === link[end]);
	return isAlone("from") || isAlone("to");
}

/** For nodes that no flow leads to or from: everything at the next distance may be their neighbour. */
function guessed(known: readonly PathLink[], columns: readonly (readonly GraphNode[])[]): readonly PathLink[] {
	const [begun, ended] = [new Set(known.map(({ from }) => from)), new Set(known.map(({ to }) => to))];
	const links: PathLink[] = [];
	columns.slice(1).forEach((right, index) => {
		const left = (columns[index] ?? []).filter(({ isTarget }) => !isTarget || columns[index]?.length === 1);
		const loose = pairs(left, right).filter(([from, to]) => !begun.has(from.id) || !ended.has(to.id));
		for (const [from, to] of loose)
			links.push({ from: from.id, to: to.id, share: from.share * to.share, isSure: false });
	});
	return links;
}

/** Each with each, or of many each with the one in about its place. */
function pairs(left: readonly GraphNode[], right: readonly GraphNode[]): readonly (readonly [GraphNode, GraphNode])[] {
	if (left.length * right.length <= MOST_GUESSED) return left.flatMap((from) => right.map((to) => [from, to] as const));
	const most = Math.max(left.length, right.length);
	return Array.from({ length: most }, (_, index) => {
		const [from, to] = [left, right].map((nodes) => nodes[Math.floor((index * nodes.length) / most)]);
		return from === undefined || to === undefined ? [] : [[from, to] as const];
	}).flat();
}

function inColumns(links: readonly PathLink[], columns: readonly (readonly GraphNode[])[]): readonly PathLink[] {
	const places = new Map(columns.flat().map(({ id }, place) => [id, place]));
	const place = (id: string) => places.get(id) ?? 0;
	return links.toSorted((a, b) => place(a.from) - place(b.from) || place(a.to) - place(b.to));
}
