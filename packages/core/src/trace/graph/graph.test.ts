import { describe, expect, it } from "vitest";
import type { HopResult, ProbeResult, TraceResult } from "../result.ts";
import type { HopSummary, PathSummary, RttSummary } from "../statistics/summary.ts";
import { pathGraph } from "./graph.ts";
import type { PathGraph } from "./path-graph.ts";

function probe(flow: number, from: string | null, asn: string | null = null): ProbeResult {
	const rttNs = from === null ? null : 1e6;
	const known = { seq: 0, flow, sentAtNs: 0, name: null, asn, stamps: null, reply: null, quoted: null, extensions: [] };
	return { ...known, status: from === null ? "timeout" : "reply", from, rttNs };
}

/** Hops by their answers, `FLOW:ADDRESS` or `FLOW:*`; `@` and an origin may follow. */
function result(method: string, ...hops: readonly (readonly string[])[]): TraceResult {
	const read = (text: string): ProbeResult => {
		const [, flow, address = "*", asn] = /^(\d+):([^@]+)(?:@(.+))?$/.exec(text) ?? [];
		return probe(Number(flow), address === "*" ? null : address, asn ?? null);
	};
	const read1 = (texts: readonly string[], index: number): HopResult => ({ ttl: index + 1, probes: texts.map(read) });
	return {
		schema: "whither.trace/1",
		tool: { name: "whither", version: "0" },
		args: [],
		target: { name: "t", address: "t", port: null },
		source: { address: "s", port: null, publicAddress: null },
		method,
		channel: "raw",
		family: 4,
		startedAt: "2026-01-01T00:00:00Z",
		durationNs: 0,
		reached: true,
		stopReason: "reached",
		pathMtu: null,
		warnings: [],
		counters: { sent: 0, received: 0, foreign: 0, duplicates: 0, late: 0, dropped: 0 },
		options: { firstTtl: 1, maxTtl: 30, queries: 16, length: 60 },
		hops: hops.map(read1),
	};
}

function linksOf(graph: PathGraph): readonly string[] {
	return graph.links.map(({ from, to, isSure }) => `${from} ${isSure ? "->" : ".."} ${to}`);
}

describe("links", () => {
	it("go by flows: two that never mix make two lines", () => {
		const graph = pathGraph([result("tcpinsession", ["0:a", "1:b"], ["0:c", "1:d"], ["0:t", "1:t"])]);
		expect(linksOf(graph)).toEqual([
			"0/s -> 1/a",
			"0/s -> 1/b",
			"1/a -> 2/c",
			"1/b -> 2/d",
			"2/c -> 3/t",
			"2/d -> 3/t",
		]);
		expect(graph.links.map(({ share }) => share)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
	});

	it("between two answerers and two are guesses where one flow met all of them", () => {
		const graph = pathGraph([result("udp", ["0:a", "0:b"], ["0:c", "0:d"], ["0:t"])]);
		expect(linksOf(graph).filter((link) => link.startsWith("1/"))).toEqual([
			"1/a .. 2/c",
			"1/a .. 2/d",
			"1/b .. 2/c",
			"1/b .. 2/d",
		]);
	});

	it("pass a silent hop as a node of its own, and a lost answer by the router that the others passed", () => {
		const graph = pathGraph([result("udp", ["0:a"], ["0:*"], ["0:t"])]);
		expect(linksOf(graph)).toEqual(["0/s -> 1/a", "1/a -> 2/*", "2/* -> 3/t"]);
		const lossy = pathGraph([result("tcpinsession", ["0:a", "1:a"], ["0:b", "1:*"], ["0:t", "1:t"])]);
		expect(linksOf(lossy)).toEqual(["0/s -> 1/a", "1/a -> 2/b", "2/b -> 3/t"]);
		expect(lossy.links.map(({ share }) => share)).toEqual([1, 1, 1]);
		expect(lossy.nodes[2]).toMatchObject({ share: 1, lossRatio: 0.5 });
	});
});

describe("rows", () => {
	it("untangle lines that the alphabet would cross", () => {
		const graph = pathGraph([
			result("tcpinsession", ["0:a", "1:b", "2:c"], ["0:z", "1:y", "2:x"], ["0:l", "1:m", "2:k"], ["0:t"]),
		]);
		const row = new Map(graph.nodes.map((node) => [node.id, node.row]));
		for (const flow of [
			["1/a", "2/z", "3/l"],
			["1/b", "2/y", "3/m"],
			["1/c", "2/x", "3/k"],
		])
			expect(new Set(flow.map((id) => row.get(id))).size).toBe(1);
	});

	it("of 30 columns with 16 nodes are found, and always the same", () => {
		const wide = result(
			"tcpinsession",
			...Array.from({ length: 30 }, (_, hop) =>
				Array.from({ length: 16 }, (__, flow) => `${flow}:r${(flow * 7 + hop * 5) % 16}`),
			),
		);
		const graph = pathGraph([wide]);
		expect(graph.nodes).toHaveLength(1 + 30 * 16);
		expect(graph).toEqual(pathGraph([structuredClone(wide)]));
		expect(graph.rows).toBe(16);
	});
});

it("nodes of one network that links join are a group, and two parts of it that another parts are two", () => {
	const graph = pathGraph([result("udp", ["0:a@AS1"], ["0:b@AS1"], ["0:c@AS2"], ["0:t@AS1"])]);
	expect(graph.groups).toEqual([
		{ asn: "AS1", nodes: ["1/a", "2/b"] },
		{ asn: "AS2", nodes: ["3/c"] },
		{ asn: "AS1", nodes: ["4/t"] },
	]);
});

describe("a summary", () => {
	const rtt = { bestNs: 5 } as RttSummary;
	const hop = (ttl: number, answerers: readonly (readonly [string, number])[], changes: Partial<HopSummary> = {}) =>
		({
			ttl,
			isTarget: false,
			lossRatio: 0,
			lossMeaning: "none",
			nat: null,
			dscp: null,
			mtu: null,
			answerers: answerers.map(([address, received]) => ({
				...{ address, received, rtt, name: null, asn: null, extensions: [] },
			})),
			...changes,
		}) as unknown as HopSummary;
	const summary = (hops: readonly HopSummary[], flows: PathSummary["flows"]): PathSummary => ({
		...{ rounds: 4, atNs: 0, reached: true, hops, changes: [], flows },
	});
	const flow = (rounds: number, ...addresses: readonly (string | null)[]) => ({ addresses, rounds, lastRound: 0 });

	it("links what answered in the same rounds, and swears to it where one leads to one", () => {
		const hops = [
			hop(1, [
				["a", 3],
				["b", 1],
			]),
			hop(2, [
				["c", 3],
				["d", 1],
			]),
			hop(3, [["t", 4]], { isTarget: true }),
		];
		const graph = pathGraph(summary(hops, [flow(3, "a", "c", "t"), flow(1, "b", "d", "t")]), { source: "s" });
		expect(linksOf(graph)).toEqual([
			"0/s -> 1/a",
			"0/s -> 1/b",
			"1/a -> 2/c",
			"1/b -> 2/d",
			"2/c -> 3/t",
			"2/d -> 3/t",
		]);
		expect(graph.links.map(({ share }) => share)).toEqual([0.75, 0.25, 0.75, 0.25, 0.75, 0.25]);
	});

	it("does not where rounds met both behind both", () => {
		const hops = [
			hop(1, [
				["a", 2],
				["b", 2],
			]),
			hop(2, [
				["c", 2],
				["d", 2],
			]),
		];
		const rounds = [flow(1, "a", "c"), flow(1, "a", "d"), flow(1, "b", "c"), flow(1, "b", "d")];
		const graph = pathGraph(summary(hops, rounds));
		expect(graph.links.filter(({ from, isSure }) => from.startsWith("1/") && isSure)).toEqual([]);
		expect(graph.nodes[0]).toMatchObject({ id: "0/*", isSource: true });
	});

	it("marks what its figures mean, where it begins", () => {
		const hops = [
			hop(1, [["a", 4]], { lossMeaning: "rateLimit", mtu: 1500, dscp: 10 }),
			hop(2, [["b", 4]], { mtu: 1400, nat: "source", dscp: 0 }),
			hop(3, [["t", 4]], { isTarget: true, mtu: 1400, nat: "source", dscp: 0 }),
		];
		const graph = pathGraph(summary(hops, [flow(4, "a", "b", "t")]));
		expect(graph.nodes.map(({ marks }) => marks)).toEqual([[], ["MTU 1400", "rate limit"], ["NAT", "DSCP 0"], []]);
		expect(graph.nodes.map(({ isTarget }) => isTarget)).toEqual([false, false, false, true]);
	});

	it("of a method with a port for each probe has no flows", () => {
		const hops = [hop(1, [["a", 4]]), hop(2, [["t", 4]], { isTarget: true })];
		const graph = pathGraph(summary(hops, [flow(4, "a", "t")]), { method: "tcp", target: "t" });
		expect(linksOf(graph)).toEqual(["0/* .. 1/a", "1/a .. 2/t"]);
	});
});
