/** Nodes of one network that links join. */
import type { PathGroup, PathLink, PathNode } from "./path-graph.ts";

/** A group for every run of linked nodes with the same origin, in the order of their first nodes. */
export function asGroups(nodes: readonly PathNode[], links: readonly PathLink[]): readonly PathGroup[] {
	const byId = new Map(nodes.map((node) => [node.id, node]));
	const heads = new Map(nodes.map(({ id }) => [id, id]));
	const headOf = (id: string): string => {
		let head = id;
		for (let next = heads.get(head); next !== undefined && next !== head; next = heads.get(head)) head = next;
		heads.set(id, head);
		return head;
	};
	for (const { from, to } of links) {
		const asn = byId.get(from)?.asn ?? null;
		if (asn !== null && asn === byId.get(to)?.asn) heads.set(headOf(to), headOf(from));
	}
	const groups = new Map<string, PathGroup & { nodes: string[] }>();
	for (const { id, asn } of nodes) {
		if (asn === null) continue;
		const group = groups.get(headOf(id)) ?? { asn, nodes: [] };
		group.nodes.push(id);
		groups.set(headOf(id), group);
	}
	return [...groups.values()];
}
