/** The books of a ping: the probes under way and the latest of those before them, however long it runs. */
import type { Instant } from "../../machine.ts";
import type { ProbeRequest } from "../method.ts";
import { emptySlot, type Slot, type SlotState, type Transmission } from "../probe-book.ts";

/**
 * Packets are numbered from 0 to here and then anew, since methods have room for no more in their packets (in a connection
 * the longest probes have 1792 places); an answer later than that many packets is taken for another probe's.
 */
export const PACKET_NUMBERS = 1_024;

/**
 * The same in a connection: the receiver keeps every probe that has a number of its own, at the price of a whole buffer, and
 * falls silent when its memory is full; bytes that it has already cost it nothing and are acknowledged as well. Linux with
 * a receive buffer of 80 kB was seen to keep 97.
 */
export const SESSION_NUMBERS = 32;

/** Settled probes that the result shows. */
export const MOST_RECENT = 1_000;

/** A probe is a slot whose `query` counts from 0 without end. */
export class PingBook {
	readonly #transmissions: (Transmission | null)[];
	/** In the order in which their latest packets were sent. */
	readonly #waiting = new Set<Slot>();
	#recent: Slot[] = [];
	#nextNumber = 0;
	#rounds = 0;
	#booked = 0;

	constructor(numbers: number) {
		this.#transmissions = Array.from({ length: numbers }, () => null);
	}

	/** Probes under way at most, half as many as there are numbers: none is given away twice at a time. */
	get mostWaiting(): number {
		return this.#transmissions.length / 2;
	}

	/** Probes so far. */
	get booked(): number {
		return this.#booked;
	}

	/** Counts how often the packets' numbers have begun anew. */
	get rounds(): number {
		return this.#rounds;
	}

	get waiting(): ReadonlySet<Slot> {
		return this.#waiting;
	}

	/** The latest settled probes, in the order in which they were sent. */
	get recent(): readonly Slot[] {
		return this.#recent.slice(-MOST_RECENT).sort((a, b) => a.query - b.query);
	}

	/** All that is kept, for tests of how much that is. */
	get kept(): number {
		return this.#transmissions.length + this.#waiting.size + this.#recent.length;
	}

	/** A new probe, not yet sent. */
	add(ttl: number): Slot {
		return emptySlot(ttl, this.#booked++);
	}

	/** Books a packet for a probe, sent now as far as we can tell. */
	transmit(slot: Slot, asked: Omit<ProbeRequest, "sequence" | "ttl">, now: Instant): Transmission {
		const sequence = this.number();
		const request = { ...asked, ttl: slot.ttl, sequence };
		const transmission: Transmission = {
			sequence,
			slot,
			request,
			packet: null,
			sentAt: now,
			stamp: "user",
			size: null,
		};
		this.#transmissions[sequence] = transmission;
		slot.transmission = transmission;
		slot.attempts++;
		slot.state = "waiting";
		this.#waiting.delete(slot);
		this.#waiting.add(slot);
		return transmission;
	}

	/** A number for a packet; whatever packet had it before is forgotten. */
	number(): number {
		while (this.#isWaitedFor(this.#nextNumber)) this.#advance();
		const number = this.#nextNumber;
		this.#transmissions[number] = null;
		this.#advance();
		return number;
	}

	/** What left under this number; null: nothing that is still known. */
	find(number: number): Transmission | null {
		return this.#transmissions[number] ?? null;
	}

	settle(slot: Slot, state: Extract<SlotState, "answered" | "expired" | "failed">): void {
		slot.state = state;
		this.#waiting.delete(slot);
		this.#recent.push(slot);
		// Cut in one go now and then, which is cheaper than moving all of them for each.
		if (this.#recent.length >= 2 * MOST_RECENT) this.#recent = this.#recent.slice(-MOST_RECENT);
	}

	#isWaitedFor(number: number): boolean {
		const transmission = this.#transmissions[number] ?? null;
		return transmission !== null && this.#waiting.has(transmission.slot) && isLatest(transmission);
	}

	#advance(): void {
		this.#nextNumber = (this.#nextNumber + 1) % this.#transmissions.length;
		if (this.#nextNumber === 0) this.#rounds++;
	}
}

function isLatest(transmission: Transmission): boolean {
	return transmission.slot.transmission === transmission;
}
