/** A world whose answers about addresses are kept for a while, so that fifty traces ask once. */
import type { World } from "../world.ts";

/** Names go by DNS, whose answers live some minutes; routes and data sets change over hours. */
const NAME_TTL_MS = 300_000;
const FACT_TTL_MS = 3_600_000;
/** What came to nothing is asked again sooner. */
const NOTHING_TTL_MS = 60_000;
/** Answers kept of each kind; the oldest go first. */
const MOST_KEPT = 10_000;

type Lookup<Answer> = (about: string) => Promise<Answer | null>;

/** What is kept, and by which clock (milliseconds). */
export interface KeepingOptions {
	readonly ttlMs: number;
	readonly nothingTtlMs?: number;
	readonly most?: number;
	readonly now?: () => number;
}

/** The same look-up, which asks once for all who want to know at the same time or soon after. Failures are not kept. */
export function keeping<Answer>(lookup: Lookup<Answer>, options: KeepingOptions): Lookup<Answer> {
	const {
		ttlMs,
		nothingTtlMs = Math.min(ttlMs, NOTHING_TTL_MS),
		most = MOST_KEPT,
		now = performance.now.bind(performance),
	} = options;
	const kept = new Map<string, { readonly answer: Promise<Answer | null>; untilMs: number }>();
	return (about) => {
		const before = kept.get(about);
		if (before !== undefined && now() < before.untilMs) return before.answer;
		const answer = lookup(about);
		const entry = { answer, untilMs: now() + ttlMs };
		// An entry that is put in again is the newest.
		kept.delete(about);
		kept.set(about, entry);
		if (kept.size > most) kept.delete(kept.keys().next().value ?? about);
		answer.then(
			(known) => {
				if (known === null) entry.untilMs = Math.min(entry.untilMs, now() + nothingTtlMs);
			},
			() => {
				if (kept.get(about) === entry) kept.delete(about);
			},
		);
		return answer;
	};
}

/** The same for look-ups that are opened: one for each way of asking. */
function openedOnce<Order, Answer>(
	open: (order: Order) => Promise<Lookup<Answer>>,
	options: KeepingOptions,
): (order: Order) => Promise<Lookup<Answer>> {
	const opened = keeping(async (key) => keeping(await open(JSON.parse(key)), options), { ...options, most: 16 });
	return async (order) => {
		const lookup = await opened(JSON.stringify(order));
		if (lookup === null) throw new Error("no look-up");
		return lookup;
	};
}

/**
 * The world, or its look-ups alone, with shared answers: names for five minutes, origins, names of systems and places for an hour, at most ten
 * thousand of each. For whoever runs many traces, such as a server: hand it to each as `world`.
 */
export function sharingLookups<Lookups extends Pick<World, "reverse" | "origins" | "asNames" | "places">>(
	world: Lookups,
	now?: () => number,
): Lookups {
	const names = { ttlMs: NAME_TTL_MS, ...(now === undefined ? {} : { now }) };
	const facts = { ...names, ttlMs: FACT_TTL_MS };
	const { asNames, places } = world;
	return {
		...world,
		reverse: keeping(world.reverse, names),
		origins: openedOnce(world.origins, facts),
		...(asNames === undefined ? {} : { asNames: openedOnce(asNames, facts) }),
		...(places === undefined ? {} : { places: openedOnce(places, facts) }),
	};
}
