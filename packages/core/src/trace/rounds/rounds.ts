/**
 * The continuous trace: round after round one probe to each hop of a path, all of a round at once and none waiting for the
 * round before. Like the ping it knows no protocol and no socket, and may run for days in the same room.
 */
import type { Deadline, Instant, Machine } from "../../machine.ts";
import type { ChannelInput, OpenFailure, ProbeSend, Reply, SessionFacts } from "../channel.ts";
import { Connecting, startFacts } from "../connecting.ts";
import { omissions } from "../omissions.ts";
import { type FlowMatch, PingHearing } from "../ping/ping-hearing.ts";
import { correctSent, type Slot, type Transmission } from "../probe-book.ts";
import type { TraceWarning } from "../result.ts";
import { flowOf, likelyEnd } from "../session.ts";
import { probeResult } from "../trace-result.ts";
import type { TracerConfig, TracerInput, TracerOutput } from "../tracer-io.ts";
import { PathLength } from "./path-length.ts";
import type { RoundsEvent, RoundsStopReason } from "./round-events.ts";
import { RoundSending } from "./round-sending.ts";
import { packetNumbers, RoundsBook } from "./rounds-book.ts";
import type { RoundsOptions } from "./rounds-options.ts";
import { UnnamedAnswers } from "./unnamed-answers.ts";

/** Further answers to one probe that are told: enough to be seen, too few for a flood. */
const DUPLICATES_TOLD = 8;

/** What a continuous trace puts out: what a trace does, with events of its own. */
export type RoundsOutput =
	| Exclude<TracerOutput, { type: "event" }>
	| { readonly type: "event"; readonly event: RoundsEvent };

/** What it is made from. Of the trace's options `queries`, `simultaneous`, `waitHere`, `waitNear`, `sendWaitNs` and `pathMtu` mean nothing to it. */
export interface RoundsConfig extends TracerConfig {
	readonly rounds: RoundsOptions;
}

/** One continuous trace as a machine. After the `end` event `finished` is true and every input is ignored. */
export class Rounds implements Machine<TracerInput, RoundsOutput> {
	readonly book: RoundsBook;
	readonly warnings: TraceWarning[] = [];
	#config: RoundsConfig;
	/** What methods remember is kept by context: of packets before the numbers began anew, by this one. */
	#olderContext: RoundsConfig["context"] | null = null;
	#out: RoundsOutput[] = [];
	#startedAt: Instant | null = null;
	#endedAt: Instant | null = null;
	#stopReason: RoundsStopReason | null = null;
	#sent = 0;
	#dropped = 0;
	#numbersBegun = 0;
	readonly #length: PathLength;
	readonly #connecting: Connecting;
	readonly #unnamed: UnnamedAnswers;
	readonly #sending: RoundSending;
	readonly #hearing: PingHearing;

	constructor(config: RoundsConfig) {
		this.#config = config;
		this.#connecting = new Connecting(config);
		this.#length = new PathLength(config.options.firstTtl);
		this.book = new RoundsBook(packetNumbers(config, { isSession: this.#connecting.underway }));
		this.#unnamed = new UnnamedAnswers(this.book.waiting);
		const parts = { book: this.book, length: this.#length, unnamed: this.#unnamed };
		this.#sending = new RoundSending({ ...parts, rounds: config.rounds, options: config.options });
		this.#hearing = new PingHearing({
			book: this.book,
			tally: { counts: { duplicates: 0, late: 0 }, answered: () => {} },
			output: (output) => this.#out.push(output),
			tell: (slot, now) => this.#answered(slot, now),
			tellAgain: (slot, now) => slot.duplicates <= DUPLICATES_TOLD && this.#probeEvent(slot, now),
			transmit: (slot, now) => this.#out.push({ type: "send", probes: [this.#transmit(slot, now)] }),
			unnamed: (reply, match) => this.#placeUnnamed(reply, match),
		});
	}

	/** Once connections are open its context knows them. */
	get config(): RoundsConfig {
		return this.#config;
	}

	get finished(): boolean {
		return this.#endedAt !== null;
	}

	/** Why it stopped; null while it runs. */
	get stopReason(): RoundsStopReason | null {
		return this.#stopReason;
	}

	get startedAt(): Instant {
		return this.#startedAt ?? 0;
	}

	get endedAt(): Instant | null {
		return this.#endedAt;
	}

	/** Rounds that have been sent. */
	get rounds(): number {
		return this.#sending.rounds;
	}

	/** The target answered at least once. */
	get reached(): boolean {
		return this.#length.reached;
	}

	step(input: TracerInput, now: Instant): readonly RoundsOutput[] {
		this.#out = [];
		if (this.finished) return [{ type: "ignored", reason: "finished" }];
		if (this.#startedAt === null && input.type !== "start") return [{ type: "ignored", reason: "notStarted" }];
		this.#take(input, now);
		this.#endIfDone(now);
		return this.#out;
	}

	get deadline(): Deadline | null {
		if (this.finished || this.#startedAt === null) return null;
		const { timeoutNs } = this.#config.options;
		const all: Deadline[] = [];
		if (timeoutNs !== null) all.push({ at: this.#startedAt + timeoutNs, why: "overall timeout" });
		const connection = this.#connecting.deadline(this.#startedAt, this.#config);
		if (connection !== null) all.push(connection);
		const [first] = this.book.waiting;
		if (first !== undefined) all.push({ at: this.#expiresAt(first), why: "an answer" });
		const { nextSendAt } = this;
		if (nextSendAt !== null) all.push({ at: nextSendAt, why: "next probe" });
		return all.reduce<Deadline | null>((soonest, one) => (soonest && soonest.at <= one.at ? soonest : one), null);
	}

	/** When the next probes may leave; null: none are left, or there is no room for more in flight. */
	get nextSendAt(): Instant | null {
		if (this.finished || this.#connecting.underway) return null;
		const { nextAt } = this.#sending;
		return nextAt === null ? null : Math.max(nextAt, this.startedAt);
	}

	#take(input: TracerInput, now: Instant): void {
		switch (input.type) {
			case "start":
				if (this.#startedAt === null) this.#start(now);
				this.#send(now);
				return;
			case "tick":
				this.#tick(now);
				return;
			case "due":
				this.#send(now);
				return;
			case "stop":
				this.#finish("interrupted", now);
				return;
			case "sent":
				correctSent(this.book.find(input.sequence), input);
				return;
			case "sendFailed":
				this.#sendFailed(input, now);
				return;
			case "reply":
				this.#reply(input.reply, now);
				return;
			case "opened":
				this.#opened(input.sessions, now);
				return;
			case "openFailed":
				this.#openFailed(input.failure, now);
				return;
			case "foreign":
				return;
			case "dropped":
				this.#dropped += input.count;
				return;
			case "fault":
				this.#break({ code: "channelFault", error: input.error }, now);
				return;
		}
	}

	#start(now: Instant): void {
		this.#startedAt = now;
		this.#sending.begin(now);
		const { intervalNs, rounds } = this.#config.rounds;
		const { maxTtl } = this.#config.options;
		this.#event({ ...startFacts(this.#config), maxTtl, queries: 1, intervalNs, rounds });
		// What is known beforehand is not kept for an end that may be days away.
		if (this.#config.context.channel === "portable") this.#warn({ code: "hopsUnseen" }, now);
		for (const warning of omissions(this.#config)) this.#warn(warning, now);
	}

	#opened(sessions: readonly SessionFacts[], now: Instant): void {
		const connected = this.#connecting.opened(sessions, this.#config, now - this.startedAt);
		if (connected === null) return;
		this.#sending.begin(now);
		this.#config = connected.config;
		const likely = likelyEnd(connected.first);
		if (likely !== null) this.#length.expect(likely.ttl);
		this.#event(connected.event);
		this.#send(now);
	}

	#openFailed(failure: OpenFailure, now: Instant): void {
		const warning = this.#connecting.failed(failure, this.#config);
		if (warning !== null) this.#break(warning, now);
	}

	#send(now: Instant): void {
		if (this.nextSendAt === null || this.nextSendAt > now) return;
		const { firstTtl } = this.#config.options;
		const atNs = now - this.startedAt;
		for (const { round, lastTtl, ttls, isPartial } of this.#sending.due(now)) {
			const probes = ttls.map((ttl) => this.#transmit(this.book.add(ttl, round), now));
			this.#sent += probes.length;
			this.#event({ type: "round", atNs, round, firstTtl, lastTtl, ...(isPartial ? { asked: ttls } : {}) });
			if (probes.length > 0) this.#out.push({ type: "send", probes });
		}
	}

	#transmit(slot: Slot, now: Instant): ProbeSend {
		const { method } = this.#config;
		// All probes of a round are of one flow.
		const flow = flowOf(this.#config.context, { query: this.book.roundOf(slot) });
		const asked = { flow, ...(slot.again === null ? {} : { state: slot.again.state }) };
		const transmission = this.book.transmit(slot, asked, now);
		this.#renewContext();
		const { sequence, request } = transmission;
		const packet = method.probe(this.#config.context, request);
		transmission.packet = packet;
		return { sequence, ttl: slot.ttl, packet };
	}

	/** What methods remember of packets they remember by context: when their numbers have begun anew twice, that is forgotten. */
	#renewContext(): void {
		if (this.#numbersBegun === this.book.rounds) return;
		this.#numbersBegun = this.book.rounds;
		this.#olderContext = this.#config.context;
		this.#config = { ...this.#config, context: { ...this.#config.context } };
	}

	/** A way out that is gone may come back, so only a trace of which nothing could ever be sent ends by it. */
	#sendFailed({ sequence, error, transient }: Extract<ChannelInput, { type: "sendFailed" }>, now: Instant): void {
		const transmission = this.book.find(sequence);
		if (transmission === null || transmission.slot.state !== "waiting") return;
		this.#sent--;
		transmission.slot.error = error;
		this.#settle(transmission.slot, "failed", now);
		if (this.#sent === 0 && !transient) this.#break({ code: "channelFault", error }, now);
	}

	#reply(reply: Reply, now: Instant): void {
		const { method, context } = this.#config;
		let match = method.match(context, reply);
		if (match.type === "foreign" && this.#olderContext !== null) match = method.match(this.#olderContext, reply);
		if (match.type === "broken") this.#break({ code: "sessionReset", from: match.from }, now);
		else this.#hearing.take(match, { reply, now });
	}

	#placeUnnamed(reply: Reply, match: FlowMatch): Transmission | null {
		const wasAmbiguous = this.#unnamed.ambiguous;
		const found = this.#unnamed.place(reply, match);
		if (this.#unnamed.ambiguous && !wasAmbiguous) this.#warn({ code: "shortQuotes" }, reply.at);
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
		this.#probeEvent(slot, now);
	}

	#tick(now: Instant): void {
		const { timeoutNs } = this.#config.options;
		if (timeoutNs !== null && now >= this.startedAt + timeoutNs) {
			const unopened = this.#connecting.failed({ why: "timeout" }, this.#config);
			if (unopened !== null) this.#warn(unopened, now);
			this.#finish("timeout", now);
			return;
		}
		const connection = this.#connecting.deadline(this.startedAt, this.#config);
		if (connection !== null && now >= connection.at) {
			this.#openFailed({ why: "timeout" }, now);
			return;
		}
		for (const slot of this.book.waiting) {
			if (now < this.#expiresAt(slot)) break;
			this.#unnamed.missed(slot.ttl);
			this.#settle(slot, "expired", now);
		}
		this.#endIfDone(now);
		this.#send(now);
	}

	#expiresAt({ transmission }: Slot): Instant {
		return (transmission?.sentAt ?? 0) + this.#config.options.waitMaxNs;
	}

	#settle(slot: Slot, state: "expired" | "failed", now: Instant): void {
		this.book.settle(slot, state);
		this.#probeEvent(slot, now);
	}

	#endIfDone(now: Instant): void {
		if (!this.finished && this.#sending.done && this.book.waiting.size === 0) this.#finish("count", now);
	}

	#break(warning: TraceWarning, now: Instant): void {
		if (this.finished) return;
		this.#warn(warning, now);
		this.#finish("error", now);
	}

	#finish(reason: RoundsStopReason, now: Instant): void {
		this.#stopReason = reason;
		if (this.#dropped > 0) this.#warn({ code: "repliesDropped", count: this.#dropped }, now);
		this.#endedAt = now;
		this.#event({ type: "end", atNs: now - this.startedAt, stopReason: reason, reached: this.reached });
	}

	#warn(warning: TraceWarning, now: Instant): void {
		this.warnings.push(warning);
		this.#event({ type: "warning", atNs: now - this.startedAt, warning });
	}

	#probeEvent(slot: Slot, now: Instant): void {
		const quotes = this.#config.options.compareEvents ? "compared" : "plain";
		const probe = { ...probeResult(this, slot, quotes), seq: slot.query };
		this.#event({ type: "probe", atNs: now - this.startedAt, ttl: slot.ttl, round: this.book.roundOf(slot), probe });
	}

	#event(event: RoundsEvent): void {
		this.#out.push({ type: "event", event });
	}
}
