/**
 * The contract every protocol machine keeps: values and the time go in, values and the next deadline come out.
 * A machine reads no clock, draws no randomness and owns no socket, so the same one runs on real sockets,
 * in virtual time and in a browser.
 */

/** Nanoseconds since the run's origin on a monotonic clock, an integer held in a double (exact for 104 days). */
export type Instant = number;

/** When a machine wants to be stepped again, and why; the reason is for logs and tests. */
export interface Deadline {
	readonly at: Instant;
	readonly why: string;
}

/** A protocol with state. `step` never throws on input; what it does nothing with comes back as `ignored`. */
export interface Machine<Input, Output> {
	step(input: Input, now: Instant): readonly Output[];
	readonly deadline: Deadline | null;
}

/** The first of two; null: neither comes. Of two at once it is `one`. */
export function sooner(one: Deadline | null, other: Deadline | null): Deadline | null {
	if (one === null || other === null) return one ?? other;
	return other.at < one.at ? other : one;
}

/** The earliest that ever comes; null: none does. */
export function earliest(deadlines: Iterable<Deadline | null>): Deadline | null {
	let first: Deadline | null = null;
	for (const each of deadlines)
		if (each !== null && each.at < Number.POSITIVE_INFINITY && (first === null || each.at < first.at)) first = each;
	return first;
}

/** A microsecond in nanoseconds. */
export const MICROSECOND = 1_000;
/** A millisecond in nanoseconds. */
export const MILLISECOND = 1_000_000;
/** A second in nanoseconds. */
export const SECOND = 1_000_000_000;
