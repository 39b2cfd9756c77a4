/** What path MTU discovery found, as the result shows it. */

import type { ProbeBook } from "../probe-book.ts";
import type { MtuDrop, TraceWarning } from "../result.ts";
import { dropTtl, lastAnswered, lastTelling, longestTo, type MtuBooks } from "./books.ts";
import type { FoundMtu } from "./search.ts";
import { LEAST_MTU } from "./sizes.ts";

/** Every place where packets must become shorter, in order of hops. */
export function mtuDrops(books: MtuBooks, found: readonly FoundMtu[]): readonly MtuDrop[] {
	const { book, lengths } = books;
	const drops: MtuDrop[] = [];
	for (const [from, mtu] of lengths.speakingRouters())
		drops.push({ ttl: dropTtl(books, from), from, mtu, found: "told" });
	for (const [from] of lengths.muteRouters()) {
		const ttl = dropTtl(books, from);
		const mtu = found.find(({ router }) => router === from)?.mtu ?? longestTo(books, ttl + 1);
		if (mtu !== null) drops.push({ ttl, from, mtu, found: "tried" });
	}
	for (const { ttl, mtu, router } of found) {
		if (router === null) drops.push({ ttl, from: hopAddress(book, ttl), mtu, found: "tried" });
	}
	drops.sort((a, b) => a.ttl - b.ttl || b.mtu - a.mtu);
	// Routers side by side with links alike are one place.
	return drops.filter(
		({ ttl, mtu }, index) => drops.findIndex((drop) => drop.ttl === ttl && drop.mtu === mtu) === index,
	);
}

/** Warnings of packets that vanish without a word. */
export function blackHoleWarnings(book: ProbeBook, found: readonly FoundMtu[]): readonly TraceWarning[] {
	const holes = found.filter(({ router }) => router === null);
	return holes.map(({ ttl, mtu }) => ({ code: "mtuBlackHole", ttl, from: hopAddress(book, ttl), mtu }));
}

/** Bytes of the longest packet that passes the whole path, or as much of it as tells; null: not known. */
export function pathMtuOf(books: MtuBooks, lastTtl: number, drops: readonly MtuDrop[]): number | null {
	const { book, context } = books;
	const ttl = lastTelling(books, lastTtl) ?? lastAnswered(book, lastTtl);
	if (ttl === null) return null;
	const reached = longestTo(books, ttl) ?? 0;
	const beyond = drops.filter((drop) => drop.ttl >= ttl || reached <= context.length).map(({ mtu }) => mtu);
	// The target may dislike long packets for something else.
	const least =
		reached <= context.length && context.linkMtu !== context.length
			? []
			: [Math.max(reached, LEAST_MTU[context.family])];
	const known = [...least, ...beyond];
	return known.length === 0 ? null : Math.min(...known);
}

function hopAddress(book: ProbeBook, ttl: number): string | null {
	for (const { answer } of book.hop(ttl)) {
		if (answer !== null && answer.meaning.kind !== "packetTooBig") return answer.reply.from;
	}
	return null;
}
