import type { PathGraph, PathNode } from "@whither/core";
import { expect, test } from "vitest";
import { drawGraph, neighbourOf, shortLabel } from "./graph-layout.ts";

const node = (id: string, column: number, row: number, more: Partial<PathNode> = {}): PathNode => ({
	id,
	ttl: column,
	address: id,
	name: null,
	asn: null,
	isSource: false,
	isTarget: false,
	rttNs: null,
	share: 1,
	lossRatio: null,
	marks: [],
	column,
	row,
	...more,
});
const GRAPH: PathGraph = {
	nodes: [node("s", 0, 0.5), node("a", 1, 0), node("b", 1, 1), node("t", 2, 0.5)],
	links: [
		{ from: "s", to: "a", share: 0.5, isSure: true },
		{ from: "s", to: "gone", share: 0.5, isSure: true },
	],
	groups: [{ asn: "AS64500", nodes: ["a", "b"] }],
	columns: 3,
	rows: 2,
};
const words = ({ id }: PathNode) => ({ label: id, detail: "" });

test("a short path fills the width, a long one keeps its columns apart", () => {
	expect(drawGraph(GRAPH, 600, words).width).toBe(600);
	expect(drawGraph(GRAPH, 100, words).width).toBe(336);
});

test("a link to what is not there is not drawn, and a network's band holds all its nodes", () => {
	const { links, groups, nodes } = drawGraph(GRAPH, 600, words);
	expect(links.map(({ key }) => key)).toEqual(["s a"]);
	const band = groups[0]!;
	const inside = nodes.filter(
		({ y, x }) => x > band.x && x < band.x + band.width && y > band.y && y < band.y + band.height,
	);
	expect(inside.map(({ node: { id } }) => id)).toEqual(["a", "b"]);
});

test("arrow keys go where they point", () => {
	const ways = [
		["s", "ArrowRight"],
		["a", "ArrowDown"],
		["b", "ArrowDown"],
		["b", "ArrowRight"],
		["t", "ArrowLeft"],
		["t", "Home"],
		["s", "End"],
		["s", "x"],
	] as const;
	expect(ways.map(([id, key]) => neighbourOf(GRAPH, id, key))).toEqual(["a", "b", null, "t", "a", "s", "t", null]);
});

test("labels have room", () => {
	expect(shortLabel("192.0.2.1", 15)).toBe("192.0.2.1");
	expect(shortLabel("2001:db8:1234:5678::1", 15)).toBe("2001:db…5678::1");
	expect(shortLabel("core1.frankfurt.example.net", 15)).toBe("core1.frankfur…");
});
