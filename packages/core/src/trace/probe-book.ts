/** The books of one trace: a slot for each (TTL, query), every packet sent for it, and what became of it. */
import type { Instant } from "../machine.ts";
import type { ProbePacket, Reply, SystemError } from "./channel.ts";
import type { Companion, ProbeRequest, ReplyMeaning } from "./method.ts";

/** One packet that left for a slot. The stamp starts as ours and becomes the kernel's when that arrives. */
export interface Transmission {
	readonly sequence: number;
	readonly slot: Slot;
	/** What the method was asked for. */
	readonly request: ProbeRequest;
	/** What the method made of it; null before it is sent. */
	packet: ProbePacket | null;
	sentAt: Instant;
	stamp: "kernel" | "user";
	/** Bytes of the whole IP packet; null where that is not known. */
	size: number | null;
}

/** A reply that is known to be about one of our packets. */
export interface Answer {
	readonly transmission: Transmission;
	readonly reply: Reply;
	readonly meaning: ReplyMeaning;
	/** It came after the slot had been given up. */
	readonly late: boolean;
	/** The quote did not name the probe; there was only one it could be. */
	readonly inferred: boolean;
}

/**
 * `held`: unanswered, but a router that quotes too little may have answered it, so it will be asked again alone.
 * `failed`: could not be sent.
 */
export type SlotState = "unsent" | "waiting" | "held" | "answered" | "expired" | "failed";

/** A router's word that a packet of `length` bytes is too long for its next link, which takes `mtu` (null: it did not say). */
export interface LengthRefusal {
	readonly from: string;
	readonly length: number;
	readonly mtu: number | null;
	readonly rttNs: number;
}

/** One cell of the trace: the query-th probe to a TTL, or a companion beside the hops. */
export interface Slot {
	readonly ttl: number;
	readonly query: number;
	/** Null for the probes of hops. */
	readonly companion: Companion | null;
	/** Length in bytes of the IP packet to send; null: the trace's. */
	length: number | null;
	/** Changed by `ProbeBook.mark` alone. */
	state: SlotState;
	/** The latest packet sent for it. */
	transmission: Transmission | null;
	attempts: number;
	/** Packets that said the same before that one and stayed unanswered, as the method wants it. */
	readonly unanswered: Transmission[];
	answer: Answer | null;
	duplicates: number;
	error: SystemError | null;
	/** The target asked for another packet: what the method makes it of, and what it said of each such answer. */
	again: { readonly state: unknown; readonly details: readonly Readonly<Record<string, unknown>>[] } | null;
	/** --mtu: who refused its packets for their length, before a shorter one was sent. */
	readonly refusals: LengthRefusal[];
	/** For an unanswered slot of the target: a probe with a larger TTL whose answer stands for it. */
	stand: Slot | null;
}

/** Round trip in nanoseconds; the kernel's own measure of a TCP handshake where there is one. */
export function roundTrip(answer: Answer): number {
	if (answer.reply.type === "connect" && answer.reply.rttNs !== null) return answer.reply.rttNs;
	return Math.max(0, answer.reply.at - answer.transmission.sentAt);
}

/** It was answered, given up, or could not be sent. */
export function isSettled(slot: Slot): boolean {
	return slot.state === "answered" || slot.state === "expired" || slot.state === "failed";
}

/** All slots of a trace and the packets sent for them. */
export class ProbeBook {
	/** By sequence number; null: a farewell, which has no answer. */
	readonly transmissions: (Transmission | null)[] = [];
	readonly #rows: Slot[][];
	readonly #waiting = new Set<Slot>();
	#held = 0;
	readonly firstTtl: number;
	readonly maxTtl: number;
	readonly queries: number;

	constructor(firstTtl: number, maxTtl: number, queries: number) {
		this.firstTtl = firstTtl;
		this.maxTtl = maxTtl;
		this.queries = queries;
		this.#rows = Array.from({ length: maxTtl - firstTtl + 1 }, (_, row) =>
			Array.from({ length: queries }, (_, query) => emptySlot(firstTtl + row, query)),
		);
	}

	/** The slots of one TTL, in the order of their queries; none outside the trace's range. */
	hop(ttl: number): readonly Slot[] {
		return this.#rows[ttl - this.firstTtl] ?? [];
	}

	/** Every slot up to and including a TTL, TTL by TTL. */
	*slots(lastTtl = this.maxTtl): Generator<Slot> {
		for (let ttl = this.firstTtl; ttl <= lastTtl; ttl++) yield* this.hop(ttl);
	}

	/** Slots in the order to send them: round by round, so that no router is asked twice before all are asked once. */
	sendingOrder(): Slot[] {
		const order: Slot[] = [];
		for (let query = 0; query < this.queries; query++) {
			for (const row of this.#rows) {
				const slot = row[query];
				if (slot !== undefined) order.push(slot);
			}
		}
		return order;
	}

	/** Books a new packet for a slot, sent now as far as we can tell. */
	transmit(slot: Slot, asked: Omit<ProbeRequest, "sequence" | "ttl">, now: Instant): Transmission {
		const sequence = this.transmissions.length;
		const request: ProbeRequest = { ...asked, ttl: slot.ttl, sequence };
		const transmission: Transmission = {
			sequence,
			slot,
			request,
			packet: null,
			sentAt: now,
			stamp: "user",
			size: null,
		};
		this.transmissions.push(transmission);
		slot.transmission = transmission;
		slot.attempts++;
		this.mark(slot, "waiting");
		return transmission;
	}

	/** The largest TTL that a probe of a hop was sent with; 0: none was. */
	get latestSentTtl(): number {
		return this.#rows.findLast((row) => row.some(({ attempts }) => attempts > 0))?.[0]?.ttl ?? 0;
	}

	/** Takes a sequence number for a packet that nobody answers. */
	bookFarewell(): number {
		return this.transmissions.push(null) - 1;
	}

	/** Changes what is known of a slot. Companions are counted by their own book. */
	mark(slot: Slot, state: SlotState): void {
		if (slot.companion !== null) {
			slot.state = state;
			return;
		}
		if (slot.state === "waiting") this.#waiting.delete(slot);
		if (slot.state === "held") this.#held--;
		if (state === "waiting") this.#waiting.add(slot);
		if (state === "held") this.#held++;
		slot.state = state;
	}

	/** Some slots wait to be asked again alone. */
	get holds(): boolean {
		return this.#held > 0;
	}

	/** Slots that an answer is waited for, in the order they were sent. */
	get waiting(): ReadonlySet<Slot> {
		return this.#waiting;
	}

	/** How many of them are on the path as far as this TTL. */
	waitingUpTo(lastTtl: number): number {
		let count = 0;
		for (const { ttl } of this.#waiting) if (ttl <= lastTtl) count++;
		return count;
	}

	/** Nothing with a larger TTL was answered, or may have been. */
	isSilentBeyond(ttl: number): boolean {
		for (const slot of this.slots()) {
			if (slot.ttl > ttl && (slot.answer !== null || slot.state === "held")) return false;
		}
		return true;
	}

	/** Answered slots beyond a TTL whose answers came from where the trace ends, not yet standing for another slot. */
	samplesBeyond(ttl: number): Slot[] {
		const used = new Set(this.hop(ttl).map((slot) => slot.stand));
		const samples: Slot[] = [];
		for (let beyond = ttl + 1; beyond <= this.maxTtl; beyond++) {
			for (const slot of this.hop(beyond)) {
				if (slot.answer !== null && slot.answer.meaning.place !== "hop" && !used.has(slot)) samples.push(slot);
			}
		}
		return samples;
	}
}

/** Takes over when the channel says that a packet left; a farewell has nothing to take it over. */
export function correctSent(
	transmission: Transmission | null | undefined,
	{ at, stamp }: Pick<Transmission, "stamp"> & { readonly at: Instant },
): void {
	if (transmission === null || transmission === undefined) return;
	transmission.sentAt = at;
	transmission.stamp = stamp;
}

/** A slot that nothing was sent for yet. */
export function emptySlot(ttl: number, query: number, companion: Companion | null = null): Slot {
	return {
		ttl,
		query,
		companion,
		length: companion?.length ?? null,
		state: "unsent",
		transmission: null,
		attempts: 0,
		unanswered: [],
		answer: null,
		duplicates: 0,
		error: null,
		again: null,
		refusals: [],
		stand: null,
	};
}
