/** The path as a graph for Graphviz. */
import type { PathGraph, PathNode } from "@whither/core";
import { printable } from "../printable.ts";
import { linkWords, nodeLines } from "./node-words.ts";

/** A `digraph` from left to right; networks are clusters, links that are only guessed are dashed. */
export function formatDot({ nodes, links, groups }: PathGraph, title: string): string {
	const lines = [
		`digraph ${quoted(printable(title))} {`,
		"\trankdir=LR;",
		'\tnode [shape=box, style=rounded, fontname="sans-serif", fontsize=10];',
		'\tedge [fontname="sans-serif", fontsize=9];',
		...nodes.map((node) => `\t${quoted(node.id)} [${nodeAttributes(node)}];`),
		...groups.map(({ asn, nodes: ids }, index) => {
			return `\tsubgraph cluster_${index} { label=${quoted(printable(asn))}; style=dashed; ${ids.map(quoted).join("; ")}; }`;
		}),
		...links.map(({ from, to, share, isSure }) => {
			const words = linkWords(share);
			const attributes = [...(words === "" ? [] : [`label=${quoted(words)}`]), ...(isSure ? [] : ["style=dashed"])];
			const told = attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`;
			return `\t${quoted(from)} -> ${quoted(to)}${told};`;
		}),
		"}",
	];
	return lines.map((line) => `${line}\n`).join("");
}

function nodeAttributes(node: PathNode): string {
	const label = `label=${quoted(nodeLines(node).join("\n"))}`;
	if (node.isTarget) return `${label}, peripheries=2`;
	return node.address === null && !node.isSource ? `${label}, style="rounded,dashed"` : label;
}

/** A string of the DOT language: only the quote ends it; a backslash begins an escape of its own. */
function quoted(text: string): string {
	return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
