/** The books of a continuous trace: those of a ping, with the round of each probe. */
import { PACKET_NUMBERS, PingBook } from "../ping/ping-book.ts";
import type { Slot } from "../probe-book.ts";
import type { RoundsConfig } from "./rounds.ts";

/** Half of what 16 bits hold: methods have room for no more in their packets. */
const MOST_NUMBERS = 32_768;

/**
 * The same in a connection, where whatever reaches the receiver stays in its memory (`SESSION_NUMBERS` of pings): a path has
 * more hops than a ping, but few of its probes get that far, and 80 kB were seen to hold 97.
 */
const SESSION_NUMBERS = 64;

/**
 * How many numbers packets take turns with: twice as many as may be under way if every hop stayed silent, a power of 2. Where
 * there are not enough for that, rounds wait for room.
 */
export function packetNumbers(
	{ options, rounds }: Pick<RoundsConfig, "options" | "rounds">,
	{ isSession }: { readonly isSession: boolean },
): number {
	if (isSession) return SESSION_NUMBERS;
	const hops = options.maxTtl - options.firstTtl + 1;
	const underWay = hops * (Math.ceil(options.waitMaxNs / rounds.intervalNs) + 1);
	let numbers = PACKET_NUMBERS;
	while (numbers < 2 * underWay && numbers < MOST_NUMBERS) numbers *= 2;
	return numbers;
}

/** A probe is a slot whose `query` counts from 0 without end. */
export class RoundsBook extends PingBook {
	readonly #rounds = new WeakMap<Slot, number>();

	/** Probes that may still leave before others are settled. */
	get room(): number {
		return this.mostWaiting - this.waiting.size;
	}

	/** A new probe of a round, not yet sent. */
	override add(ttl: number, round = 0): Slot {
		const slot = super.add(ttl);
		this.#rounds.set(slot, round);
		return slot;
	}

	/** The round that a probe belongs to. */
	roundOf(slot: Slot): number {
		return this.#rounds.get(slot) ?? 0;
	}
}
