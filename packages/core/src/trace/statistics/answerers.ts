/** Who answers for one hop, and when that became somebody else. */
import type { ExtensionJson, ProbeResult } from "../result.ts";
import type { KnownName } from "./known-name.ts";
import { LatestRttFigures } from "./rtt-figures.ts";
import type { AnswererSummary, RttSummary } from "./summary.ts";

/** Those who answered are told apart up to so many for each hop. */
export const ANSWERERS_KEPT = 64;
/** Somebody new who answers so many times in a row is the path's new way, not another way beside it. */
const CONFIRMED = 3;
/** The old one back before the new one answered so many times in a row: they share the load, and nothing has changed. */
const SETTLED = 6;
/** Who has been silent for so many answers of the hop is no longer one of those who share the load. */
const FORGOTTEN = 32;

/** The word of a hop that its answerer changed: in which round first, from whom to whom. */
export interface AnswererChange {
	readonly round: number;
	readonly from: string;
	readonly to: string;
}

/** News for the path's list of changes. */
export type ChangeNews =
	| { readonly type: "changed"; readonly change: AnswererChange }
	/** It was load balancing. */
	| { readonly type: "withdrawn"; readonly change: AnswererChange };

interface Answerer {
	received: number;
	readonly firstRound: number;
	lastRound: number;
	extensions: readonly ExtensionJson[];
	readonly figures: LatestRttFigures;
}

/** All answerers of one hop. */
export class Answerers {
	readonly #known = new Map<string, Answerer>();
	/** Those who share the load now, and at which answer of the hop each was last heard. */
	readonly #sharing = new Map<string, number>();
	#answers = 0;
	#current: string | null = null;
	/** Somebody outside of them, round after round. */
	#visitor: { readonly address: string; readonly round: number; times: number } | null = null;
	/** The latest change, while it may still be withdrawn. */
	#pending: { readonly change: AnswererChange; readonly before: readonly string[]; times: number } | null = null;

	/** Who answered last. */
	get current(): string | null {
		return this.#current;
	}

	/** Takes an answer in time; news where it shows that the path changed. */
	answered(round: number, from: string, probe: Pick<ProbeResult, "rttNs" | "extensions">): ChangeNews | null {
		this.#count(round, from, probe);
		this.#current = from;
		this.#answers++;
		const news = this.#watch(round, from);
		if (this.#sharing.has(from) || this.#sharing.size === 0) this.#sharing.set(from, this.#answers);
		for (const [address, answer] of this.#sharing) {
			if (answer < this.#answers - FORGOTTEN) this.#sharing.delete(address);
		}
		return news;
	}

	/** The one that answers now first, then by their share. */
	summary(nameOf: (address: string) => KnownName): readonly AnswererSummary[] {
		const rows = [...this.#known].map(([address, answerer]) => {
			const { received, firstRound, lastRound, extensions, figures } = answerer;
			const rtt = figures.summary() as RttSummary;
			return { address, ...nameOf(address), received, rtt, extensions, firstRound, lastRound };
		});
		const rank = ({ address, received }: AnswererSummary) =>
			address === this.#current ? Number.POSITIVE_INFINITY : received;
		return rows.length < 2 ? rows : rows.sort((a, b) => rank(b) - rank(a));
	}

	#count(round: number, from: string, { rttNs, extensions }: Pick<ProbeResult, "rttNs" | "extensions">): void {
		let known = this.#known.get(from);
		if (known === undefined) {
			if (this.#known.size >= ANSWERERS_KEPT) return;
			known = { received: 0, firstRound: round, lastRound: round, extensions, figures: new LatestRttFigures() };
			this.#known.set(from, known);
		}
		known.received++;
		known.lastRound = Math.max(known.lastRound, round);
		known.extensions = extensions;
		known.figures.add(rttNs ?? 0);
	}

	#watch(round: number, from: string): ChangeNews | null {
		if (this.#sharing.has(from)) {
			// Who came between answers of those already known shares the load with them.
			if (this.#visitor !== null) this.#sharing.set(this.#visitor.address, this.#answers);
			this.#visitor = null;
			if (this.#pending !== null && ++this.#pending.times >= SETTLED) this.#pending = null;
			return null;
		}
		if (this.#pending?.before.includes(from) === true) return this.#withdraw(this.#pending, from);
		if (this.#sharing.size === 0) return null;
		if (this.#visitor !== null && this.#visitor.address !== from) {
			// Two strangers in a row: the load goes over more ways than were seen yet.
			for (const address of [this.#visitor.address, from]) this.#sharing.set(address, this.#answers);
			this.#visitor = null;
			return null;
		}
		this.#visitor ??= { address: from, round, times: 0 };
		return ++this.#visitor.times < CONFIRMED ? null : this.#confirm(this.#visitor);
	}

	#confirm({ address: to, round, times }: { address: string; round: number; times: number }): ChangeNews {
		const before = [...this.#sharing].sort((a, b) => b[1] - a[1]).map(([address]) => address);
		const change = { round, from: before[0] as string, to };
		this.#pending = { change, before, times };
		this.#visitor = null;
		this.#sharing.clear();
		this.#sharing.set(to, this.#answers);
		return { type: "changed", change };
	}

	#withdraw({ change, before }: { change: AnswererChange; before: readonly string[] }, from: string): ChangeNews {
		this.#pending = null;
		for (const address of [...before, from]) this.#sharing.set(address, this.#answers);
		return { type: "withdrawn", change };
	}
}
