/** How a trace tells its hops: each once, in order, when every probe of it is settled. */
import type { Instant } from "../machine.ts";
import type { TraceEvent } from "./events.ts";
import { isSettled } from "./probe-book.ts";
import type { Settling } from "./settling.ts";
import { hopResult, type QuoteView, toldLastTtl } from "./trace-result.ts";
import type { Tracer } from "./tracer.ts";

/** The hops of one trace as they become known. */
export class Telling {
	readonly #tracer: Tracer;
	readonly #settling: Settling;
	/** What events say of quoted packets. */
	readonly quotes: QuoteView;
	readonly #event: (event: TraceEvent) => void;

	constructor(tracer: Tracer, settling: Settling, event: (event: TraceEvent) => void) {
		this.#tracer = tracer;
		this.#settling = settling;
		this.quotes = tracer.config.options.compareEvents ? "compared" : "plain";
		this.#event = event;
	}

	/** Tells hops that are settled: until one is not, until too many in a row were silent (-H), or all there are. */
	tellHops(now: Instant): "unsettled" | "silentHops" | "all" {
		const { book } = this.#settling;
		while (this.#settling.toldBelowTtl <= this.#tracer.lastTtl) {
			const ttl = this.#settling.toldBelowTtl;
			if (!book.hop(ttl).every(isSettled)) return "unsettled";
			const isLast = ttl === this.#tracer.lastTtl;
			const silent = !isLast && this.#silentRunEndsAt(ttl);
			this.#tellHop(ttl, silent || isLast, now);
			if (silent) return "silentHops";
		}
		return "all";
	}

	/** A trace cut short gives up what it still waited for, and tells those hops too. */
	tellCutHops(now: Instant): void {
		const { book } = this.#settling;
		for (const slot of book.slots()) {
			if (slot.state === "waiting" || slot.state === "held") book.mark(slot, "expired");
		}
		const lastTtl = toldLastTtl(this.#tracer);
		for (let ttl = this.#settling.toldBelowTtl; ttl <= lastTtl; ttl++) this.#tellHop(ttl, ttl === lastTtl, now);
	}

	#tellHop(ttl: number, last: boolean, now: Instant): void {
		this.#settling.toldBelowTtl = ttl + 1;
		const hop = hopResult(this.#tracer, ttl, this.quotes);
		if (hop.probes.length > 0) this.#event({ type: "hop", atNs: now - this.#tracer.startedAt, hop, last });
	}

	/** -H: this TTL ends a run of so many silent hops, and nothing beyond answered either. */
	#silentRunEndsAt(ttl: number): boolean {
		const { book } = this.#settling;
		const { maxSilentHops } = this.#tracer.config.options;
		if (maxSilentHops === null || ttl - book.firstTtl + 1 < maxSilentHops) return false;
		return book.isSilentBeyond(ttl - maxSilentHops);
	}
}
