/** Whose an answer is that does not name its probe, in a continuous trace: never a guess between several hops. */
import type { Reply } from "../channel.ts";
import type { FlowMatch } from "../ping/ping-hearing.ts";
import type { Slot, Transmission } from "../probe-book.ts";

/** Answerers whose TTL is remembered. */
const ANSWERERS_KEPT = 1_024;

/** Learns from answers that name their probes who answers where. */
export class UnnamedAnswers {
	readonly #waiting: ReadonlySet<Slot>;
	/** TTLs by answerer; null: it answers at several. */
	readonly #ttls = new Map<string, number | null>();
	/** TTLs whose answers name their probes. */
	readonly #named = new Set<number>();
	#unplaced = 0;

	constructor(waiting: ReadonlySet<Slot>) {
		this.#waiting = waiting;
	}

	/** Answers that could not be placed. */
	get unplaced(): number {
		return this.#unplaced;
	}

	/** An answer is known to be this TTL's. */
	learn(ttl: number, from: string, { inferred }: { readonly inferred: boolean }): void {
		if (!inferred) this.#named.add(ttl);
		const known = this.#ttls.get(from);
		if (known === undefined) {
			if (this.#ttls.size < ANSWERERS_KEPT) this.#ttls.set(from, ttl);
		} else if (known !== ttl) this.#ttls.set(from, null);
	}

	/** The probe that it is for: the one waited for longest of the only TTL it can be; null: it may be of several. */
	place({ at, from }: Pick<Reply, "at" | "from">, { ttl }: Pick<FlowMatch, "ttl">): Transmission | null {
		const open: Transmission[] = [];
		for (const { transmission } of this.#waiting) {
			if (transmission !== null && transmission.sentAt <= at) open.push(transmission);
		}
		const only = ttl ?? this.#ttls.get(from) ?? this.#onlyTtl(open);
		const found = open.find(({ slot }) => slot.ttl === only) ?? null;
		if (found === null) this.#unplaced++;
		return found;
	}

	#onlyTtl(open: readonly Transmission[]): number | null {
		const ttls = new Set(open.map(({ slot }) => slot.ttl).filter((ttl) => !this.#named.has(ttl)));
		const [ttl = null] = ttls;
		return ttls.size === 1 ? ttl : null;
	}
}
