/**
 * The ping: sends the same probe to one TTL at a fixed frequency and settles each by what comes back. Like the tracer it
 * knows no protocol and no socket; unlike it, it may run for days, so that its books never grow.
 */
import type { Deadline, Instant, Machine } from "../machine.ts";
import type { ChannelInput, OpenFailure, ProbeSend, Reply, SessionFacts } from "./channel.ts";
import type { IgnoreReason, Match, ProbeContext, TraceMethod } from "./method.ts";
import { omissions } from "./omissions.ts";
import type { TraceOptions } from "./options.ts";
import { PACKET_NUMBERS, PingBook, SESSION_NUMBERS } from "./ping-book.ts";
import type { PingOptions } from "./ping-options.ts";
import type { PingEvent, PingStopReason } from "./ping-result.ts";
import { PingTally } from "./ping-totals.ts";
import { type Answer, roundTrip, type Slot, type Transmission } from "./probe-book.ts";
import type { ProbeResult, TraceWarning } from "./result.ts";
import { probeResult } from "./trace-result.ts";
import type { TracerInput, TracerOutput } from "./tracer-io.ts";

/** A server may ask twice for another packet: QUIC's Version Negotiation, then its Retry. */
const MOST_FOLLOW_UPS = 2;

/** The TTL of a packet that is to arrive wherever the target is: what hosts send with (RFC 1700). */
const FAREWELL_TTL = 64;

export type PingOutput =
	| Exclude<TracerOutput, { type: "event" }>
	| { readonly type: "event"; readonly event: PingEvent };

export interface PingConfig {
	readonly method: TraceMethod;
	readonly options: TraceOptions;
	readonly ping: PingOptions;
	readonly context: ProbeContext;
}

type ProbeMatch = Extract<Match, { type: "probe" }>;

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
	/** The channel is still opening the connections that probes travel in. */
	#opening: boolean;
	#dropped = 0;
	/** Of the packets' numbers, as the context knows it. */
	#round = 0;

	constructor(config: PingConfig) {
		this.#config = config;
		this.#opening = config.context.channel === "session";
		this.book = new PingBook(this.#opening ? SESSION_NUMBERS : PACKET_NUMBERS);
		this.tally = new PingTally(config.ping.lossThreshold?.window ?? 1);
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
		const { timeoutNs, waitMaxNs } = this.#config.options;
		const all: Deadline[] = [];
		if (timeoutNs !== null) all.push({ at: this.#startedAt + timeoutNs, why: "overall timeout" });
		if (this.#opening) all.push({ at: this.#startedAt + waitMaxNs, why: "a connection" });
		const [first] = this.book.waiting;
		if (first !== undefined) all.push({ at: this.#expiresAt(first), why: "an answer" });
		const { nextSendAt } = this;
		if (nextSendAt !== null) all.push({ at: nextSendAt, why: "next probe" });
		return all.reduce<Deadline | null>((soonest, one) => (soonest && soonest.at <= one.at ? soonest : one), null);
	}

	/** When the next probe may leave; null: none is left, or there is no room for more in flight. */
	get nextSendAt(): Instant | null {
		if (this.finished || this.#opening || this.#allSent || this.book.waiting.size >= this.book.mostWaiting) return null;
		return this.#nextAt;
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
				this.#correctSent(input);
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
		const { method, options, context, ping } = this.#config;
		const port = method.defaultPort === null ? null : context.port;
		this.#event({
			type: "start",
			target: { name: options.targetName, address: options.target, port },
			source: { address: context.source, port: context.sourcePorts[0] ?? null },
			method: method.name,
			channel: context.channel,
			family: options.family,
			ttl: ping.ttl,
			intervalNs: ping.intervalNs,
			count: ping.count,
			length: context.length,
		});
	}

	#opened(sessions: readonly SessionFacts[], now: Instant): void {
		const [first] = sessions;
		if (!this.#opening || first === undefined) return;
		this.#opening = false;
		this.#nextAt = now;
		const { context } = this.#config;
		const sourcePorts = sessions.map(({ sourcePort }) => sourcePort);
		this.#config = { ...this.#config, context: { ...context, sessions, sourcePorts } };
		const { rttNs, mss, sackPermitted } = first;
		const atNs = now - this.startedAt;
		this.#event({ type: "handshake", atNs, rttNs, mss, sackPermitted, connections: sessions.length });
		this.#send(now);
	}

	#openFailed(failure: OpenFailure, now: Instant): void {
		if (this.#opening) this.#break({ code: "sessionFailed", port: this.#config.context.port, failure }, now);
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
		const { method } = this.#config;
		const { sessions } = this.#config.context;
		const flow = sessions.length < 2 ? 0 : slot.query % sessions.length;
		const asked = { flow, ...(slot.again === null ? {} : { state: slot.again.state }) };
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

	#correctSent(input: Extract<ChannelInput, { type: "sent" }>): void {
		const transmission = this.book.find(input.sequence);
		if (transmission === null) return;
		transmission.sentAt = input.at;
		transmission.stamp = input.stamp;
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
		if (match.type === "foreign") {
			this.#ignore(match.reason);
			return;
		}
		if (match.type === "broken") {
			this.#break({ code: "sessionReset", from: match.from }, now);
			return;
		}
		if (match.type === "flow") {
			const transmission = this.#oldestBefore(reply.at);
			if (transmission === null) {
				this.#ignore("shortQuote");
				return;
			}
			this.#answer({ transmission, reply, meaning: match.meaning, late: false, inferred: true }, now);
			return;
		}
		const transmission = this.book.find(match.sequence);
		if (transmission === null) {
			this.#ignore("unknownSequence");
			return;
		}
		if (match.type === "again") {
			this.#followUp(transmission, match, { reply, now });
			return;
		}
		if (match.farewell !== undefined) this.#sendFarewell(match.farewell);
		if (match.part === true && transmission.slot.answer !== null) return;
		this.#answer({ transmission, reply, meaning: match.meaning, late: false, inferred: false }, now);
		// After it: a receiver that has bytes twice names them in two blocks (RFC 2883), which is no second answer.
		for (const sequence of match.also ?? []) this.#answerAlso(sequence, match, { reply, now });
	}

	/** Where a router quotes too little, its answer is for the first probe still waiting that it can be for. */
	#oldestBefore(at: Instant): Transmission | null {
		for (const { transmission } of this.book.waiting) {
			if (transmission !== null && transmission.sentAt <= at) return transmission;
		}
		return null;
	}

	#answer(answer: Answer, now: Instant): void {
		const { slot } = answer.transmission;
		if (slot.answer !== null) {
			slot.duplicates++;
			this.tally.counts.duplicates++;
			this.#ignore("duplicate");
			return;
		}
		if (slot.state === "expired") {
			slot.answer = { ...answer, late: true };
			this.tally.counts.late++;
			this.#probeEvent(slot, now);
			return;
		}
		if (slot.state !== "waiting") {
			this.#ignore("unknownSequence");
			return;
		}
		slot.answer = answer;
		this.tally.answered({ seq: slot.query, from: answer.reply.from, rttNs: Math.round(roundTrip(answer)) });
		this.#settle(slot, "answered", now);
	}

	/** A packet that answers several probes at once. */
	#answerAlso(sequence: number, { meaning }: ProbeMatch, { reply, now }: Heard): void {
		const transmission = this.book.find(sequence);
		if (transmission?.slot.state !== "waiting") return;
		this.#answer({ transmission, reply, meaning, late: false, inferred: false }, now);
	}

	/** The target asks for another packet of this probe first. */
	#followUp({ slot, sentAt }: Transmission, match: Extract<Match, { type: "again" }>, { reply, now }: Heard): void {
		const details = slot.again?.details ?? [];
		if (slot.state !== "waiting" || details.length >= MOST_FOLLOW_UPS) {
			this.#ignore("duplicate");
			return;
		}
		const rttNs = Math.max(0, reply.at - sentAt);
		slot.again = { state: match.state, details: [...details, { ...match.detail, rttNs }] };
		this.#transmit(slot, now);
	}

	#sendFarewell(packet: ProbeSend["packet"]): void {
		this.#out.push({ type: "send", probes: [{ sequence: this.book.number(), ttl: FAREWELL_TTL, packet }] });
	}

	#ignore(reason: IgnoreReason | "duplicate" | "shortQuote"): void {
		this.#out.push({ type: "ignored", reason });
	}

	#tick(now: Instant): void {
		const { timeoutNs, waitMaxNs } = this.#config.options;
		if (timeoutNs !== null && now >= this.startedAt + timeoutNs) {
			this.#finish("timeout", now);
			return;
		}
		if (this.#opening && now >= this.startedAt + waitMaxNs) {
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

	#settle(slot: Slot, state: "answered" | "expired" | "failed", now: Instant): void {
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

/** What was heard, and when we are. */
interface Heard {
	readonly reply: Reply;
	readonly now: Instant;
}

/** One probe as it stands now; packets' numbers begin anew, so its own stands in their place. */
export function pingProbe(ping: Pick<Ping, "startedAt" | "config">, slot: Slot): ProbeResult {
	// Of a tracer it wants to know no more than this.
	return { ...probeResult(ping, slot, "compared"), seq: slot.query };
}
