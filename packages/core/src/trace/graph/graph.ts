/** The path as a graph: from finished traces, or from the figures of a continuous one. */
import type { TraceResult } from "../result.ts";
import type { PathSummary } from "../statistics/summary.ts";
import { type GraphMaterial, type GraphNode, inOrder } from "./graph-material.ts";
import { asGroups } from "./groups.ts";
import { pathLinks } from "./links.ts";
import type { PathGraph, PathNode } from "./path-graph.ts";
import { materialOfResults } from "./result-material.ts";
import { orderRows } from "./rows.ts";
import { materialOfSummary, type PathEnds } from "./summary-material.ts";

/**
 * Who answers at each distance, and what leads where. Several results are laid over each other: traces of one path by other flows, methods or at
 * other times. `ends` tells what a summary does not know.
 */
export function pathGraph(path: readonly TraceResult[] | PathSummary, ends: PathEnds = {}): PathGraph {
	return draw(isSummary(path) ? materialOfSummary(path, ends) : materialOfResults(path));
}

function isSummary(path: readonly TraceResult[] | PathSummary): path is PathSummary {
	return !Array.isArray(path);
}

function draw(material: GraphMaterial): PathGraph {
	const columns = columnsOf(inOrder(material.nodes));
	const links = pathLinks(material, columns);
	const ordered = orderRows(
		columns.map((column) => column.map(({ id }) => id)),
		links,
	);
	const rows = Math.max(0, ...columns.map((column) => column.length));
	const byId = new Map(material.nodes.map((node) => [node.id, node]));
	const nodes = ordered.flatMap((column, index) =>
		column.flatMap((id, place): PathNode[] => {
			const node = byId.get(id);
			return node === undefined ? [] : [{ ...node, column: index, row: (rows - column.length) / 2 + place }];
		}),
	);
	return { nodes, links, groups: asGroups(nodes, links), columns: columns.length, rows };
}

/** By distance; TTLs that nothing was sent with have no column. */
function columnsOf(nodes: readonly GraphNode[]): readonly (readonly GraphNode[])[] {
	const columns = new Map<number, GraphNode[]>();
	for (const node of nodes) {
		const column = columns.get(node.ttl);
		if (column === undefined) columns.set(node.ttl, [node]);
		else column.push(node);
	}
	return [...columns.values()];
}
