/**
 * The tracer: finds the path to one target by sending probes with growing TTLs and settling each by what comes back.
 * It knows no protocol (that is the method's) and no socket (that is the channel's).
 */
import type { Deadline, Instant, Machine } from "../machine.ts";
import type { ChannelInput, OpenFailure, Reply, SessionFacts } from "./channel.ts";
import { Companions } from "./companions.ts";
import { finalWarnings, naturalStop } from "./conclusions.ts";
import type { TraceEvent } from "./events.ts";
import type { IgnoreReason, Match } from "./method.ts";
import { PacketLog } from "./packet-log.ts";
import type { PathEnd } from "./path-end.ts";
import { PathMtuDiscovery } from "./path-mtu-discovery.ts";
import { type Answer, isSettled, type ProbeBook, type Slot } from "./probe-book.ts";
import type { StopReason, TraceWarning } from "./result.ts";
import type { Schedule } from "./schedule.ts";
import { Sending } from "./sending.ts";
import { likelyEnd } from "./session.ts";
import { Settling } from "./settling.ts";
import { hopResult, probeResult, type QuoteView, toldLastTtl } from "./trace-result.ts";
import type { TracerConfig, TracerInput, TracerOutput } from "./tracer-io.ts";

/** One trace of one target as a machine. After the `end` event `finished` is true and every input is ignored. */
export class Tracer implements Machine<TracerInput, TracerOutput> {
	readonly book: ProbeBook;
	readonly companions = new Companions();
	readonly warnings: TraceWarning[] = [];
	readonly #counts = { received: 0, foreign: 0, duplicates: 0, late: 0, dropped: 0 };
	#config: TracerConfig;
	/** Null: not asked for, or the kernel builds the packets. */
	readonly mtu: PathMtuDiscovery | null;
	readonly #settling: Settling;
	readonly #sending: Sending;
	readonly #schedule: Schedule;
	readonly #end: PathEnd;
	/** Undefined: to be found anew. */
	#deadline: Deadline | null | undefined;
	#out: TracerOutput[] = [];
	#startedAt: Instant | null = null;
	#endedAt: Instant | null = null;
	#stopReason: StopReason | null = null;
	/** The channel is still opening the connections that probes travel in. */
	#opening: boolean;
	#companionsAsked: "nothing" | "start" | "end" = "nothing";
	#broken = false;
	readonly #packets: PacketLog | null;

	constructor(config: TracerConfig) {
		const { context } = config;
		const options = config.options.pathMtu ? { ...config.options, dontFragment: true } : config.options;
		this.#config = { ...config, options };
		this.#packets = options.capture ? new PacketLog(this) : null;
		this.#opening = context.channel === "session";
		this.#settling = new Settling(options, {
			settled: (slot, now) => this.#probeEvent(slot, now),
			mayHaveLostWord: (slot) => this.mtu?.mayHaveLostWord(slot) === true,
		});
		this.book = this.#settling.book;
		this.#schedule = this.#settling.schedule;
		this.#end = this.#settling.end;
		const { book, companions } = this;
		const parts = { book, companions, context, schedule: this.#schedule, end: this.#end };
		const lacksLength = context.transport === "tcpConnect";
		this.mtu = options.pathMtu && !lacksLength ? new PathMtuDiscovery(parts) : null;
		this.#sending = new Sending({ settling: this.#settling, companions, mtu: this.mtu });
	}

	/** Once connections are open its context knows them. */
	get config(): TracerConfig {
		return this.#config;
	}

	/** Packets that left, and what came in. */
	get counters() {
		return { sent: this.#sending.sent, ...this.#counts };
	}

	get finished(): boolean {
		return this.#endedAt !== null;
	}

	/** It is known where the path ends. */
	get endKnown(): boolean {
		return this.#end.known;
	}

	get reached(): boolean {
		return this.#end.reached;
	}

	/** Why it stopped; null while it runs. */
	get stopReason(): StopReason | null {
		return this.#stopReason;
	}

	get startedAt(): Instant {
		return this.#startedAt ?? 0;
	}

	get endedAt(): Instant | null {
		return this.#endedAt;
	}

	/** The last TTL that belongs to the path, as far as is known. */
	get lastTtl(): number {
		return this.#end.lastTtl;
	}

	/** Hops told so far; a trace that was cut short ends after the last of them that anything is known of. */
	get toldTtl(): number {
		return this.#settling.toldBelowTtl - 1;
	}

	step(input: TracerInput, now: Instant): readonly TracerOutput[] {
		this.#out = [];
		if (this.finished) return [{ type: "ignored", reason: "finished" }];
		if (this.#startedAt === null && input.type !== "start") return [{ type: "ignored", reason: "notStarted" }];
		this.#packets?.note(input);
		const told = this.#take(input, now);
		if (told !== "nothing") this.#deadline = undefined;
		if (told === "news" && !this.finished) this.#settle(now);
		return this.#packets === null ? this.#out : this.#packets.tell(this.#out, now);
	}

	get deadline(): Deadline | null {
		if (this.finished || this.#startedAt === null) return null;
		if (this.#deadline === undefined) this.#deadline = this.#soonest(this.#startedAt);
		return this.#deadline;
	}

	/** When the next probes may leave; null: none are left, or there is no room for more in flight. */
	get nextSendAt(): Instant | null {
		return this.finished || this.#opening ? null : this.#sending.nextAt(this.startedAt);
	}

	#soonest(startedAt: Instant): Deadline | null {
		let soonest: Deadline | null = null;
		const offer = (deadline: Deadline) => {
			if (soonest === null || deadline.at < soonest.at) soonest = deadline;
		};
		const { timeoutNs, waitMaxNs } = this.config.options;
		if (timeoutNs !== null) offer({ at: startedAt + timeoutNs, why: "overall timeout" });
		if (this.#opening) offer({ at: startedAt + waitMaxNs, why: "a connection" });
		const retryAt = this.mtu?.retryAt ?? null;
		if (retryAt !== null) offer({ at: retryAt, why: "another round of sizes" });
		const companionAt = this.companions.expiresAt((slot) => this.#settling.companionLimitNs(slot));
		if (companionAt !== null) offer({ at: companionAt, why: "an answer beside the hops" });
		const { nextSendAt } = this;
		if (nextSendAt !== null) offer({ at: nextSendAt, why: "next probe" });
		this.#settling.offerDeadlines(offer);
		return soonest;
	}

	/** Takes an input in: `news` may settle or free something, `times` only moves deadlines. */
	#take(input: TracerInput, now: Instant): "news" | "times" | "nothing" {
		switch (input.type) {
			case "start":
				if (this.#startedAt === null) this.#start(now);
				this.#send(now);
				return "times";
			case "tick":
				this.#tick(now);
				return "times";
			case "due":
				this.#send(now);
				return "times";
			case "stop":
				this.#finish("interrupted", now);
				return "news";
			case "sent":
				this.#correctSent(input);
				return "times";
			case "sendFailed":
				this.#sendFailed(input, now);
				return "news";
			case "reply":
				this.#counts.received++;
				return this.#reply(input.reply, now) ? "news" : "nothing";
			case "opened":
				this.#opened(input.sessions, now);
				return "times";
			case "openFailed":
				this.#openFailed(input.failure, now);
				return "news";
			case "foreign":
				this.#counts.foreign += input.count;
				return "nothing";
			case "dropped":
				this.#counts.dropped += input.count;
				return "nothing";
			case "fault":
				this.#sending.fault = input.error;
				this.#finish("error", now);
				return "news";
		}
	}

	#start(now: Instant): void {
		this.#startedAt = now;
		const { method, options, context } = this.config;
		const port = method.defaultPort === null ? null : context.port;
		this.#event({
			type: "start",
			target: { name: options.targetName, address: options.target, port },
			source: { address: context.source, port: context.sourcePorts[0] ?? null },
			method: method.name,
			channel: context.channel,
			family: options.family,
			maxTtl: options.maxTtl,
			queries: options.queries,
			length: context.length,
		});
		if (method.burdensTarget === true) this.#sending.sparesTarget(options.firstTtl);
		if (!this.#opening) this.#askCompanions("start");
	}

	/** The connections stand: the first answer of the other end tells about how far away it is. */
	#opened(sessions: readonly SessionFacts[], now: Instant): void {
		const [first] = sessions;
		if (!this.#opening || first === undefined) return;
		this.#opening = false;
		const { context } = this.config;
		const sourcePorts = sessions.map(({ sourcePort }) => sourcePort);
		this.#config = { ...this.config, context: { ...context, sessions, sourcePorts } };
		const { rttNs, mss, sackPermitted } = first;
		const atNs = now - this.startedAt;
		this.#event({ type: "handshake", atNs, rttNs, mss, sackPermitted, connections: sessions.length });
		const likely = likelyEnd(first);
		if (likely !== null) this.#schedule.expectEnd(likely.ttl, likely.holdNs);
		this.#askCompanions("start");
		this.#send(now);
	}

	#openFailed(failure: OpenFailure, now: Instant): void {
		if (!this.#opening) return;
		this.#opening = false;
		this.#warnOnce({ code: "sessionFailed", port: this.config.context.port, failure });
		this.#finish("error", now);
	}

	/** True when there are some to be sent. */
	#askCompanions(when: "start" | "end"): boolean {
		if (this.#companionsAsked === when) return false;
		this.#companionsAsked = when;
		const { method, context } = this.config;
		const end = { when: "end", lastTtl: this.lastTtl, reached: this.reached } as const;
		this.companions.add(method.companions?.(context, when === "start" ? { when } : end) ?? []);
		return this.companions.unsent;
	}

	#correctSent(input: Extract<ChannelInput, { type: "sent" }>): void {
		const transmission = this.book.transmissions[input.sequence];
		if (transmission === undefined || transmission === null) return;
		transmission.sentAt = input.at;
		transmission.stamp = input.stamp;
	}

	#sendFailed(input: Extract<ChannelInput, { type: "sendFailed" }>, now: Instant): void {
		const failed = this.#sending.failed(input, now);
		if (failed !== null) this.#probeEvent(failed, now);
	}

	/** True when the reply settled something, or may. */
	#reply(reply: Reply, now: Instant): boolean {
		const match = this.config.method.match(this.config.context, reply);
		if (match.type === "foreign") return this.#ignore(match.reason);
		if (match.type === "broken") {
			this.#warnOnce({ code: "sessionReset", from: match.from });
			this.#break();
			return true;
		}
		if (match.type === "flow" && match.meaning.kind === "packetTooBig" && this.mtu !== null) {
			this.mtu.refusedUnnamed(reply);
			return true;
		}
		if (match.type === "flow") {
			this.#settling.keep({ reply, meaning: match.meaning });
			this.#out.push({ type: "ignored", reason: "shortQuote" });
			return true;
		}
		const transmission = this.book.transmissions[match.sequence] ?? null;
		if (transmission === null) return this.#ignore("unknownSequence");
		if (match.type === "again") {
			const { state, detail } = match;
			return this.#settling.followUp(transmission, { at: reply.at, state, detail }) || this.#count("duplicate");
		}
		if (match.meaning.kind === "packetTooBig" && this.mtu?.refused(transmission, reply) === true) return true;
		if (match.farewell !== undefined)
			this.#out.push({ type: "send", probes: [this.#sending.farewell(match.farewell)] });
		const taken = { transmission, reply, meaning: match.meaning, late: false, inferred: false };
		const isNews = this.#answer(taken, match, now);
		for (const sequence of match.also ?? []) this.#answerAlso(sequence, match, reply, now);
		return isNews || match.also !== undefined;
	}

	/** True when the answer settled something. */
	#answer(answer: Answer, { part }: Extract<Match, { type: "probe" }>, now: Instant): boolean {
		const { slot } = answer.transmission;
		if (part === true && slot.answer !== null) return false;
		if (slot.companion !== null) return this.companions.answer(answer) || this.#count("duplicate");
		return this.#count(this.#settling.answer(answer, now));
	}

	/** A packet that answers several probes at once. */
	#answerAlso(sequence: number, { meaning }: Extract<Match, { type: "probe" }>, reply: Reply, now: Instant): void {
		const transmission = this.book.transmissions[sequence] ?? null;
		if (transmission === null || transmission.slot.companion !== null || transmission.slot.answer !== null) return;
		this.#settling.answer({ transmission, reply, meaning, late: false, inferred: false }, now);
	}

	/** True unless it was an answer that its probe had already. */
	#count(outcome: "answered" | "late" | "duplicate"): boolean {
		if (outcome === "late") this.#counts.late++;
		if (outcome !== "duplicate") return true;
		this.#counts.duplicates++;
		this.#out.push({ type: "ignored", reason: "duplicate" });
		return false;
	}

	#ignore(reason: IgnoreReason): false {
		this.#counts.foreign++;
		this.#out.push({ type: "ignored", reason });
		return false;
	}

	/**
	 * Time has passed. Probes are sent here and not on answers: all answers that have come are taken in first, for one
	 * of them may make the next probes needless.
	 */
	#tick(now: Instant): void {
		const { timeoutNs } = this.config.options;
		if (timeoutNs !== null && now >= this.startedAt + timeoutNs) {
			this.#finish("timeout", now);
			return;
		}
		if (this.#opening && now >= this.startedAt + this.config.options.waitMaxNs) {
			this.#openFailed({ why: "timeout" }, now);
			return;
		}
		this.#settling.expire(now);
		this.companions.expire((slot) => this.#settling.companionLimitNs(slot), now);
		this.#settle(now);
		if (!this.finished) this.#send(now);
	}

	/** Places what can be placed, and tells the hops that are complete. */
	#settle(now: Instant): void {
		this.#settling.place(now);
		if (this.#settling.askHeldAlone()) this.#warnOnce({ code: "shortQuotes" });
		this.#tellHops(now);
	}

	/** Tells hops that are settled, in order; the last of them ends the trace. */
	#tellHops(now: Instant): void {
		while (this.#settling.toldBelowTtl <= this.lastTtl) {
			const ttl = this.#settling.toldBelowTtl;
			if (!this.book.hop(ttl).every(isSettled)) return;
			const silent = ttl !== this.lastTtl && this.#silentRunEndsAt(ttl);
			this.#tellHop(ttl, silent || ttl === this.lastTtl, now);
			if (!silent) continue;
			this.#finish("silentHops", now);
			return;
		}
		if (this.#askCompanions("end") || !this.companions.settled || this.mtu?.searchOn(now) === true) return;
		this.#finish(naturalStop(this, { broken: this.#sending.fault !== null || this.#broken }), now);
	}

	#tellHop(ttl: number, last: boolean, now: Instant): void {
		this.#settling.toldBelowTtl = ttl + 1;
		const hop = hopResult(this, ttl, this.#quotes);
		if (hop.probes.length > 0) this.#event({ type: "hop", atNs: now - this.startedAt, hop, last });
	}

	/** -H: this TTL ends a run of so many silent hops, and nothing beyond answered either. */
	#silentRunEndsAt(ttl: number): boolean {
		const { maxSilentHops } = this.config.options;
		if (maxSilentHops === null || ttl - this.book.firstTtl + 1 < maxSilentHops) return false;
		return this.book.isSilentBeyond(ttl - maxSilentHops);
	}

	#send(now: Instant): void {
		if (this.#opening) return;
		const probes = this.#sending.due({ config: this.config, now });
		if (probes.length > 0) this.#out.push({ type: "send", probes });
	}

	/** The connection that probes travel in is gone: none are sent any more, and few answers are still to come. */
	#break(): void {
		this.#broken = true;
		this.#settling.endAnswered();
		this.#sending.stop();
	}

	#finish(reason: StopReason, now: Instant): void {
		this.#stopReason = reason;
		this.#schedule.stop();
		this.companions.giveUp();
		this.#tellCutHops(now);
		this.warnings.push(...finalWarnings(this, this.#sending.fault));
		const atNs = now - this.startedAt;
		for (const warning of this.warnings) this.#event({ type: "warning", atNs, warning });
		this.#endedAt = now;
		this.#event({ type: "end", atNs, stopReason: reason, reached: this.reached });
	}

	/** A trace cut short gives up what it still waited for, and tells those hops too. */
	#tellCutHops(now: Instant): void {
		for (const slot of this.book.slots()) {
			if (slot.state === "waiting" || slot.state === "held") this.book.mark(slot, "expired");
		}
		const lastTtl = toldLastTtl(this);
		for (let ttl = this.#settling.toldBelowTtl; ttl <= lastTtl; ttl++) this.#tellHop(ttl, ttl === lastTtl, now);
	}

	/** What events say of quoted packets. */
	get #quotes(): QuoteView {
		return this.config.options.compareEvents ? "compared" : "plain";
	}

	#warnOnce(warning: TraceWarning): void {
		if (!this.warnings.some((known) => known.code === warning.code)) this.warnings.push(warning);
	}

	#probeEvent(slot: Slot, now: Instant): void {
		this.#event({
			type: "probe",
			atNs: now - this.startedAt,
			ttl: slot.ttl,
			probe: probeResult(this, slot, this.#quotes),
		});
	}

	#event(event: TraceEvent): void {
		this.#out.push({ type: "event", event });
	}
}
