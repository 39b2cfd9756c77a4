/**
 * The ping: sends the same probe to one TTL at a fixed frequency and settles each by what comes back. Like the tracer it
 * knows no protocol and no socket; unlike it, it may run for days, so that its books never grow.
 */
import type { Deadline, Instant, Machine } from "../../machine.ts";
import type { ChannelInput, OpenFailure, ProbeSend, Reply, SessionFacts } from "../channel.ts";
import { Connecting, startFacts } from "../connecting.ts";
import { omissions } from "../omissions.ts";
import { correctSent, type Slot } from "../probe-book.ts";
import type { ProbeResult, TraceWarning } from "../result.ts";
import { flowOf } from "../session.ts";
import { probeResult } from "../trace-result.ts";
import type { TracerConfig, TracerInput, TracerOutput } from "../tracer-io.ts";
import { PACKET_NUMBERS, PingBook, SESSION_NUMBERS } from "./ping-book.ts";
import { PingHearing } from "./ping-hearing.ts";
import type { PingOptions } from "./ping-options.ts";
import type { PingEvent, PingStopReason } from "./ping-result.ts";
import { PingTally } from "./ping-totals.ts";

/** What a ping puts out: what a trace does, with events of its own. */
export type PingOutput =
	| Exclude<TracerOutput, { type: "event" }>
	| { readonly type: "event"; readonly event: PingEvent };

/** What a ping is made from. */
export interface PingConfig extends TracerConfig {
	readonly ping: PingOptions;
}

/** One ping of one TTL as a machine. After the `end` event `finished` is true and every input is ignored. */
export class Ping implements Machine<TracerInput, PingOutput> {
	readonly book: PingBook;
	readonly tally: PingTally;
	readonly warnings: TraceWarning[] = [];
	#config: PingConfig;
	#out: PingOutput[] = [];
	#startedAt: Instant | null = null;
	#endedAt: Instant | null = null;
	#stopReason: PingStopReason | null = null;
	/** When the next probe is due. */
	#nextAt: Instant = 0;
	readonly #connecting: Connecting;
	readonly #hearing: PingHearing;
	#dropped = 0;
	/** Of the packets' numbers, as the context knows it. */
	#round = 0;

	constructor(config: PingConfig) {
		this.#config = config;
		this.#connecting = new Connecting(config);
		this.book = new PingBook(this.#connecting.underway ? SESSION_NUMBERS : PACKET_NUMBERS);
		this.tally = new PingTally(config.ping.lossThreshold?.window ?? 1);
		this.#hearing = new PingHearing({
			book: this.book,
			tally: this.tally,
			output: (output) => this.#out.push(output),
			tell: (slot, now) => this.#probeEvent(slot, now),
			transmit: (slot, now) => this.#transmit(slot, now),
		});
	}

	/** Once connections are open its context knows them. */
	get config(): PingConfig {
		return this.#config;
	}

	get finished(): boolean {
		return this.#endedAt !== null;
	}

	/** Why it stopped; null while it runs. */
	get stopReason(): PingStopReason | null {
		return this.#stopReason;
	}

	get startedAt(): Instant {
		return this.#startedAt ?? 0;
	}

	get endedAt(): Instant | null {
		return this.#endedAt;
	}

	step(input: TracerInput, now: Instant): readonly PingOutput[] {
		this.#out = [];
		if (this.finished) return [{ type: "ignored", reason: "finished" }];
		if (this.#startedAt === null && input.type !== "start") return [{ type: "ignored", reason: "notStarted" }];
		this.#take(input, now);
		if (!this.finished) this.#endIfDone(now);
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

	/** When the next probe may leave; null: none is left, or there is no room for more in flight. */
	get nextSendAt(): Instant | null {
		if (this.finished || this.#connecting.underway || this.#allSent) return null;
		return this.book.waiting.size >= this.book.mostWaiting ? null : this.#nextAt;
	}

	get #allSent(): boolean {
		const { count } = this.#config.ping;
		return count !== null && this.book.booked >= count;
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
		this.#nextAt = now;
		const { ttl, intervalNs, count } = this.#config.ping;
		this.#event({ ...startFacts(this.#config), ttl, intervalNs, count });
	}

	#opened(sessions: readonly SessionFacts[], now: Instant): void {
		const connected = this.#connecting.opened(sessions, this.#config, now - this.startedAt);
		if (connected === null) return;
		this.#nextAt = now;
		this.#config = connected.config;
		this.#event(connected.event);
		this.#send(now);
	}

	#openFailed(failure: OpenFailure, now: Instant): void {
		const warning = this.#connecting.failed(failure, this.#config);
		if (warning !== null) this.#break(warning, now);
	}

	/** Sends what is due: one probe, and where it was late the next is due an interval after it. */
	#send(now: Instant): void {
		const { nextSendAt } = this;
		if (nextSendAt === null || nextSendAt > now) return;
		const { intervalNs, ttl } = this.#config.ping;
		this.#nextAt = nextSendAt + intervalNs > now ? nextSendAt + intervalNs : now + intervalNs;
		this.tally.counts.sent++;
		this.#transmit(this.book.add(ttl), now);
	}

	#transmit(slot: Slot, now: Instant): void {
		const { method, context } = this.#config;
		const asked = { flow: flowOf(context, slot), ...(slot.again === null ? {} : { state: slot.again.state }) };
		const transmission = this.book.transmit(slot, asked, now);
		this.#renewContext();
		const { sequence, request } = transmission;
		const packet = method.probe(this.#config.context, request);
		transmission.packet = packet;
		this.#out.push({ type: "send", probes: [{ sequence, ttl: slot.ttl, packet }] satisfies ProbeSend[] });
	}

	/** What a method remembers of packets it remembers by context: when their numbers begin anew, that is forgotten. */
	#renewContext(): void {
		if (this.#round === this.book.rounds) return;
		this.#round = this.book.rounds;
		this.#config = { ...this.#config, context: { ...this.#config.context } };
	}

	/** A way out that is gone may come back, so only a ping of which nothing could ever be sent ends by it. */
	#sendFailed({ sequence, error, transient }: Extract<ChannelInput, { type: "sendFailed" }>, now: Instant): void {
		const transmission = this.book.find(sequence);
		if (transmission === null || transmission.slot.state !== "waiting") return;
		const { counts } = this.tally;
		counts.sent--;
		counts.notSent++;
		transmission.slot.error = error;
		this.#settle(transmission.slot, "failed", now);
		if (counts.sent === 0 && !transient) this.#break({ code: "channelFault", error }, now);
	}

	#reply(reply: Reply, now: Instant): void {
		const match = this.#config.method.match(this.#config.context, reply);
		if (match.type === "broken") this.#break({ code: "sessionReset", from: match.from }, now);
		else this.#hearing.take(match, { reply, now });
	}

	#tick(now: Instant): void {
		const { timeoutNs } = this.#config.options;
		if (timeoutNs !== null && now >= this.startedAt + timeoutNs) {
			const unopened = this.#connecting.failed({ why: "timeout" }, this.#config);
			if (unopened !== null) this.warnings.push(unopened);
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
			this.tally.lost();
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
		const { count, lossThreshold } = this.#config.ping;
		const lossPercent = this.tally.windowLossPercent;
		if (this.finished) return;
		if (lossThreshold !== null && lossPercent !== null && lossPercent >= lossThreshold.percent)
			this.#finish("lossThreshold", now);
		else if (count !== null && this.tally.settled >= count) this.#finish("count", now);
	}

	#break(warning: TraceWarning, now: Instant): void {
		if (this.finished) return;
		this.warnings.push(warning);
		this.#finish("error", now);
	}

	#finish(reason: PingStopReason, now: Instant): void {
		this.#stopReason = reason;
		this.warnings.push(...omissions(this.#config));
		if (this.#dropped > 0) this.warnings.push({ code: "repliesDropped", count: this.#dropped });
		const atNs = now - this.startedAt;
		for (const warning of this.warnings) this.#event({ type: "warning", atNs, warning });
		this.#endedAt = now;
		const totals = this.tally.totals(this.book.waiting.size);
		this.#event({ type: "end", atNs, stopReason: reason, totals, rtt: this.tally.roundTrips() });
	}

	#probeEvent(slot: Slot, now: Instant): void {
		this.#event({ type: "probe", atNs: now - this.startedAt, probe: pingProbe(this, slot) });
	}

	#event(event: PingEvent): void {
		this.#out.push({ type: "event", event });
	}
}

/** One probe as it stands now; packets' numbers begin anew, so its own stands in their place. */
export function pingProbe(ping: Pick<Ping, "startedAt" | "config">, slot: Slot): ProbeResult {
	return { ...probeResult(ping, slot, "compared"), seq: slot.query };
}
