/** Rows of nodes so that links cross little: each column in turn is sorted by the mean place of its nodes' neighbours (Sugiyama's barycentres). */
import type { PathLink } from "./path-graph.ts";

/** There and back so often; more changes next to nothing. */
const SWEEPS = 4;

type Order = readonly (readonly string[])[];

/** The same ids, column by column, in the order from top to bottom with the fewest crossings that was found. */
export function orderRows(columns: Order, links: readonly PathLink[]): Order {
	const before = neighbours(links, "to", "from");
	const after = neighbours(links, "from", "to");
	let best = columns;
	let least = crossings(columns, after);
	let order = columns;
	for (let sweep = 0; sweep < SWEEPS && least > 0; sweep++) {
		for (const isRight of [true, false]) {
			order = isRight ? sweepRight(order, before) : sweepRight(order.toReversed(), after).toReversed();
			const found = crossings(order, after);
			if (found < least) [best, least] = [order, found];
		}
	}
	return best;
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

function neighbours(links: readonly PathLink[], of: "from" | "to", which: "from" | "to"): Neighbours {
	const found = new Map<string, string[]>();
	for (const link of links) {
		const known = found.get(link[of]);
		if (known === undefined) found.set(link[of], [link[which]]);
		else known.push(link[which]);
	}
	return found;
}

/** Every column but the first, sorted by where its nodes' neighbours in the one before it stand. */
function sweepRight(columns: Order, before: Neighbours): Order {
	const sorted: (readonly string[])[] = [];
	for (const column of columns) {
		const left = places(sorted.at(-1) ?? []);
		const keys = new Map(column.map((id, place) => [id, barycentre(before.get(id) ?? [], left) ?? place]));
		sorted.push(column.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0)));
	}
	return sorted;
}

function places(column: readonly string[]): ReadonlyMap<string, number> {
	return new Map(column.map((id, place) => [id, place]));
}

function barycentre(ids: readonly string[], places: ReadonlyMap<string, number>): number | null {
	const known = ids.flatMap((id) => places.get(id) ?? []);
	return known.length === 0 ? null : known.reduce((sum, place) => sum + place, 0) / known.length;
}

/** How many pairs of links cross. */
export function crossings(columns: Order, after: Neighbours): number {
	return columns.slice(1).reduce((sum, right, index) => sum + crossingsBetween(columns[index] ?? [], right, after), 0);
}

/** Goes down the left side and counts, for each link's end, the ends of links above it that lie below. */
function crossingsBetween(left: readonly string[], right: readonly string[], after: Neighbours): number {
	const place = places(right);
	const ends = right.map(() => 0);
	let count = 0;
	for (const id of left) {
		const mine = (after.get(id) ?? []).flatMap((to) => place.get(to) ?? []);
		for (const end of mine) for (let below = end + 1; below < ends.length; below++) count += ends[below] ?? 0;
		for (const end of mine) ends[end] = (ends[end] ?? 0) + 1;
	}
	return count;
}
