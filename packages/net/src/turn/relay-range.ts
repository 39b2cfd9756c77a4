/** The ports of relays, divided among the threads of a service: none may have another's. */

/** Both ends are in it. */
export interface PortRange {
	readonly first: number;
	readonly last: number;
}

/** This thread's part of a range that workers have the rest of: it serves streams alone. */
const OWN_SHARE = 1 / 4;

/** The parts of this thread and of its workers; null: there are too few ports to divide. Both begin with an even one. */
export function divideRange({
	first,
	last,
}: PortRange): { readonly own: PortRange; readonly workers: PortRange } | null {
	const count = last - first + 1;
	const share = Math.max(2, Math.floor(count * OWN_SHARE));
	const start = (last - share + 1) & ~1;
	if (start - first < 2) return null;
	return { own: { first: start, last }, workers: { first, last: start - 1 } };
}
