/**
 * Answers that are surely about our flow but do not name their probe: old routers quote 8 bytes of the transport header,
 * an unprivileged socket is not shown even those, and some answers of a target's own name nothing.
 */
import type { Instant } from "../machine.ts";
import type { Reply } from "./channel.ts";
import type { HeldPath, HeldSlots } from "./held-slots.ts";
import { LoneSearch } from "./lone-search.ts";
import type { ReplyMeaning } from "./method.ts";
import type { Slot } from "./probe-book.ts";

/** An answer to one of our probes, but nobody knows which. */
export interface Unplaced {
	readonly reply: Reply;
	readonly meaning: ReplyMeaning;
	/** It may be the answer to several probes at once. */
	readonly joint: boolean;
}

/** Keeps such answers until only one hop is left that they can be from. */
export class ShortQuotes {
	#unplaced: Unplaced[] = [];
	/** What there ever was among them: answers of hops, of the path's end, and of several probes at once. */
	#hopHeard = false;
	#endHeard = false;
	#joint = false;
	#quoted = false;
	#asksAlone = false;
	readonly #search = new LoneSearch();

	add(unplaced: Unplaced): void {
		const { reply, meaning, joint } = unplaced;
		this.#unplaced.push(unplaced);
		this.#quoted ||= reply.type === "icmpError";
		this.#joint ||= joint;
		if (meaning.place === "hop") this.#hopHeard = true;
		else this.#endHeard = true;
	}

	get pending(): boolean {
		return this.#unplaced.length > 0;
	}

	/** Slots are being asked alone: what is kept came since then, and can be no answer to those that are not asked. */
	get asksAlone(): boolean {
		return this.#asksAlone;
	}

	/** Somebody quoted one of our packets, however little of it. */
	get quotes(): boolean {
		return this.#quoted;
	}

	/**
	 * Gives each kept answer the earliest-sent waiting slot, when all waiting slots are of one TTL (of answers that may be
	 * for several: when one alone waits). Answers that came before any waiting probe was sent, and further copies of those
	 * known already, are of no use and dropped.
	 */
	place(
		waiting: readonly Slot[],
		isCopy: (from: string) => boolean,
	): { readonly slot: Slot; readonly unplaced: Unplaced }[] {
		const ttl = waiting[0]?.ttl;
		if (ttl === undefined || waiting.some((slot) => slot.ttl !== ttl)) return [];
		if (waiting.length > 1 && this.#unplaced.some(({ joint }) => joint)) return [];
		const free = [...waiting].sort((a, b) => sentAt(a) - sentAt(b));
		const placed: { slot: Slot; unplaced: Unplaced }[] = [];
		for (const unplaced of this.#unplaced.sort((a, b) => a.reply.at - b.reply.at)) {
			const index = free.findIndex((slot) => sentAt(slot) <= unplaced.reply.at);
			const slot = free[index];
			if (slot === undefined || isCopy(unplaced.reply.from)) continue;
			free.splice(index, 1);
			placed.push({ slot, unplaced });
		}
		this.#unplaced = [];
		return placed;
	}

	/**
	 * Which of the slots that such an answer may belong to are asked again, alone: those of the lowest TTL, unless a
	 * silent hop lies before it, for then nothing tells how far the path goes on. Where its end has answered, it does go
	 * on so far: where nobody else's answers are in doubt the end is searched for. The kept answers are forgotten.
	 */
	askAlone(held: readonly Slot[], path: HeldPath): HeldSlots {
		this.#unplaced = [];
		this.#asksAlone = true;
		const oneByOne = this.#joint ? "slots" : "ttls";
		if (this.#endHeard && !this.#hopHeard) return this.#search.next(held, path, oneByOne);
		const ttl = held[0]?.ttl ?? 0;
		if (!this.#endHeard && ttl > path.highestAnsweredTtl + 1) return { ask: [], giveUp: held };
		const ask = held.filter((slot) => slot.ttl === ttl);
		return { ask: oneByOne === "slots" ? ask.slice(0, 1) : ask, giveUp: [] };
	}
}

function sentAt(slot: Slot): Instant {
	return slot.transmission?.sentAt ?? Number.POSITIVE_INFINITY;
}
