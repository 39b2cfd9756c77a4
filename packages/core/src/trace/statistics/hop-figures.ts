/** The running figures of one TTL. */
import { hopNat } from "../nat-hops.ts";
import type { ProbeResult } from "../result.ts";
import { Answerers, type ChangeNews } from "./answerers.ts";
import type { KnownName } from "./known-name.ts";
import type { HopLoss } from "./loss-meaning.ts";
import { RoundSamples } from "./round-samples.ts";
import { RttFigures } from "./rtt-figures.ts";
import type { HopSummary, LossMeaning } from "./summary.ts";

/** What the path knows of a hop. */
export interface HopView {
	readonly isTarget: boolean;
	readonly lossMeaning: LossMeaning;
	readonly nameOf: (address: string) => KnownName;
}

/** Counts, round trips and answerers of one TTL. */
export class HopFigures {
	readonly ttl: number;
	lost = 0;
	late = 0;
	changes = 0;
	lastChangeRound: number | null = null;
	/** Of the latest answer. */
	place: "hop" | "target" | "end" | null = null;
	answersWithErrors = false;
	nat: HopSummary["nat"] = null;
	mtu: number | null = null;
	#sent = 0;
	#notSent = 0;
	#duplicates = 0;
	#dscp: number | null = null;
	readonly #figures = new RttFigures();
	readonly #samples = new RoundSamples((rttNs) => this.#figures.window.remove(rttNs));
	readonly #answerers = new Answerers();
	#summary: HopSummary | null = null;
	/** Something happened since the latest summary. */
	#isStale = false;

	constructor(ttl: number) {
		this.ttl = ttl;
	}

	get received(): number {
		return this.#figures.count;
	}

	/** Answered or given up; neither those that could not leave nor those under way. */
	get settled(): number {
		return this.lost + this.received;
	}

	/** Figures are to be made anew. */
	touch(): void {
		this.#isStale = true;
	}

	/** A probe left. */
	sent(): void {
		this.#sent++;
		this.touch();
	}

	/** In its round the path had ended before: its probe does not count. */
	wasBeyond(): void {
		this.#sent--;
		this.touch();
	}

	/** A probe was answered in time, given up, or could not leave. News where the answerer is another. */
	settle(round: number, probe: ProbeResult): ChangeNews | null {
		this.touch();
		if (probe.status === "sendError") {
			this.#notSent++;
			this.#sent--;
			return null;
		}
		if (probe.status === "timeout" || probe.from === null) {
			this.gaveUp(round);
			return null;
		}
		this.#read(probe);
		const rttNs = timeOf(probe);
		// First the ring, which makes room in the window.
		const isKept = this.#samples.set(round, rttNs);
		this.#figures.add(rttNs);
		if (!isKept) this.#figures.window.remove(rttNs);
		return this.#answerers.answered(round, probe.from, { rttNs, extensions: probe.extensions });
	}

	/** Nothing came in time. */
	gaveUp(round: number): void {
		this.touch();
		this.lost++;
		this.#samples.set(round, null);
	}

	/** An answer to a probe that had been given up, which stays lost. */
	answeredLate(probe: ProbeResult): void {
		this.touch();
		this.late++;
		this.#read(probe);
	}

	/** Another answer to a probe that has one. */
	answeredAgain(): void {
		this.touch();
		this.#duplicates++;
	}

	/** As the rule of loss takes it. */
	loss(isTarget: boolean): HopLoss {
		const { lost, received, late, answersWithErrors } = this;
		return { lost, received, late, isTarget, answersWithErrors, samples: () => this.#samples.values() };
	}

	/** The latest answerer in time. */
	get current(): string | null {
		return this.#answerers.current;
	}

	/** The same object as before where nothing is new. */
	summary({ isTarget, lossMeaning, nameOf }: HopView): HopSummary {
		const before = this.#summary;
		const isSame = !this.#isStale && before?.isTarget === isTarget && before.lossMeaning === lossMeaning;
		if (before !== null && isSame) return before;
		this.#isStale = false;
		const { ttl, lost, late, received, settled, changes, lastChangeRound, nat, mtu } = this;
		this.#summary = {
			ttl,
			isTarget,
			sent: this.#sent,
			received,
			lost,
			waiting: Math.max(0, this.#sent - settled),
			notSent: this.#notSent,
			late,
			duplicates: this.#duplicates,
			lossRatio: settled === 0 ? null : lost / settled,
			lossMeaning,
			rtt: this.#figures.summary(),
			answerers: this.#answerers.summary(nameOf),
			recent: before !== null && before.received + before.lost === settled ? before.recent : this.#samples.values(),
			nat,
			dscp: this.#dscp,
			mtu,
			changes,
			lastChangeRound,
		};
		return this.#summary;
	}

	#read(probe: ProbeResult): void {
		this.#duplicates += probe.duplicates ?? 0;
		if (probe.reply !== null) {
			this.answersWithErrors = probe.reply.icmp !== null;
			this.mtu = probe.reply.mtu ?? this.mtu;
		}
		if (probe.quoted === null) return;
		if (probe.quoted.tos !== null) this.#dscp = probe.quoted.tos >> 2;
		// Mostly nothing had changed.
		const nat = probe.quoted.changes.length === 0 ? "none" : hopNat([probe]);
		this.nat = nat === "none" || nat === "unknown" ? null : nat;
	}
}

/** Never what no order could be made of. */
function timeOf({ rttNs }: ProbeResult): number {
	return rttNs !== null && rttNs >= 0 && Number.isFinite(rttNs) ? rttNs : 0;
}
