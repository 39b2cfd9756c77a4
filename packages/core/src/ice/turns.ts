/** Whose turn it is among pairs that wait for a check. */
import { byPriority, type Pair } from "./pair.ts";

/** How many `sortOf` knows. */
export const SORTS = 3;

/**
 * Deviation: RFC 8445 §6.1.4.2 takes pairs by priority alone. Those behind NATs then wait until every host candidate has been
 * asked for in vain, at one a Ta; sorts take turns here, as families do in RFC 8421 §4, and of each sort the best is first.
 */
export function sortOf({ local, remote }: Pair): number {
	if (local.type === "relay" || remote.type === "relay") return 2;
	return remote.type === "host" ? 0 : 1;
}

/** Within a sort: from a relay to a private address there is seldom a way. */
export function bySort(a: Pair, b: Pair): number {
	const isFar = ({ local, remote }: Pair) => Number(local.type === "relay" && remote.type === "host");
	return isFar(a) - isFar(b) || byTurn(a, b);
}

/** By priority, of equal ones the lower component. */
export function byTurn(a: Pair, b: Pair): number {
	if (a.priority !== b.priority) return byPriority(a, b);
	return a.local.component - b.local.component;
}

/** Pairs of each stream, first in, first out. */
export type Queues = Map<number, Pair[]>;

/** At the end, unless it is in it. */
export function put(queues: Queues, pair: Pair): void {
	const queue = queues.get(pair.local.stream) ?? [];
	if (!queue.includes(pair)) queue.push(pair);
	queues.set(pair.local.stream, queue);
}

/** Out of it, wherever it is. */
export function take(queues: Queues, pair: Pair): void {
	const queue = queues.get(pair.local.stream);
	const place = queue?.indexOf(pair) ?? -1;
	if (place >= 0) queue?.splice(place, 1);
}
