/** The path as a graph, of paths whose truth is known. */
import { type PathGraph, pathGraph } from "@whither/core";
import { describe, expect, it } from "vitest";
import { testCrypto } from "../../wire/src/crypto.fixture.ts";
import { runTrace } from "./run-trace.ts";
import type { Scenario } from "./scenario.ts";
import { DEMO } from "./scenarios/demo.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { MIDDLEBOXES } from "./scenarios/middleboxes.ts";
import { MTU } from "./scenarios/mtu.ts";
import { MULTIPATH } from "./scenarios/multipath.ts";

function named(name: string): Scenario {
	const scenario = SCENARIOS.find((one) => one.name === name);
	if (scenario === undefined) throw new Error(`no scenario ${name}`);
	return scenario;
}

function graphOf(scenario: Scenario): PathGraph {
	return pathGraph([runTrace(scenario, { family: 4, crypto: testCrypto }).result]);
}

function columnsOf({ nodes, columns }: PathGraph): readonly number[] {
	return Array.from({ length: columns }, (_, column) => nodes.filter((node) => node.column === column).length);
}

describe("load balancers", () => {
	it("one flow past a per-flow balancer is a line of sure links", () => {
		const graph = graphOf(named("a per-flow balancer keeps one path for udp"));
		expect(columnsOf(graph)).toEqual([1, 1, 1, 1, 1]);
		expect(graph.links.map(({ isSure, share }) => [isSure, share])).toEqual(Array.from({ length: 4 }, () => [true, 1]));
	});

	it("a port for each probe shows both branches, and no link can be sworn to", () => {
		const graph = graphOf(named("a per-flow balancer spreads udp-classic"));
		expect(columnsOf(graph)).toEqual([1, 1, 2, 1, 1]);
		expect(graph.rows).toBe(2);
		expect(graph.links).toHaveLength(6);
		expect(graph.links.some(({ isSure }) => isSure)).toBe(false);
	});

	it("packets dealt out one by one pass both branches between the routers that all of them pass", () => {
		const graph = graphOf(named("a per-packet balancer shows both routers"));
		expect(columnsOf(graph)).toEqual([1, 1, 2, 1, 1]);
		expect(graph.links.every(({ isSure }) => isSure)).toBe(true);
		const branches = graph.nodes.filter(({ column }) => column === 2);
		expect(branches.map(({ row }) => row)).toEqual([0, 1]);
		expect(branches.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
		expect(graph.nodes.filter(({ column }) => column !== 2).map(({ row }) => row)).toEqual([0.5, 0.5, 0.5, 0.5]);
	});

	it("traces by other methods lie over each other", () => {
		const results = ["a per-flow balancer spreads tcp", "a per-flow balancer keeps one path for icmp"].map(
			(name) => runTrace(named(name), { family: 4 }).result,
		);
		const graph = pathGraph(results);
		expect(columnsOf(graph)).toEqual([1, 1, 2, 1, 1]);
		expect(graph.links.filter(({ isSure }) => isSure)).toHaveLength(4);
	});
});

describe("the demonstration", () => {
	const graph = graphOf(DEMO);

	it("has its balancer's two branches, its silent firewall and its labels", () => {
		expect(columnsOf(graph)).toEqual([1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1]);
		expect(graph.nodes.find(({ ttl }) => ttl === 10)).toMatchObject({ id: "10/*", address: null, lossRatio: 1 });
		const labelled = graph.nodes.filter(({ marks }) => marks.includes("MPLS")).map(({ ttl }) => ttl);
		expect(labelled).toEqual([6, 7, 8]);
		expect(graph.nodes.filter(({ isTarget }) => isTarget).map(({ ttl }) => ttl)).toEqual([12]);
		expect(graph.nodes.filter(({ isSource }) => isSource)).toHaveLength(1);
	});

	it("leads from the source to the target", () => {
		const reached = new Set(graph.nodes.filter(({ isSource }) => isSource).map(({ id }) => id));
		for (const { from, to } of graph.links) if (reached.has(from)) reached.add(to);
		expect(reached.size).toBe(graph.nodes.length);
	});
});

describe("of paths where something happens", () => {
	const graphs = [...MULTIPATH, ...MIDDLEBOXES, ...MTU].map((scenario) => graphOf(scenario));

	it("the graph has links between neighbours only, no node without a way to it, and no two in one place", () => {
		for (const { nodes, links } of graphs) {
			const column = new Map(nodes.map((node) => [node.id, node.column]));
			expect(new Set(nodes.map((node) => `${node.column} ${node.row}`)).size).toBe(nodes.length);
			for (const { from, to, share } of links) {
				expect((column.get(to) ?? 0) - (column.get(from) ?? 0)).toBe(1);
				expect(share > 0 && share <= 1).toBe(true);
			}
			const ended = new Set(links.map(({ to }) => to));
			for (const node of nodes) expect(node.isSource || ended.has(node.id)).toBe(true);
		}
	});

	it("what quotes tell of the way is marked", () => {
		const kinds = graphs.flatMap(({ nodes }) => nodes.flatMap(({ marks }) => marks.map((mark) => mark.split(" ")[0])));
		expect([...new Set(kinds)].sort()).toEqual(["DSCP", "ECN", "MTU", "NAT"]);
	});
});
