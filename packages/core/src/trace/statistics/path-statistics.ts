/** The statistics of a path, kept as events come: of a continuous trace or of one trace. */
import type { TraceEvent } from "../events.ts";
import type { HopResult, ProbeResult, TraceResult } from "../result.ts";
import { PathLength } from "../rounds/path-length.ts";
import type { RoundsEvent } from "../rounds/round-events.ts";
import { Flows, ROUNDS_OPEN } from "./flows.ts";
import { HopFigures } from "./hop-figures.ts";
import { type KnownName, knownName, learnName } from "./known-name.ts";
import { lossMeanings } from "./loss-meaning.ts";
import { answerPlace } from "./place.ts";
import { CHANGES_KEPT, type PathChange, type PathSummary } from "./summary.ts";

/** TTLs have 8 bits. */
const MOST_TTL = 255;
/** Names of addresses that are kept. */
const NAMES_KEPT = 4_096;
const NAMELESS: KnownName = { name: null, asn: null };

/**
 * Takes the events of one run in their order and says at any time what they come to. `summary` costs little where little
 * happened: what is unchanged is the same object as before. It takes the same room however long the run is.
 */
export class PathStatistics {
	#target = "";
	/** Of one trace: probes to each hop. */
	#queries = Number.POSITIVE_INFINITY;
	readonly #names = new Map<string, KnownName>();
	/** Rounds before this one do not count. */
	#fromRound = 0;
	/** The round whose probes were told last, and how far they go. */
	#sent = { round: -1, lastTtl: 0 };
	#atNs = 0;
	/** Where a trace that is over ended; null: it is for the answers to say. */
	#lastTtl: number | null = null;
	#hops = new Map<number, HopFigures>();
	#length = new PathLength(1);
	#flows = new Flows();
	#changes: PathChange[] = [];
	/** Of rounds under way: probes of it that are not settled, and where the target answered. */
	#rounds = new Map<number, { open: number; end: number | null }>();
	/** Probes of one trace that have been told. */
	#told = new Set<number>();
	#summary: PathSummary | null = null;

	/** Takes the next event. */
	take(event: TraceEvent | RoundsEvent): void {
		this.#summary = null;
		if ("atNs" in event) this.#atNs = Math.max(this.#atNs, event.atNs);
		if (event.type === "start") this.#start(event);
		else if (event.type === "round") this.#roundSent(event);
		else if (event.type === "probe") this.#probe(event);
		else if (event.type === "name") this.#name(event.address, event);
		else if (event.type === "hop") this.#hop(event.hop, event.last);
		else if (event.type === "end") for (const [round, { end }] of this.#rounds) this.#closeRound(round, end);
	}

	/** Forgets all figures, and goes on with the next round; names stay. */
	reset(): void {
		this.#fromRound = this.#sent.round + 1;
		this.#hops = new Map();
		this.#length = new PathLength(1);
		this.#flows = new Flows();
		this.#changes = [];
		this.#rounds = new Map();
		this.#told = new Set();
		this.#summary = null;
	}

	/** All figures as they stand. */
	summary(): PathSummary {
		this.#summary ??= this.#compose();
		return this.#summary;
	}

	#start({ target, queries }: Extract<TraceEvent, { type: "start" }>): void {
		this.#target = target.address;
		this.#queries = queries;
		this.#lastTtl = null;
		this.#atNs = 0;
		this.#sent = { round: -1, lastTtl: 0 };
		this.reset();
	}

	#roundSent({ round, firstTtl, lastTtl: farTtl, asked }: Extract<RoundsEvent, { type: "round" }>): void {
		const lastTtl = Math.min(farTtl, MOST_TTL);
		if (!isCount(round) || !isCount(firstTtl) || !isCount(lastTtl)) return;
		const from = this.#sent.round === round ? this.#sent.lastTtl + 1 : firstTtl;
		this.#sent = { round, lastTtl };
		if (round < this.#fromRound) return;
		const row = this.#roundRow(round);
		const sent = (ttl: number) => {
			this.#hopAt(ttl).sent();
			row.open++;
		};
		if (asked !== undefined) for (const ttl of asked.filter(isTtl)) sent(ttl);
		else for (let ttl = from; ttl <= lastTtl; ttl++) sent(ttl);
	}

	#probe(event: { readonly ttl: number; readonly probe: ProbeResult; readonly round?: number }): void {
		const { ttl, probe, round } = event;
		if (!isTtl(ttl)) return;
		this.#learn(probe);
		if (round !== undefined) {
			if (probe.duplicates === undefined) this.#settle(round, ttl, probe);
			else if (round >= this.#fromRound) this.#hopAt(ttl).answeredAgain();
			return;
		}
		const hop = this.#hopAt(ttl);
		if (!this.#told.has(probe.seq)) hop.sent();
		this.#told.add(probe.seq);
		this.#settle(hop.settled, ttl, probe);
	}

	/** Of one trace, the hop as it is told at its end is the last word; behind its own probes its target's lists those from beyond it. */
	#hop({ ttl, probes, mtu, nat }: HopResult, isLast: boolean): void {
		if (!isTtl(ttl)) return;
		const hop = new HopFigures(ttl);
		this.#hops.set(ttl, hop);
		this.#flows.forget(ttl);
		this.#changes = this.#changes.filter((one) => one.ttl !== ttl);
		for (const [round, probe] of probes.slice(0, this.#queries).entries()) {
			this.#learn(probe);
			this.#told.add(probe.seq);
			hop.sent();
			// Whose answer came late was lost before it.
			if (probe.late === true) hop.gaveUp(round);
			this.#settle(round, ttl, probe);
		}
		hop.mtu = mtu ?? hop.mtu;
		hop.nat = nat ?? hop.nat;
		if (isLast) this.#lastTtl = ttl;
	}

	#settle(round: number, ttl: number, probe: ProbeResult): void {
		if (!isCount(round) || round < this.#fromRound) return;
		const hop = this.#hopAt(ttl);
		const row = this.#rounds.get(round);
		if (probe.reply !== null) {
			hop.place = answerPlace(probe.reply, probe.from, this.#target);
			this.#length.note(round, ttl, hop.place);
			if (hop.place !== "hop" && row !== undefined) row.end = Math.min(ttl, row.end ?? ttl);
		}
		if (probe.late === true) {
			hop.answeredLate(probe);
			return;
		}
		if (row !== undefined) row.open--;
		if (row !== undefined && row.end !== null && row.end < ttl) hop.wasBeyond();
		else this.#count(round, hop, probe);
		if (row !== undefined && row.open <= 0 && round < this.#sent.round) this.#closeRound(round, row.end);
	}

	#count(round: number, hop: HopFigures, probe: ProbeResult): void {
		const news = hop.settle(round, probe);
		if (probe.from !== null) this.#flows.answered(round, hop.ttl, probe.from);
		if (news !== null) this.#note(hop, news.change, news.type);
	}

	#note(hop: HopFigures, change: { round: number; from: string; to: string }, type: "changed" | "withdrawn"): void {
		const { ttl } = hop;
		if (type === "changed") {
			hop.changes++;
			hop.lastChangeRound = change.round;
			this.#changes.push({ ...change, atNs: this.#atNs, ttl });
			if (this.#changes.length > CHANGES_KEPT) this.#changes.shift();
			return;
		}
		hop.changes--;
		this.#changes = this.#changes.filter((one) => one.ttl !== ttl || one.round !== change.round);
		hop.lastChangeRound = this.#changes.findLast((one) => one.ttl === ttl)?.round ?? null;
	}

	#roundRow(round: number): { open: number; end: number | null } {
		let row = this.#rounds.get(round);
		if (row !== undefined) return row;
		// All answers of the round before may have come before this one began.
		for (const [earlier, { open, end }] of this.#rounds) if (open <= 0) this.#closeRound(earlier, end);
		row = { open: 0, end: null };
		this.#rounds.set(round, row);
		const [oldest] = this.#rounds;
		if (this.#rounds.size > ROUNDS_OPEN && oldest !== undefined) this.#closeRound(oldest[0], oldest[1].end);
		return row;
	}

	#closeRound(round: number, end: number | null): void {
		this.#rounds.delete(round);
		this.#flows.close(round, end);
	}

	#hopAt(ttl: number): HopFigures {
		let hop = this.#hops.get(ttl);
		if (hop === undefined) {
			hop = new HopFigures(ttl);
			this.#hops.set(ttl, hop);
		}
		return hop;
	}

	#learn(probe: ProbeResult): void {
		if (probe.from === null) return;
		const known = knownName(probe.name, probe.asn ?? null, probe);
		if (Object.values(known).some((value) => value !== null)) this.#name(probe.from, known);
	}

	#name(address: string, news: KnownName): void {
		const before = this.#names.get(address);
		const after = learnName(before, knownName(news.name, news.asn, news));
		if (after === before || (before === undefined && this.#names.size >= NAMES_KEPT)) return;
		this.#names.set(address, after);
		for (const hop of this.#hops.values()) hop.touch();
	}

	/** The last TTL to show: where the path ends or, where nobody knows, one behind the last that ever answered. */
	#shownTtl(): number {
		if (this.#lastTtl !== null) return this.#lastTtl;
		const { end, lastEnd, highestHop } = this.#length;
		if (end !== null) return end;
		const asked = [...this.#hops.keys()];
		const behindLast = Math.max(highestHop + 1, Math.min(...asked));
		return Math.min(Math.max(...asked), Math.max(lastEnd ?? 0, behindLast));
	}

	#compose(): PathSummary {
		const isOneShot = this.#sent.round < 0;
		const shown = this.#shownTtl();
		const hops = [...this.#hops.values()].filter(({ ttl }) => ttl <= shown).sort((a, b) => a.ttl - b.ttl);
		const meanings = lossMeanings(hops.map((hop) => hop.loss(hop.place === "target")));
		const nameOf = (address: string) => this.#names.get(address) ?? NAMELESS;
		return {
			rounds: isOneShot ? mostSettled(hops) : Math.max(0, this.#sent.round + 1 - this.#fromRound),
			atNs: this.#atNs,
			reached: this.#length.reached,
			hops: hops.map((hop, at) => {
				const lossMeaning = meanings[at] ?? "none";
				return hop.summary({ isTarget: hop.place === "target", lossMeaning, nameOf });
			}),
			changes: [...this.#changes],
			flows: isOneShot ? this.#flows.opened(shown) : this.#flows.summary(),
		};
	}
}

/** Events may come out of files that others wrote. */
function isTtl(ttl: number): boolean {
	return Number.isInteger(ttl) && ttl >= 1 && ttl <= MOST_TTL;
}

function isCount(count: number): boolean {
	return Number.isSafeInteger(count) && count >= 0;
}

/** Rounds of one trace: as often as a hop was asked at most. */
function mostSettled(hops: readonly HopFigures[]): number {
	return Math.max(0, ...hops.map(({ settled }) => settled));
}

/** The figures of a trace that is over. */
export function summaryOf(result: TraceResult): PathSummary {
	const statistics = new PathStatistics();
	const { target, source, method, channel, family, options } = result;
	statistics.take({ type: "start", target, source, method, channel, family, ...options });
	for (const [at, hop] of result.hops.entries())
		statistics.take({ type: "hop", atNs: result.durationNs, hop, last: at === result.hops.length - 1 });
	return statistics.summary();
}
