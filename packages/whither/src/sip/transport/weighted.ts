/** The order in which the servers of a service are tried (RFC 2782). Pure. */

/** One server of a service. */
export interface SrvRecord {
	readonly name: string;
	readonly port: number;
	/** Lower is tried first. */
	readonly priority: number;
	/** Among those of one priority: how often it is the first. */
	readonly weight: number;
}

/** By priority; within one by drawing lots that weigh as much as the records do. `draw`: at least 0, less than 1. */
export function weighted(records: readonly SrvRecord[], draw: () => number): readonly SrvRecord[] {
	// One record that names the root says that there is no such service.
	const there = records.filter(({ name }) => name !== "" && name !== ".");
	const priorities = [...new Set(there.map(({ priority }) => priority))].toSorted((one, other) => one - other);
	return priorities.flatMap((wanted) =>
		drawn(
			there.filter(({ priority }) => priority === wanted),
			draw,
		),
	);
}

function drawn(records: readonly SrvRecord[], draw: () => number): readonly SrvRecord[] {
	// Those without weight stand in front, so that there is a small chance for them.
	const left = records.toSorted((one, other) => one.weight - other.weight);
	const order: SrvRecord[] = [];
	while (left.length > 0) {
		const total = left.reduce((sum, { weight }) => sum + weight, 0);
		const lot = Math.floor(draw() * (total + 1));
		let sum = 0;
		const chosen = left.findIndex(({ weight }) => {
			sum += weight;
			return sum >= lot;
		});
		order.push(...left.splice(Math.max(chosen, 0), 1));
	}
	return order;
}
