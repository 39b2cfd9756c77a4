/** Path MTU discovery as the tracer drives it: lengths of probes, the search beside the hops, and what came of both. */
import type { Instant } from "../../machine.ts";
import type { Reply, SystemError } from "../channel.ts";
import type { Companions } from "../companions.ts";
import type { ProbeContext, TraceMethod } from "../method.ts";
import type { PathEnd } from "../path-end.ts";
import type { ProbeBook, Slot, Transmission } from "../probe-book.ts";
import type { MtuDrop, TraceWarning } from "../result.ts";
import type { Schedule } from "../schedule.ts";
import { longestTo, type MtuBooks } from "./books.ts";
import { blackHoleWarnings, mtuDrops, pathMtuOf } from "./mtu-result.ts";
import { ProbeLengths } from "./probe-lengths.ts";
import { PathMtuSearch } from "./search.ts";

/** What discovery works on: the books of one trace, and the schedule that sends slots again. */
export interface DiscoveryParts {
	readonly book: ProbeBook;
	readonly companions: Companions;
	readonly method: TraceMethod;
	readonly context: ProbeContext;
	readonly schedule: Schedule;
	readonly end: PathEnd;
}

/** The part of a trace that `pathMtu` asks for. */
export class PathMtuDiscovery {
	readonly #parts: DiscoveryParts;
	readonly #books: MtuBooks;
	readonly #lengths: ProbeLengths;
	readonly #search: PathMtuSearch;

	constructor(parts: DiscoveryParts) {
		const { book, companions, method, context } = parts;
		this.#parts = parts;
		this.#lengths = new ProbeLengths(book, context);
		this.#books = { book, companions, method, context, lengths: this.#lengths };
		this.#search = new PathMtuSearch(this.#books);
	}

	/** A packet was refused for its length. False: that is its answer. */
	refused(transmission: Transmission, reply: Reply): boolean {
		if (reply.type !== "icmpError") return false;
		const outcome = this.#lengths.refused(transmission, reply);
		if (outcome === "resend") this.#resend(transmission.slot);
		return outcome !== "final";
	}

	/** A router refused a packet for its length and quoted too little to say which. */
	refusedUnnamed(reply: Reply): void {
		this.#lengths.refusedUnnamed(reply);
	}

	/** Our own link does not take a packet. False: the probe cannot be sent. */
	refusedHere(slot: Slot, error: SystemError): boolean {
		if (error.code !== "messageTooLong" || !this.#lengths.refusedHere(slot, error.mtu ?? null)) return false;
		this.#resend(slot);
		return true;
	}

	/** A slot was waited for in vain. True: a shorter packet is worth sending. */
	mayHaveLostWord(slot: Slot): boolean {
		if (!this.#lengths.mayHaveLostWord(slot)) return false;
		this.#resend(slot);
		return true;
	}

	/** All else has come to rest. True: the search goes on. */
	searchOn(now: Instant): boolean {
		return this.#search.advance(this.#parts.end.lastTtl, now);
	}

	/** When the search goes on by itself; null: it waits for nothing. */
	get retryAt(): Instant | null {
		return this.#search.retryAt;
	}

	/** Bytes of the longest packet that is known to have come to a hop, as its result has them. */
	hopField(ttl: number): { readonly mtu?: number } {
		const mtu = longestTo(this.#books, ttl);
		return mtu === null ? {} : { mtu };
	}

	/** The result's own fields. */
	fields(): { readonly pathMtu: number | null; readonly mtuDrops: readonly MtuDrop[] } {
		const drops = mtuDrops(this.#books, this.#search.found);
		const pathMtu = this.#search.isOpen ? null : pathMtuOf(this.#books, this.#parts.end.lastTtl, drops);
		return { pathMtu, mtuDrops: drops };
	}

	get warnings(): readonly TraceWarning[] {
		return blackHoleWarnings(this.#parts.book, this.#search.found);
	}

	/** At once, apart from the rounds; packets beyond the path's end are not worth it. */
	#resend(slot: Slot): void {
		const { book, schedule, end } = this.#parts;
		const isBeyond = slot.ttl > end.lastTtl;
		book.mark(slot, isBeyond ? "expired" : "unsent");
		if (!isBeyond) schedule.repeat([slot]);
	}
}
