/** Where a path's graph is drawn, in pixels; the graph itself says which column and row. */
import type { PathGraph, PathNode } from "@whither/core";

/** A node with its place and short words. */
export interface DrawnNode {
	readonly node: PathNode;
	readonly x: number;
	readonly y: number;
	/** One line each: who, and how far. */
	readonly label: string;
	readonly detail: string;
}

/** A link's curve (`d` of an SVG path). */
export interface DrawnLink {
	readonly key: string;
	readonly path: string;
	readonly width: number;
	readonly isSure: boolean;
}

/** A network's band behind its nodes. */
export interface DrawnGroup {
	readonly key: string;
	readonly asn: string;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
	/** Which of the colours for networks. */
	readonly hue: number;
}

/** The whole drawing. */
export interface GraphDrawing {
	/** From one column to the next. */
	readonly pitch: number;
	readonly width: number;
	readonly height: number;
	readonly nodes: readonly DrawnNode[];
	readonly links: readonly DrawnLink[];
	readonly groups: readonly DrawnGroup[];
}

/** Columns may stand so close, and no farther apart. */
const LEAST_PITCH = 82;
const MOST_PITCH = 210;
/** Of a letter of the labels, which are drawn in a face of one width. */
const LETTER = 6.65;
const ROW = 78;
const TOP = 46;
const BOTTOM = 44;
/** Colours for networks that there are. */
export const GROUP_HUES = 6;

/** Draws it `width` wide, or wider where columns would stand too close. */
export function drawGraph(
	graph: PathGraph,
	width: number,
	words: (node: PathNode, letters: number) => { label: string; detail: string },
): GraphDrawing {
	const pitch = Math.min(MOST_PITCH, Math.max(LEAST_PITCH, Math.floor(width / Math.max(1, graph.columns))));
	const letters = Math.floor((pitch - 4) / LETTER);
	const xOf = (column: number) => (column + 0.5) * pitch;
	const yOf = (row: number) => TOP + row * ROW;
	const nodes = graph.nodes.map((node) => ({ node, x: xOf(node.column), y: yOf(node.row), ...words(node, letters) }));
	const places = new Map(nodes.map((drawn) => [drawn.node.id, drawn]));
	const links = graph.links.flatMap(({ from, to, share, isSure }): DrawnLink[] => {
		const [start, end] = [places.get(from), places.get(to)];
		if (start === undefined || end === undefined) return [];
		const bend = (end.x - start.x) / 2;
		const path = `M${start.x} ${start.y}C${start.x + bend} ${start.y} ${end.x - bend} ${end.y} ${end.x} ${end.y}`;
		return [{ key: `${from} ${to}`, path, width: 1.25 + 2.75 * Math.min(1, share), isSure }];
	});
	return {
		pitch,
		width: graph.columns * pitch,
		height: TOP + Math.max(0, graph.rows - 1) * ROW + BOTTOM,
		nodes,
		links,
		groups: drawGroups(graph, places, pitch),
	};
}

function drawGroups(graph: PathGraph, places: ReadonlyMap<string, DrawnNode>, pitch: number): readonly DrawnGroup[] {
	const hues = new Map<string, number>();
	const bands = graph.groups.flatMap(({ asn, nodes }, index): DrawnGroup[] => {
		const drawn = nodes.flatMap((id) => places.get(id) ?? []);
		if (drawn.length === 0) return [];
		if (!hues.has(asn)) hues.set(asn, hues.size % GROUP_HUES);
		const [left, right] = [Math.min(...drawn.map(({ x }) => x)), Math.max(...drawn.map(({ x }) => x))];
		const [top, bottom] = [Math.min(...drawn.map(({ y }) => y)), Math.max(...drawn.map(({ y }) => y))];
		const side = pitch / 2 - 3;
		return [
			{
				key: `${asn} ${index}`,
				asn,
				x: left - side,
				y: top - TOP + 4,
				width: right - left + 2 * side,
				height: bottom - top + TOP + BOTTOM - 8,
				hue: hues.get(asn) ?? 0,
			},
		];
	});
	return bands.reduce<readonly DrawnGroup[]>(joined, []);
}

/** Parallel branches of one network are one band where they would overlap. */
function joined(bands: readonly DrawnGroup[], band: DrawnGroup): readonly DrawnGroup[] {
	const other = bands.find((one) => one.asn === band.asn && overlap(one, band));
	if (other === undefined) return [...bands, band];
	const [x, y] = [Math.min(band.x, other.x), Math.min(band.y, other.y)];
	const width = Math.max(band.x + band.width, other.x + other.width) - x;
	const height = Math.max(band.y + band.height, other.y + other.height) - y;
	return joined(
		bands.filter((one) => one !== other),
		{ ...other, x, y, width, height },
	);
}

function overlap(one: DrawnGroup, other: DrawnGroup): boolean {
	const across = one.x < other.x + other.width && other.x < one.x + one.width;
	return across && one.y < other.y + other.height && other.y < one.y + one.height;
}

/** The node that an arrow key leads to: left and right by column (the nearest row), up and down within one. */
export function neighbourOf(graph: PathGraph, id: string, key: string): string | null {
	const node = graph.nodes.find((one) => one.id === id);
	if (node === undefined) return null;
	if (key === "Home") return graph.nodes[0]?.id ?? null;
	if (key === "End") return graph.nodes.at(-1)?.id ?? null;
	const sideways = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
	const upwards = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
	if (sideways === 0 && upwards === 0) return null;
	const others = graph.nodes.filter((one) =>
		sideways !== 0
			? one.column === node.column + sideways
			: one.column === node.column && Math.sign(one.row - node.row) === upwards,
	);
	const nearest = others.toSorted((one, other) => Math.abs(one.row - node.row) - Math.abs(other.row - node.row));
	return nearest[0]?.id ?? null;
}

/** `AS64500 Example Networks`, as much of it as the band has room for. */
export function groupLabel({ asn, width }: DrawnGroup, name: string | null): string {
	const room = Math.floor((width - 14) / LETTER);
	return name === null || asn.length + 4 > room ? asn : shortLabel(`${asn} ${name}`, room);
}

/** At most `most` characters: a name's first label, or an address with its middle left out. */
export function shortLabel(text: string, most: number): string {
	if (text.length <= most) return text;
	const isName = /[g-z]/i.test(text) && !text.includes(":");
	if (isName) return `${text.slice(0, most - 1)}…`;
	const tail = Math.floor((most - 1) / 2);
	return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`;
}
