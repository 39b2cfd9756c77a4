/** The path as a Mermaid flowchart. */
import type { PathGraph, PathNode } from "@whither/core";
import { linkWords, nodeLines } from "./node-words.ts";

/** `flowchart LR`; networks are subgraphs, links that are only guessed are dotted. */
export function formatMermaid({ nodes, links, groups }: PathGraph): string {
	const ids = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
	const grouped = new Set(groups.flatMap((group) => group.nodes));
	const byId = new Map(nodes.map((node) => [node.id, node]));
	const shape = (node: PathNode) => `${ids.get(node.id)}${shapeOf(node)}`;
	const lines = [
		"flowchart LR",
		...nodes.filter(({ id }) => !grouped.has(id)).map((node) => `    ${shape(node)}`),
		...groups.flatMap(({ asn, nodes: inside }, index) => [
			`    subgraph g${index}["${label([asn])}"]`,
			...inside.flatMap((id) => byId.get(id) ?? []).map((node) => `        ${shape(node)}`),
			"    end",
		]),
		...links.map(({ from, to, share, isSure }) => {
			const words = linkWords(share);
			return `    ${ids.get(from)} ${isSure ? "-->" : "-.->"}${words === "" ? "" : `|"${label([words])}"|`} ${ids.get(to)}`;
		}),
	];
	return lines.map((line) => `${line}\n`).join("");
}

function shapeOf(node: PathNode): string {
	const text = `"${label(nodeLines(node))}"`;
	if (node.isSource) return `([${text}])`;
	if (node.isTarget) return `[[${text}]]`;
	return node.address === null ? `{{${text}}}` : `[${text}]`;
}

/** Mermaid's own entities, `#NUMBER;`, for all that it, or the HTML that it makes, might read something into. */
function label(lines: readonly string[]): string {
	return lines
		.map((line) => line.replace(/[^\p{L}\p{N} .,:%()/…-]/gu, (character) => `#${character.codePointAt(0)};`))
		.join("<br/>");
}
