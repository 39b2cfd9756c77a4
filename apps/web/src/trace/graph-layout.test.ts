import type { PathGraph, PathNode } from "@whither/core";
import { expect, test } from "vitest";
import { drawGraph, groupLabel, neighbourOf, shortLabel } from "./graph-layout.ts";

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
	expect(drawGraph(GRAPH, 100, words).width).toBe(246);
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

test("a dozen hops are seen whole on a desk, and their labels have the room that is left", () => {
	const columns = Array.from({ length: 13 }, (_, column) => node(`n${column}`, column, 0));
	const graph = { ...GRAPH, nodes: columns, links: [], groups: [], columns: 13, rows: 1 };
	const letters: number[] = [];
	const { width, pitch } = drawGraph(graph, 1230, (one, most) => {
		letters.push(most);
		return words(one);
	});
	expect(width).toBeLessThanOrEqual(1230);
	expect(letters[0]! * 6.6).toBeLessThan(pitch);
});

test("a band says what its network is called where it has room", () => {
	const band = { key: "", asn: "AS64500", x: 0, y: 0, height: 90, hue: 0 };
	expect(groupLabel({ ...band, width: 300 }, "Example Networks")).toBe("AS64500 Example Networks");
	expect(groupLabel({ ...band, width: 120 }, "Example Networks")).toBe("AS64500 Exampl…");
	expect(groupLabel({ ...band, width: 84 }, "Example Networks")).toBe("AS64500");
	expect(groupLabel({ ...band, width: 300 }, null)).toBe("AS64500");
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
