/**
 * Answers that are surely about our flow but quote too little to name the probe (old routers quote 8 bytes of the
 * transport header, and an unprivileged socket is not shown even those).
 */
import type { Reply } from "./channel.ts";
import type { ReplyMeaning } from "./method.ts";
import type { Slot } from "./probe-book.ts";

export interface Unplaced {
	readonly reply: Reply;
	readonly meaning: ReplyMeaning;
}

/**
 * Gives each unplaced answer the earliest-sent waiting slot, when all waiting slots are of one TTL; else null.
 * Answers that came before any waiting probe was sent are of no use and left out.
 */
export function placeTogether(
	unplaced: readonly Unplaced[],
	waiting: readonly Slot[],
): { readonly slot: Slot; readonly unplaced: Unplaced }[] | null {
	const ttl = waiting[0]?.ttl;
	if (ttl === undefined || waiting.some((slot) => slot.ttl !== ttl)) return null;
	const free = [...waiting].sort((a, b) => sentAt(a) - sentAt(b));
	const placed: { slot: Slot; unplaced: Unplaced }[] = [];
	for (const candidate of [...unplaced].sort((a, b) => a.reply.at - b.reply.at)) {
		const index = free.findIndex((slot) => sentAt(slot) <= candidate.reply.at);
		const slot = free[index];
		if (slot === undefined) continue;
		free.splice(index, 1);
		placed.push({ slot, unplaced: candidate });
	}
	return placed;
}

function sentAt(slot: Slot): number {
	return slot.transmission?.sentAt ?? Number.POSITIVE_INFINITY;
}
