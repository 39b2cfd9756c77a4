/** The path as a drawing: SVG without scripts or anything from elsewhere, in light and dark as the reader has it. */
import type { PathGraph, PathGroup, PathLink, PathNode } from "@whither/core";
import { escapeMarkup } from "./markup.ts";
import { linkWords, nodeLines } from "./node-words.ts";

/** Widths and heights, in CSS pixels. */
const COLUMN = 200;
const ROW = 84;
const BOX = { width: 148, height: 54 };
const MARGIN = { x: 16, top: 52, bottom: 20 };
/** Around the boxes of a network. */
const GROUP_GAP = 10;
const LINE_HEIGHT = 15;

const STYLE = `
svg { color-scheme: light dark; font: 12px system-ui, sans-serif; }
.back { fill: #fff; } .ink { fill: #1a1a1a; } .soft { fill: #595959; } .title { font-size: 15px; font-weight: 600; }
.box { fill: #f3f5f7; stroke: #5b6570; } .silent .box { fill: none; stroke-dasharray: 4 3; }
.target .box { stroke: #0072b2; stroke-width: 2.5; } .source .box { stroke: #009e73; stroke-width: 2.5; }
.mark { fill: #a03d00; font-weight: 600; } .link { fill: none; stroke: #5b6570; } .guess { stroke-dasharray: 5 4; }
.group { fill: #0072b2; fill-opacity: .07; stroke: #0072b2; stroke-opacity: .4; }
@media (prefers-color-scheme: dark) {
.back { fill: #14171a; } .ink { fill: #f0f0f0; } .soft { fill: #a9b1b9; } .box { fill: #22272c; stroke: #8b959f; }
.target .box { stroke: #56b4e9; } .source .box { stroke: #2fc09b; } .mark { fill: #f0a35e; } .link { stroke: #8b959f; }
.group { fill: #56b4e9; fill-opacity: .1; stroke: #56b4e9; }
}`;

/** The whole drawing; `title` stands above it and is its name for those who do not see it. */
export function formatSvg(graph: PathGraph, title: string): string {
	const width = 2 * MARGIN.x + Math.max(1, graph.columns) * COLUMN - (COLUMN - BOX.width);
	const height = MARGIN.top + MARGIN.bottom + Math.max(1, graph.rows) * ROW - (ROW - BOX.height);
	const byId = new Map(graph.nodes.map((node) => [node.id, node]));
	const safeTitle = escapeMarkup(title);
	const parts = [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
		`<title id="title">${safeTitle}</title>`,
		`<style>${STYLE}</style>`,
		`<rect class="back" width="${width}" height="${height}"/>`,
		`<text class="ink title" x="${MARGIN.x}" y="24">${safeTitle}</text>`,
		...graph.groups.map((group) => groupMarkup(group, byId)),
		...graph.links.map((link) => linkMarkup(link, byId)),
		...graph.nodes.map(nodeMarkup),
		"</svg>",
	];
	return parts.map((part) => (part === "" ? "" : `${part}\n`)).join("");
}

/** Several drawings in one, below each other: a file of SVG has one root. */
export function stackSvgs(drawings: readonly string[]): string {
	if (drawings.length < 2) return drawings.join("");
	let [width, height] = [0, 0];
	const placed = drawings.map((drawing) => {
		const [, wide = "0", high = "0"] = /^<svg [^>]*?width="(\d+)" height="(\d+)"/.exec(drawing) ?? [];
		const id = `title${height}`;
		const below = drawing
			.replace("<svg ", `<svg y="${height}" `)
			.replace('aria-labelledby="title"', `aria-labelledby="${id}"`)
			.replace('<title id="title">', `<title id="${id}">`);
		width = Math.max(width, Number(wide));
		height += Number(high);
		return below;
	});
	const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
	return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n${placed.join("")}</svg>\n`;
}

function placeOf({ column, row }: PathNode): { x: number; y: number } {
	return { x: MARGIN.x + column * COLUMN, y: MARGIN.top + row * ROW };
}

function nodeMarkup(node: PathNode): string {
	const { x, y } = placeOf(node);
	const kind = node.isSource ? "source" : node.isTarget ? "target" : node.address === null ? "silent" : "hop";
	const lines = nodeLines(node);
	const whole = escapeMarkup([...lines, ...(node.asn === null ? [] : [node.asn])].join("\n"));
	const top = BOX.height / 2 - ((lines.length - 1) * LINE_HEIGHT) / 2 + 4;
	const texts = lines.map((line, index) => {
		const isFact = index === lines.length - 1 && node.marks.length > 0;
		const look = isFact ? "mark" : index === 0 ? "ink" : "soft";
		return `<text class="${look}" x="${BOX.width / 2}" y="${top + index * LINE_HEIGHT}" text-anchor="middle"${squeezed(line)}>${escapeMarkup(line)}</text>`;
	});
	const box = `<rect class="box" width="${BOX.width}" height="${BOX.height}" rx="7"/>`;
	return `<g class="${kind}" transform="translate(${x} ${y})"><title>${whole}</title>${box}${texts.join("")}</g>`;
}

/** A line that would stick out is set closer. */
function squeezed(line: string): string {
	const room = BOX.width - 12;
	return line.length * 6.4 > room ? ` textLength="${room}" lengthAdjust="spacingAndGlyphs"` : "";
}

function linkMarkup({ from, to, share, isSure }: PathLink, byId: ReadonlyMap<string, PathNode>): string {
	const [left, right] = [byId.get(from), byId.get(to)];
	if (left === undefined || right === undefined) return "";
	const [a, b] = [placeOf(left), placeOf(right)];
	const [startX, startY] = [a.x + BOX.width, a.y + BOX.height / 2];
	const [endX, endY] = [b.x, b.y + BOX.height / 2];
	const middle = (startX + endX) / 2;
	const look = isSure ? "link" : "link guess";
	const width = (1 + 2 * share).toFixed(2);
	const curve = `<path class="${look}" stroke-width="${width}" d="M${startX} ${startY}C${middle} ${startY} ${middle} ${endY} ${endX} ${endY}"/>`;
	const words = linkWords(share);
	if (words === "") return curve;
	return `${curve}<text class="soft" font-size="10" x="${middle}" y="${(startY + endY) / 2 - 5}" text-anchor="middle">${words}</text>`;
}

function groupMarkup({ asn, nodes }: PathGroup, byId: ReadonlyMap<string, PathNode>): string {
	const places = nodes.flatMap((id) => byId.get(id) ?? []).map(placeOf);
	if (places.length === 0) return "";
	const [left, top] = [Math.min(...places.map(({ x }) => x)), Math.min(...places.map(({ y }) => y))];
	const [right, bottom] = [Math.max(...places.map(({ x }) => x)), Math.max(...places.map(({ y }) => y))];
	const [width, height] = [right - left + BOX.width, bottom - top + BOX.height].map((size) => size + 2 * GROUP_GAP);
	const rect = `<rect class="group" x="${left - GROUP_GAP}" y="${top - GROUP_GAP}" width="${width}" height="${height}" rx="10"/>`;
	return `${rect}<text class="soft" font-size="10" x="${left}" y="${bottom + BOX.height + GROUP_GAP - 1}">${escapeMarkup(asn)}</text>`;
}
