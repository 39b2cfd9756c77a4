/**
 * The continuous trace: round after round one probe to each hop of a path, all of a round at once and none waiting for the
 * round before. Like the ping it knows no protocol and no socket, and may run for days in the same room.
 */
import type { Instant } from "../../machine.ts";
import type { ProbeSend, Reply } from "../channel.ts";
import { startFacts } from "../connecting.ts";
import { type Connected, type EndlessOutput, EndlessTrace } from "../endless/endless-trace.ts";
import { omissions } from "../omissions.ts";
import { type FlowMatch, PingHearing } from "../ping/ping-hearing.ts";
import type { Slot, Transmission } from "../probe-book.ts";
import type { TraceWarning } from "../result.ts";
import { flowOf, likelyEnd } from "../session.ts";
import { probeResult } from "../trace-result.ts";
import type { TracerConfig } from "../tracer-io.ts";
import { PathLength } from "./path-length.ts";
import type { RoundsEvent, RoundsStopReason } from "./round-events.ts";
import { RoundSending } from "./round-sending.ts";
import { packetNumbers, RoundsBook } from "./rounds-book.ts";
import type { RoundsOptions } from "./rounds-options.ts";
import { UnnamedAnswers } from "./unnamed-answers.ts";

/** Further answers to one probe that are told: enough to be seen, too few for a flood. */
const DUPLICATES_TOLD = 8;

/** What a continuous trace puts out. */
export type RoundsOutput = EndlessOutput<RoundsEvent>;

/** What it is made from. Of the trace's options `queries`, `simultaneous`, `waitHere`, `waitNear`, `sendWaitNs` and `pathMtu` mean nothing to it. */
export interface RoundsConfig extends TracerConfig {
	readonly rounds: RoundsOptions;
}

/** One continuous trace as a machine. After the `end` event `finished` is true and every input is ignored. */
export class Rounds extends EndlessTrace<RoundsConfig, RoundsEvent> {
	override readonly book: RoundsBook;
	protected override readonly hearing: PingHearing;
	#stopReason: RoundsStopReason | null = null;
	#sent = 0;
	readonly #length: PathLength;
	readonly #unnamed: UnnamedAnswers;
	readonly #sending: RoundSending;

	constructor(config: RoundsConfig) {
		super(config);
		this.#length = new PathLength(config.options.firstTtl);
		this.book = new RoundsBook(packetNumbers(config, { isSession: this.connecting.underway }));
		this.#unnamed = new UnnamedAnswers(this.book.waiting);
		const parts = { book: this.book, length: this.#length, unnamed: this.#unnamed };
		this.#sending = new RoundSending({ ...parts, rounds: config.rounds, options: config.options });
		this.hearing = new PingHearing({
			book: this.book,
			tally: { counts: { duplicates: 0, late: 0 }, answered: () => {} },
			output: (output) => this.put(output),
			tell: (slot, now) => this.#answered(slot, now),
			tellAgain: (slot, now) => slot.duplicates <= DUPLICATES_TOLD && this.probeEvent(slot, now),
			transmit: (slot, now) => this.put({ type: "send", probes: [this.#transmit(slot, now)] }),
			unnamed: (reply, match) => this.#placeUnnamed(reply, match),
		});
	}

	/** Why it stopped; null while it runs. */
	get stopReason(): RoundsStopReason | null {
		return this.#stopReason;
	}

	/** Rounds that have been sent. */
	get rounds(): number {
		return this.#sending.rounds;
	}

	/** The target answered at least once. */
	get reached(): boolean {
		return this.#length.reached;
	}

	override get nextSendAt(): Instant | null {
		if (this.finished || this.connecting.underway) return null;
		const { nextAt } = this.#sending;
		return nextAt === null ? null : Math.max(nextAt, this.startedAt);
	}

	protected override begin(now: Instant): void {
		this.#sending.begin(now);
		const { intervalNs, rounds } = this.config.rounds;
		const { maxTtl } = this.config.options;
		this.event({ ...startFacts(this.config), maxTtl, queries: 1, intervalNs, rounds });
		// What is known beforehand is not kept for an end that may be days away.
		if (this.config.context.channel === "portable") this.warn({ code: "hopsUnseen" }, now);
		for (const warning of omissions(this.config)) this.warn(warning, now);
	}

	protected override connected({ first, event }: Connected, now: Instant): void {
		this.#sending.begin(now);
		const likely = likelyEnd(first);
		if (likely !== null) this.#length.expect(likely.ttl);
		this.event(event);
	}

	protected override send(now: Instant): void {
		if (this.nextSendAt === null || this.nextSendAt > now) return;
		const { firstTtl } = this.config.options;
		const atNs = now - this.startedAt;
		for (const { round, lastTtl, ttls, isPartial } of this.#sending.due(now)) {
			const probes = ttls.map((ttl) => this.#transmit(this.book.add(ttl, round), now));
			this.#sent += probes.length;
			this.event({ type: "round", atNs, round, firstTtl, lastTtl, ...(isPartial ? { asked: ttls } : {}) });
			if (probes.length > 0) this.put({ type: "send", probes });
		}
	}

	/** All probes of a round are of one flow. */
	#transmit(slot: Slot, now: Instant): ProbeSend {
		return this.transmit(slot, flowOf(this.config.context, { query: this.book.roundOf(slot) }), now);
	}

	#placeUnnamed(reply: Reply, match: FlowMatch): Transmission | null {
		const wasAmbiguous = this.#unnamed.ambiguous;
		const found = this.#unnamed.place(reply, match);
		if (this.#unnamed.ambiguous && !wasAmbiguous) this.warn({ code: "shortQuotes" }, reply.at);
		return found;
	}

	/** There is an answer, in time or late. */
	#answered(slot: Slot, now: Instant): void {
		const { answer, ttl } = slot;
		if (answer !== null) {
			this.#length.note(this.book.roundOf(slot), ttl, answer.meaning.place);
			this.#unnamed.learn(ttl, { ...answer, from: answer.reply.from, place: answer.meaning.place });
		}
		this.#sending.answered();
		this.probeEvent(slot, now);
	}

	protected override missed({ ttl }: Slot): void {
		this.#unnamed.missed(ttl);
	}

	protected override unsent(): number {
		return --this.#sent;
	}

	protected override endIfDone(now: Instant): void {
		if (this.#sending.done && this.book.waiting.size === 0) this.finish("count", now);
	}

	protected override warn(warning: TraceWarning, now: Instant): void {
		this.warnings.push(warning);
		this.event({ type: "warning", atNs: now - this.startedAt, warning });
	}

	protected override finish(reason: RoundsStopReason, now: Instant): void {
		this.#stopReason = reason;
		if (this.dropped > 0) this.warn({ code: "repliesDropped", count: this.dropped }, now);
		this.over(now);
		this.event({ type: "end", atNs: now - this.startedAt, stopReason: reason, reached: this.reached });
	}

	protected override probeEvent(slot: Slot, now: Instant): void {
		const quotes = this.config.options.compareEvents ? "compared" : "plain";
		const probe = { ...probeResult(this, slot, quotes), seq: slot.query };
		this.event({ type: "probe", atNs: now - this.startedAt, ttl: slot.ttl, round: this.book.roundOf(slot), probe });
	}
}
