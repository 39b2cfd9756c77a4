/**
 * The tracer: finds the path to one target by sending probes with growing TTLs and settling each by what comes back.
 * It knows no protocol (that is the method's) and no socket (that is the channel's).
 */
import type { Deadline, Instant, Machine } from "../machine.ts";
import { PacketLog } from "./capture/packet-log.ts";
import type { ChannelInput, OpenFailure, Reply, SessionFacts } from "./channel.ts";
import { forbidsFragmenting } from "./channel-order.ts";
import { Companions } from "./companions.ts";
import { finalWarnings, naturalStop } from "./conclusions.ts";
import { Connecting, startFacts } from "./connecting.ts";
import type { TraceEvent } from "./events.ts";
import { Hearing } from "./hearing.ts";
import { Lingering } from "./lingering.ts";
import type { PathEnd } from "./path-end.ts";
import { PathMtuDiscovery } from "./path-mtu/discovery.ts";
import { correctSent, type ProbeBook, type Slot } from "./probe-book.ts";
import type { StopReason, TraceWarning } from "./result.ts";
import type { Schedule } from "./schedule.ts";
import { Sending } from "./sending.ts";
import { likelyEnd } from "./session.ts";
import { Settling } from "./settling.ts";
import { routeLength } from "./source-route.ts";
import { Telling } from "./telling.ts";
import { probeResult } from "./trace-result.ts";
import type { TracerConfig, TracerInput, TracerOutput } from "./tracer-io.ts";

/**
 * One trace of one target as a machine. After the `end` event `finished` is true and nothing is told any more: only
 * connections that late answers open at the target are still closed, as long as `lingersUntil` says.
 */
export class Tracer implements Machine<TracerInput, TracerOutput> {
	readonly book: ProbeBook;
	readonly companions = new Companions();
	readonly warnings: TraceWarning[] = [];
	#config: TracerConfig;
	/** Null: not asked for, or the kernel builds the packets. */
	readonly mtu: PathMtuDiscovery | null;
	readonly #settling: Settling;
	readonly #sending: Sending;
	readonly #hearing: Hearing;
	readonly #telling: Telling;
	readonly #schedule: Schedule;
	readonly #end: PathEnd;
	/** Undefined: to be found anew. */
	#deadline: Deadline | null | undefined;
	#out: TracerOutput[] = [];
	#startedAt: Instant | null = null;
	#endedAt: Instant | null = null;
	#stopReason: StopReason | null = null;
	readonly #connecting: Connecting;
	#broken = false;
	readonly #packets: PacketLog | null;
	/** Null: probes of this method open nothing. */
	readonly #lingering: Lingering | null;

	constructor(config: TracerConfig) {
		const { context } = config;
		const options = { ...config.options, dontFragment: forbidsFragmenting(config.options) };
		this.#config = { ...config, options };
		this.#packets = options.capture ? new PacketLog(this) : null;
		this.#connecting = new Connecting(config);
		const owner = {
			settled: (slot: Slot, now: Instant) => this.#probeEvent(slot, now),
			mayHaveLostWord: (slot: Slot) => this.mtu?.mayHaveLostWord(slot) === true,
		};
		this.#settling = new Settling(options, owner, config.method.retransmissions?.(context.options));
		this.book = this.#settling.book;
		this.#lingering = config.method.opensConnections === true ? new Lingering(this.book) : null;
		this.#schedule = this.#settling.schedule;
		this.#end = this.#settling.end;
		const { book, companions } = this;
		const length = context.length + routeLength(context.target, options.gateways);
		const asked = { method: config.method, context: { ...context, length } };
		const parts = { book, companions, ...asked, schedule: this.#schedule, end: this.#end };
		const lacksLength = context.transport === "tcpConnect";
		this.mtu = options.pathMtu && !lacksLength ? new PathMtuDiscovery(parts) : null;
		const sides = { settling: this.#settling, companions, mtu: this.mtu };
		this.#sending = new Sending(sides);
		this.#hearing = new Hearing({ ...sides, sending: this.#sending, output: (output) => this.#out.push(output) });
		this.#telling = new Telling(this, this.#settling, (event) => this.#event(event));
	}

	/** Once connections are open its context knows them. */
	get config(): TracerConfig {
		return this.#config;
	}

	/** Packets that left, and what came in. */
	get counters() {
		return { sent: this.#sending.sent, ...this.#hearing.counts };
	}

	get finished(): boolean {
		return this.#endedAt !== null;
	}

	/** It is known where the path ends. */
	get endKnown(): boolean {
		return this.#end.known;
	}

	/** After the end: until when answers are worth stepping with, since they may call for a farewell; null: none are. */
	get lingersUntil(): Instant | null {
		return this.#lingering?.until ?? null;
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
		if (this.finished) return this.#afterwards(input);
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
		return this.finished || this.#connecting.underway ? null : this.#sending.nextAt(this.startedAt);
	}

	#soonest(startedAt: Instant): Deadline | null {
		let soonest: Deadline | null = null;
		const offer = (deadline: Deadline) => {
			if (soonest === null || deadline.at < soonest.at) soonest = deadline;
		};
		const { timeoutNs } = this.config.options;
		if (timeoutNs !== null) offer({ at: startedAt + timeoutNs, why: "overall timeout" });
		const connection = this.#connecting.deadline(startedAt, this.config);
		if (connection !== null) offer(connection);
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
				correctSent(this.book.transmissions[input.sequence], input);
				return "times";
			case "sendFailed":
				this.#sendFailed(input, now);
				return "news";
			case "reply":
				this.#hearing.counts.received++;
				return this.#reply(input.reply, now) ? "news" : "nothing";
			case "opened":
				this.#opened(input.sessions, now);
				return "times";
			case "openFailed":
				this.#openFailed(input.failure, now);
				return "news";
			case "foreign":
				this.#hearing.counts.foreign += input.count;
				return "nothing";
			case "dropped":
				this.#hearing.counts.dropped += input.count;
				return "nothing";
			case "fault":
				this.#sending.fault = input.error;
				this.#finish("error", now);
				return "news";
		}
	}

	#start(now: Instant): void {
		this.#startedAt = now;
		const { method, options } = this.config;
		const { maxTtl, queries } = options;
		this.#event({ ...startFacts(this.config), maxTtl, queries });
		if (method.burdensTarget === true) this.#sending.sparesTarget(options.firstTtl);
		if (!this.#connecting.underway) this.companions.ask(this.config, { when: "start" });
	}

	/** The connections stand: the first answer of the other end tells about how far away it is. */
	#opened(sessions: readonly SessionFacts[], now: Instant): void {
		const connected = this.#connecting.opened(sessions, this.config, now - this.startedAt);
		if (connected === null) return;
		this.#config = connected.config;
		this.#event(connected.event);
		const likely = likelyEnd(connected.first);
		if (likely !== null) this.#settling.expectEnd(likely.ttl, likely.holdNs);
		this.companions.ask(this.config, { when: "start" });
		this.#send(now);
	}

	#openFailed(failure: OpenFailure, now: Instant): void {
		const warning = this.#connecting.failed(failure, this.config);
		if (warning === null) return;
		this.#warnOnce(warning);
		this.#finish("error", now);
	}

	#sendFailed(input: Extract<ChannelInput, { type: "sendFailed" }>, now: Instant): void {
		const failed = this.#sending.failed(input, now);
		if (failed !== null) this.#probeEvent(failed, now);
	}

	/** True when the reply settled something, or may. */
	#reply(reply: Reply, now: Instant): boolean {
		const match = this.config.method.match(this.config.context, reply);
		this.#packets?.received(reply, match);
		this.#lingering?.note(match, reply);
		if (match.type !== "broken") return this.#hearing.take(reply, match, now);
		this.#warnOnce({ code: "sessionReset", from: match.from });
		this.#break();
		return true;
	}

	/**
	 * Time has passed. Probes are sent here and not on answers: all answers that have come are taken in first, for one
	 * of them may make the next probes needless.
	 */
	#tick(now: Instant): void {
		const { timeoutNs } = this.config.options;
		if (timeoutNs !== null && now >= this.startedAt + timeoutNs) {
			const unopened = this.#connecting.failed({ why: "timeout" }, this.config);
			if (unopened !== null) this.#warnOnce(unopened);
			this.#finish("timeout", now);
			return;
		}
		const connection = this.#connecting.deadline(this.startedAt, this.config);
		if (connection !== null && now >= connection.at) {
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
		if (this.#settling.askHeldAlone() === "quotes") this.#warnOnce({ code: "shortQuotes" });
		this.#tellHops(now);
	}

	/** Tells hops that are settled; the last of them ends the trace. */
	#tellHops(now: Instant): void {
		const told = this.#telling.tellHops(now);
		if (told === "silentHops") this.#finish("silentHops", now);
		if (told !== "all") return;
		const { lastTtl, reached } = this;
		if (this.companions.ask(this.config, { when: "end", lastTtl, reached })) return;
		if (!this.companions.settled || this.mtu?.searchOn(now) === true) return;
		this.#finish(naturalStop(this, { broken: this.#sending.fault !== null || this.#broken }), now);
	}

	#send(now: Instant): void {
		if (this.#connecting.underway) return;
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
		this.#telling.tellCutHops(now);
		this.warnings.push(...finalWarnings(this, this.#sending.fault));
		const atNs = now - this.startedAt;
		for (const warning of this.warnings) this.#event({ type: "warning", atNs, warning });
		this.#endedAt = now;
		this.#lingering?.begin(now, this.#end);
		this.#event({ type: "end", atNs, stopReason: reason, reached: this.reached });
	}

	/** The end has been told: of all that comes now only a farewell is answered with a packet, which counts no more. */
	#afterwards(input: TracerInput): readonly TracerOutput[] {
		const ignored = [{ type: "ignored", reason: "finished" }] as const;
		if (input.type !== "reply" || this.#lingering === null) return ignored;
		const match = this.config.method.match(this.config.context, input.reply);
		this.#lingering.note(match, input.reply);
		if (match.type !== "probe" || match.farewell === undefined) return ignored;
		return [{ type: "send", probes: [this.#sending.lateFarewell(match.farewell)] }];
	}

	#warnOnce(warning: TraceWarning): void {
		if (!this.warnings.some((known) => known.code === warning.code)) this.warnings.push(warning);
	}

	#probeEvent(slot: Slot, now: Instant): void {
		this.#event({
			type: "probe",
			atNs: now - this.startedAt,
			ttl: slot.ttl,
			probe: probeResult(this, slot, this.#telling.quotes),
		});
	}

	#event(event: TraceEvent): void {
		this.#out.push({ type: "event", event });
	}
}
