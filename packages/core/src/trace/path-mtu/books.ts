/** What is known of the lengths that came how far, read from the books of a trace. */
import type { Companions } from "../companions.ts";
import type { ProbeContext, TraceMethod } from "../method.ts";
import type { ProbeBook, Slot } from "../probe-book.ts";
import type { ProbeLengths } from "./probe-lengths.ts";

/** The books that path MTU discovery keeps and reads. */
export interface MtuBooks {
	readonly book: ProbeBook;
	readonly companions: Companions;
	readonly lengths: ProbeLengths;
	readonly method: Pick<TraceMethod, "targetMayRefuseLength">;
	readonly context: ProbeContext;
}

/** Bytes of the longest packet that is known to have come to this TTL or beyond; null: none is. */
export function longestTo(books: MtuBooks, ttl: number): number | null {
	const slots: Iterable<Slot>[] = [books.book.slots(), books.companions.slots];
	let longest = 0;
	for (const slot of slots.flatMap((some) => [...some])) {
		const size = slot.answer?.transmission.size ?? 0;
		if (slot.ttl >= ttl && size > longest && slot.answer?.meaning.kind !== "packetTooBig") longest = size;
	}
	for (const [router, size] of books.lengths.longestRefused()) {
		if (size > longest && dropTtl(books, router) >= ttl) longest = size;
	}
	return longest === 0 ? null : longest;
}

/** The TTL of the hop that a router is which refused packets for their length: the links before it took them. */
export function dropTtl({ book, lengths }: Pick<MtuBooks, "book" | "lengths">, router: string): number {
	const own = lengths.refusals.filter(({ from }) => from === router);
	const named = own.filter(({ ttl }) => ttl !== null);
	// Packets with a TTL no larger than the router's hop expire there.
	const before = Math.min(...named.map(({ ttl }) => ttl ?? 0)) - 1;
	const hop = lengths.hopOf(router);
	if (named.length === 0) return hop ?? book.firstTtl - 1;
	if (hop !== null && hop <= before) return hop;
	const quoted = named.flatMap(({ ttl, quotedTtl }) => (quotedTtl === null ? [] : [(ttl ?? 0) - quotedTtl + 1]));
	const plausible = quoted.filter((at) => at > 0 && at <= before);
	return Math.min(before, ...plausible);
}

/** Somebody answered a probe of this TTL, be it to refuse nothing but its TTL. */
export function isAnswered(book: ProbeBook, ttl: number): boolean {
	return book.hop(ttl).some(({ answer }) => answer !== null && answer.meaning.kind !== "packetTooBig");
}

/** The last TTL up to a path's end that was answered; null: none. */
export function lastAnswered(book: ProbeBook, lastTtl: number): number | null {
	for (let ttl = lastTtl; ttl >= book.firstTtl; ttl--) if (isAnswered(book, ttl)) return ttl;
	return null;
}

/**
 * The last TTL whose silence about a long packet is the path's: the last that was answered, or the last before it where
 * an application answers, which may ignore what it finds too long; null: none.
 */
export function lastTelling({ book, method }: Pick<MtuBooks, "book" | "method">, lastTtl: number): number | null {
	const ttl = lastAnswered(book, lastTtl);
	const isApplication = ttl !== null && method.targetMayRefuseLength === true && isAnsweredInKind(book, ttl);
	return isApplication ? lastAnswered(book, ttl - 1) : ttl;
}

/** The target answered with packets of the method's protocol. Its ICMP errors come from its kernel, which knows no limit. */
function isAnsweredInKind(book: ProbeBook, ttl: number): boolean {
	return book.hop(ttl).some(({ answer }) => answer?.meaning.place === "target" && answer.reply.type === "packet");
}
