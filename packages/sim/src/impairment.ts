/** One direction of a link: packets with times go in, packets with times come out. */
import { type Instant, MILLISECOND } from "@whither/core";
import type { Random } from "./random.ts";
import type { ImpairmentSpec, LinkSpec } from "./scenario.ts";

/** A packet and when it comes out at the far end. */
export interface Delivery {
	readonly packet: Uint8Array;
	readonly at: Instant;
}

/** What became of a packet put into a link; no deliveries means that it was lost. */
export interface Crossing {
	readonly deliveries: readonly Delivery[];
	/** What happened to it, for the packet trace; empty when nothing did. */
	readonly faults: readonly ("lost" | "duplicated" | "held back" | "corrupted")[];
}

const NONE: Crossing["faults"] = [];

/** The faults of a link as seen by the packets that the named end sends. */
export function impairmentFrom(link: LinkSpec, sender: string): ImpairmentSpec {
	return { ...link, ...link.oneWay?.[sender] };
}

/** Delay, jitter, loss, duplication, reordering and corruption of one direction; it works on any clock. */
export class Impairment {
	readonly #spec: ImpairmentSpec;
	readonly #random: Random;
	/** Nothing but loss happens in it. */
	readonly #isPlain: boolean;
	#lastAt: Instant = Number.NEGATIVE_INFINITY;

	constructor(spec: ImpairmentSpec, random: Random) {
		this.#spec = spec;
		this.#random = random;
		const { corrupt = 0, reorder = 0, duplicate = 0 } = spec;
		this.#isPlain = corrupt <= 0 && reorder <= 0 && duplicate <= 0;
	}

	/** Puts a packet in at `now`. The packet is not copied unless it is changed. */
	cross(packet: Uint8Array, now: Instant): Crossing {
		const spec = this.#spec;
		if (this.#random.chance(spec.loss ?? 0)) return { deliveries: [], faults: ["lost"] };
		if (this.#isPlain) return { deliveries: [{ packet, at: this.#arrival(now) }], faults: NONE };
		const faults: Crossing["faults"][number][] = [];
		let carried = packet;
		if (this.#random.chance(spec.corrupt ?? 0)) {
			carried = this.#flipBit(packet);
			faults.push("corrupted");
		}
		const deliveries: Delivery[] = [];
		if (this.#random.chance(spec.reorder ?? 0)) {
			const delay = (spec.delayMs ?? 0) + (spec.reorderMs ?? 10);
			deliveries.push({ packet: carried, at: now + Math.round(delay * MILLISECOND) });
			faults.push("held back");
		} else {
			deliveries.push({ packet: carried, at: this.#arrival(now) });
		}
		if (this.#random.chance(spec.duplicate ?? 0)) {
			deliveries.push({ packet: carried, at: this.#arrival(now) });
			faults.push("duplicated");
		}
		return { deliveries, faults };
	}

	/** A link is a queue: jitter stretches the gaps between packets but lets none overtake. */
	#arrival(now: Instant): Instant {
		const jitter = this.#spec.jitterMs ?? 0;
		const delay = (this.#spec.delayMs ?? 0) + (jitter > 0 ? jitter * this.#random.fraction() : 0);
		this.#lastAt = Math.max(this.#lastAt, now + Math.round(delay * MILLISECOND));
		return this.#lastAt;
	}

	#flipBit(packet: Uint8Array): Uint8Array {
		const copy = packet.slice();
		const bit = this.#random.below(copy.length * 8);
		const byte = bit >> 3;
		copy[byte] = (copy[byte] ?? 0) ^ (1 << (bit & 7));
		return copy;
	}
}
