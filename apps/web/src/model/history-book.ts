/** Round trips and losses of every hop over time, in a bounded number of time slots that grow wider as the trace goes on. */

/** What one slot holds of one hop. */
export interface Slot {
	/** Sum of round trips, smallest and largest, in nanoseconds. */
	readonly sumNs: number;
	readonly bestNs: number;
	readonly worstNs: number;
	readonly answered: number;
	readonly lost: number;
}

/** Slots that are kept at most. */
export const SLOTS_KEPT = 720;
const FIRST_WIDTH_NS = 250e6;

/** A trace's past; one for each session. */
export class HistoryBook {
	#widthNs = FIRST_WIDTH_NS;
	#last = 0;
	readonly #hops = new Map<number, (Slot | undefined)[]>();

	/** How much time one slot stands for. */
	get widthNs(): number {
		return this.#widthNs;
	}

	/** Slots from the start to the latest entry. */
	get length(): number {
		return this.#last;
	}

	/** TTLs of which anything is known, in order. */
	get ttls(): readonly number[] {
		return [...this.#hops.keys()].sort((one, other) => one - other);
	}

	/** Slots of a hop, the first from time 0; undefined where nothing was heard or lost. */
	slots(ttl: number): readonly (Slot | undefined)[] {
		return this.#hops.get(ttl) ?? [];
	}

	/** A probe sent at `atNs` (from the start) to `ttl` came back after `rttNs`, or (null) never. */
	add(ttl: number, atNs: number, rttNs: number | null): void {
		if (!(atNs >= 0) || !Number.isFinite(atNs)) return;
		while (Math.floor(atNs / this.#widthNs) >= SLOTS_KEPT) this.#widen();
		const index = Math.floor(atNs / this.#widthNs);
		this.#last = Math.max(this.#last, index + 1);
		let hop = this.#hops.get(ttl);
		if (hop === undefined) {
			hop = [];
			this.#hops.set(ttl, hop);
		}
		hop[index] = merged(hop[index], slotOf(rttNs));
	}

	#widen(): void {
		this.#widthNs *= 2;
		this.#last = Math.ceil(this.#last / 2);
		for (const [ttl, hop] of this.#hops) {
			const half: (Slot | undefined)[] = [];
			for (let index = 0; index < hop.length; index += 2) {
				const [one, other] = [hop[index], hop[index + 1]];
				if (one !== undefined || other !== undefined) half[index / 2] = other === undefined ? one : merged(one, other);
			}
			this.#hops.set(ttl, half);
		}
	}
}

/** Mean round trip of a slot; null where nothing was answered. */
export function meanNs(slot: Slot | undefined): number | null {
	return slot === undefined || slot.answered === 0 ? null : slot.sumNs / slot.answered;
}

function slotOf(rttNs: number | null): Slot {
	if (rttNs === null) return { sumNs: 0, bestNs: Number.POSITIVE_INFINITY, worstNs: 0, answered: 0, lost: 1 };
	return { sumNs: rttNs, bestNs: rttNs, worstNs: rttNs, answered: 1, lost: 0 };
}

function merged(one: Slot | undefined, other: Slot): Slot {
	if (one === undefined) return other;
	return {
		sumNs: one.sumNs + other.sumNs,
		bestNs: Math.min(one.bestNs, other.bestNs),
		worstNs: Math.max(one.worstNs, other.worstNs),
		answered: one.answered + other.answered,
		lost: one.lost + other.lost,
	};
}
