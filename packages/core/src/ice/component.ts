import type { Instant } from "../machine.ts";
import type { IceFailure } from "./ice-io.ts";
import { compareWays, type Pair } from "./pair.ts";

/** One component of a stream: what is sent on, and what would be. */
export class Component {
	readonly stream: number;
	readonly number: number;
	/** The nominated pair. */
	selected: Pair | null = null;
	/** What takes its place when it dies. */
	backup: Pair | null = null;
	/** The pair whose check nominates it, under way. */
	nominating: Pair | null = null;
	/** Since when. */
	nominatingSince: Instant = Number.NEGATIVE_INFINITY;
	/** Nominations so far, ours or the peer's highest. */
	nominations = 0;
	/** When the first pair has succeeded. */
	firstValidAt: Instant | null = null;
	/** The same of the first without a relay. */
	directValidAt: Instant | null = null;
	/** When to look again whether a pair is to be nominated. */
	reviewAt: Instant = Number.POSITIVE_INFINITY;
	/** Why the selected pair is gone, where another is to be selected; null: none is gone. */
	bereavedBy: IceFailure | null = null;
	/** When the selected pair was given up last. */
	failedOverAt: Instant = Number.NEGATIVE_INFINITY;

	constructor(stream: number, number: number) {
		this.stream = stream;
		this.number = number;
	}

	owns({ local }: Pair): boolean {
		return local.stream === this.stream && local.component === this.number;
	}

	/** What data is sent on: the selected pair as long as it lives, then the one in reserve, before that the best that works. */
	sending(pairs: Iterable<Pair>, now: Instant): Pair | null {
		const { selected, backup } = this;
		if (selected?.isWritable(now) && !selected.dead) return selected;
		if (backup?.isWritable(now) && !backup.dead) return backup;
		if (selected?.isWritable(now)) return selected;
		return best(pairs, (pair) => this.owns(pair) && pair.isWritable(now));
	}
}

/** Those of each stream, whose numbers of components are these; one stream with one when absent. */
export function componentsOf(streams: readonly number[] = [1]): readonly Component[] {
	return streams.flatMap((count, stream) =>
		Array.from({ length: count }, (_, index) => new Component(stream, index + 1)),
	);
}

/** The best of those that fit; null: none does. */
export function best(pairs: Iterable<Pair>, fits: (pair: Pair) => boolean): Pair | null {
	let found: Pair | null = null;
	for (const pair of pairs) if (fits(pair) && (found === null || compareWays(pair, found) < 0)) found = pair;
	return found;
}
