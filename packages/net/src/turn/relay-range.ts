/** The ports of relays, divided among the threads of a service: none may have another's. */

/** Both ends are in it. */
export interface PortRange {
	readonly first: number;
	readonly last: number;
}

/** This thread's part of a range that workers have the rest of: it serves streams alone. */
const OWN_SHARE = 1 / 4;

/** Ports without which a worker is of no use: a pair. */
const LEAST_PORTS = 2;

/**
 * The parts of this thread and of its workers, and how many of those there can be; null: none. The parts begin with an
 * even port, so that no pair is divided.
 */
export function divideRange(
	{ first, last }: PortRange,
	wanted: number,
): { readonly own: PortRange; readonly workers: PortRange; readonly count: number } | null {
	const share = Math.max(LEAST_PORTS, Math.floor((last - first + 1) * OWN_SHARE));
	const start = (last - share + 1) & ~1;
	const even = (first + 1) & ~1;
	const count = Math.min(wanted, Math.floor((start - even) / LEAST_PORTS));
	if (count < 1) return null;
	return { own: { first: start, last }, workers: { first, last: start - 1 }, count };
}
