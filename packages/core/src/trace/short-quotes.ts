/**
 * Answers that are surely about our flow but quote too little to name the probe: old routers quote 8 bytes of the
 * transport header, and an unprivileged socket is not shown even those.
 */
import type { Reply } from "./channel.ts";
import type { ReplyMeaning } from "./method.ts";
import type { Slot } from "./probe-book.ts";

/** An answer to one of our probes, but nobody knows which. */
export interface Unplaced {
	readonly reply: Reply;
	readonly meaning: ReplyMeaning;
}

/** Keeps such answers until only one hop is left that they can be from. */
export class ShortQuotes {
	#unplaced: Unplaced[] = [];

	add(unplaced: Unplaced): void {
		this.#unplaced.push(unplaced);
	}

	get pending(): boolean {
		return this.#unplaced.length > 0;
	}

	/** A router quoted one of them, however little. */
	get quotes(): boolean {
		return this.#unplaced.some(({ reply }) => reply.type === "icmpError");
	}

	/**
	 * Gives each kept answer the earliest-sent waiting slot, when all waiting slots are of one TTL. Answers that came
	 * before any waiting probe was sent, and further copies of those known already, are of no use and dropped.
	 */
	place(
		waiting: readonly Slot[],
		isCopy: (from: string) => boolean,
	): { readonly slot: Slot; readonly unplaced: Unplaced }[] {
		const ttl = waiting[0]?.ttl;
		if (ttl === undefined || waiting.some((slot) => slot.ttl !== ttl)) return [];
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
	 * silent hop lies before it, for then nothing tells how far the path goes on. The kept answers are forgotten.
	 */
	askAlone(held: readonly Slot[], highestAnsweredTtl: number): readonly Slot[] {
		this.#unplaced = [];
		const ttl = held[0]?.ttl;
		if (ttl === undefined || ttl > highestAnsweredTtl + 1) return [];
		return held.filter((slot) => slot.ttl === ttl);
	}
}

function sentAt(slot: Slot): number {
	return slot.transmission?.sentAt ?? Number.POSITIVE_INFINITY;
}
