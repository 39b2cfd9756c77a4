/** The different paths that the rounds took. */
import { FLOWS_KEPT, type FlowSummary } from "./summary.ts";

/** Rounds whose answers are still taken together: more than are ever waited for, but not without end. */
export const ROUNDS_OPEN = 1_024;

type Addresses = (string | null)[];

interface Flow {
	readonly addresses: Addresses;
	rounds: number;
	lastRound: number;
}

/** Rounds under way and the paths of those that are over. */
export class Flows {
	readonly #open = new Map<number, Addresses>();
	readonly #flows: Flow[] = [];

	/** Somebody answered a round's probe. */
	answered(round: number, ttl: number, from: string): void {
		let addresses = this.#open.get(round);
		if (addresses === undefined) {
			addresses = [];
			this.#open.set(round, addresses);
			const [oldest] = this.#open.keys();
			if (this.#open.size > ROUNDS_OPEN && oldest !== undefined) this.close(oldest, null);
		}
		while (addresses.length < ttl) addresses.push(null);
		addresses[ttl - 1] = from;
	}

	/** What was said of this TTL in rounds under way is taken back. */
	forget(ttl: number): void {
		for (const addresses of this.#open.values()) if (ttl <= addresses.length) addresses[ttl - 1] = null;
	}

	/** A round is over; the path has no hops beyond `lastTtl` (null: as far as it was answered). */
	close(round: number, lastTtl: number | null): void {
		const addresses = this.#open.get(round);
		this.#open.delete(round);
		if (addresses === undefined) return;
		if (lastTtl !== null) addresses.length = Math.min(addresses.length, lastTtl);
		const known = this.#flows.find((flow) => isSamePath(flow.addresses, addresses));
		if (known === undefined) this.#add({ addresses, rounds: 1, lastRound: round });
		else {
			complete(known.addresses, addresses);
			known.rounds++;
			known.lastRound = Math.max(known.lastRound, round);
		}
	}

	/** Those of most rounds first. */
	summary(): readonly FlowSummary[] {
		return [...this.#flows]
			.sort((a, b) => b.rounds - a.rounds)
			.map((flow) => ({ ...flow, addresses: [...flow.addresses] }));
	}

	/** The paths of rounds that are under way, as of a trace whose rounds are all the same age. */
	opened(lastTtl: number): readonly FlowSummary[] {
		const all = new Flows();
		for (const [round, addresses] of this.#open) {
			all.#open.set(round, [...addresses]);
			all.close(round, lastTtl);
		}
		return all.summary();
	}

	#add(flow: Flow): void {
		if (this.#flows.length >= FLOWS_KEPT) {
			const least = this.#flows.reduce((a, b) => (b.rounds < a.rounds ? b : a));
			this.#flows.splice(this.#flows.indexOf(least), 1);
		}
		this.#flows.push(flow);
	}
}

/** Missing answers may have been anybody's. */
function isSamePath(known: Addresses, seen: Addresses): boolean {
	for (let at = 0; at < seen.length; at++) {
		const [knew, saw] = [known[at] ?? null, seen[at] ?? null];
		if (knew !== null && saw !== null && knew !== saw) return false;
	}
	return true;
}

function complete(known: Addresses, seen: Addresses): void {
	for (let at = 0; at < seen.length; at++) {
		if (at >= known.length) known.push(seen[at] ?? null);
		else if (known[at] === null) known[at] = seen[at] ?? null;
	}
}
