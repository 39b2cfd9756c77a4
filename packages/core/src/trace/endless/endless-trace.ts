/** What a ping and a continuous trace have in common: they send over and over until they are told to end, in books that never grow. */
import { type Deadline, earliest, type Instant, type Machine } from "../../machine.ts";
import type { ChannelInput, OpenFailure, ProbeSend, Reply, SessionFacts } from "../channel.ts";
import { Connecting } from "../connecting.ts";
import type { PingBook } from "../ping/ping-book.ts";
import type { PingHearing } from "../ping/ping-hearing.ts";
import { correctSent, type Slot } from "../probe-book.ts";
import type { TraceWarning } from "../result.ts";
import type { TracerConfig, TracerInput, TracerOutput } from "../tracer-io.ts";

/** What such a machine puts out: what a trace does, with events of its own. */
export type EndlessOutput<Event> =
	| Exclude<TracerOutput, { type: "event" }>
	| { readonly type: "event"; readonly event: Event };

/** What is known once connections stand. */
export type Connected = NonNullable<ReturnType<Connecting["opened"]>>;
/** Ends that do not depend on what is sent. */
type CommonEnd = "interrupted" | "timeout" | "error";

/** Inputs, deadlines, packets and their numbers; what is sent when, and what is told of it, is the machine's own. */
export abstract class EndlessTrace<Config extends TracerConfig, Event>
	implements Machine<TracerInput, EndlessOutput<Event>>
{
	abstract readonly book: PingBook;
	readonly warnings: TraceWarning[] = [];
	protected readonly connecting: Connecting;
	protected abstract readonly hearing: PingHearing;
	#config: Config;
	/** What methods remember is kept by context: of packets before the numbers began anew, by this one. */
	#olderContext: Config["context"] | null = null;
	#numbersBegun = 0;
	#out: EndlessOutput<Event>[] = [];
	#startedAt: Instant | null = null;
	#endedAt: Instant | null = null;
	#dropped = 0;

	constructor(config: Config) {
		this.#config = config;
		this.connecting = new Connecting(config);
	}

	/** When the next probes may leave; null: none are left, or there is no room for more in flight. */
	abstract get nextSendAt(): Instant | null;

	/** Once connections are open its context knows them. */
	get config(): Config {
		return this.#config;
	}

	get finished(): boolean {
		return this.#endedAt !== null;
	}

	get startedAt(): Instant {
		return this.#startedAt ?? 0;
	}

	get endedAt(): Instant | null {
		return this.#endedAt;
	}

	/** Packets that came in and were lost by our own system. */
	protected get dropped(): number {
		return this.#dropped;
	}

	step(input: TracerInput, now: Instant): readonly EndlessOutput<Event>[] {
		this.#out = [];
		if (this.finished) return [{ type: "ignored", reason: "finished" }];
		if (this.#startedAt === null && input.type !== "start") return [{ type: "ignored", reason: "notStarted" }];
		this.#take(input, now);
		if (!this.finished) this.endIfDone(now);
		return this.#out;
	}

	get deadline(): Deadline | null {
		if (this.finished || this.#startedAt === null) return null;
		const { timeoutNs } = this.#config.options;
		const all: Deadline[] = [];
		if (timeoutNs !== null) all.push({ at: this.#startedAt + timeoutNs, why: "overall timeout" });
		const connection = this.connecting.deadline(this.#startedAt, this.#config);
		if (connection !== null) all.push(connection);
		const [first] = this.book.waiting;
		if (first !== undefined) all.push({ at: this.#expiresAt(first), why: "an answer" });
		const { nextSendAt } = this;
		if (nextSendAt !== null) all.push({ at: nextSendAt, why: "next probe" });
		return earliest(all);
	}

	/** It begins: the first probes leave right after. */
	protected abstract begin(now: Instant): void;
	/** Connections stand; the first probes leave right after. */
	protected abstract connected(connected: Connected, now: Instant): void;
	/** Sends what is due. */
	protected abstract send(now: Instant): void;
	/** A probe was given up. */
	protected abstract missed(slot: Slot): void;
	/** A probe could not be sent; how many others have been. */
	protected abstract unsent(): number;
	/** Ends where nothing more is asked for; it is not over yet. */
	protected abstract endIfDone(now: Instant): void;
	/** Its last word, in which it calls `over`. */
	protected abstract finish(reason: CommonEnd, now: Instant): void;
	protected abstract warn(warning: TraceWarning, now: Instant): void;
	protected abstract probeEvent(slot: Slot, now: Instant): void;

	/** From now on it is finished. */
	protected over(now: Instant): void {
		this.#endedAt = now;
	}

	protected put(output: EndlessOutput<Event>): void {
		this.#out.push(output);
	}

	protected event(event: Event): void {
		this.#out.push({ type: "event", event });
	}

	/** Books a packet for a probe and makes it. */
	protected transmit(slot: Slot, flow: number, now: Instant): ProbeSend {
		const { method } = this.#config;
		const asked = { flow, ...(slot.again === null ? {} : { state: slot.again.state }) };
		const transmission = this.book.transmit(slot, asked, now);
		this.#renewContext();
		const { sequence, request } = transmission;
		const packet = method.probe(this.#config.context, request);
		transmission.packet = packet;
		return { sequence, ttl: slot.ttl, packet };
	}

	/** When packets' numbers have begun anew twice, what the method remembers of the first ones is forgotten. */
	#renewContext(): void {
		if (this.#numbersBegun === this.book.rounds) return;
		this.#numbersBegun = this.book.rounds;
		this.#olderContext = this.#config.context;
		this.#config = { ...this.#config, context: { ...this.#config.context } };
	}

	#take(input: TracerInput, now: Instant): void {
		switch (input.type) {
			case "start":
				if (this.#startedAt === null) this.#start(now);
				this.send(now);
				return;
			case "tick":
				this.#tick(now);
				return;
			case "due":
				this.send(now);
				return;
			case "stop":
				this.finish("interrupted", now);
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
		this.begin(now);
	}

	#opened(sessions: readonly SessionFacts[], now: Instant): void {
		const connected = this.connecting.opened(sessions, this.#config, now - this.startedAt);
		if (connected === null) return;
		this.#config = connected.config;
		this.connected(connected, now);
		this.send(now);
	}

	#openFailed(failure: OpenFailure, now: Instant): void {
		const warning = this.connecting.failed(failure, this.#config);
		if (warning !== null) this.#break(warning, now);
	}

	/** A way out that is gone may come back, so only a run of which nothing could ever be sent ends by it. */
	#sendFailed({ sequence, error, transient }: Extract<ChannelInput, { type: "sendFailed" }>, now: Instant): void {
		const transmission = this.book.find(sequence);
		if (transmission === null || transmission.slot.state !== "waiting") return;
		transmission.slot.error = error;
		const others = this.unsent();
		this.#settle(transmission.slot, "failed", now);
		if (others === 0 && !transient) this.#break({ code: "channelFault", error }, now);
	}

	#reply(reply: Reply, now: Instant): void {
		const { method, context } = this.#config;
		let match = method.match(context, reply);
		if (match.type === "foreign" && this.#olderContext !== null) match = method.match(this.#olderContext, reply);
		if (match.type === "broken") this.#break({ code: "sessionReset", from: match.from }, now);
		else this.hearing.take(match, { reply, now });
	}

	#tick(now: Instant): void {
		const { timeoutNs } = this.#config.options;
		if (timeoutNs !== null && now >= this.startedAt + timeoutNs) {
			const unopened = this.connecting.failed({ why: "timeout" }, this.#config);
			if (unopened !== null) this.warn(unopened, now);
			this.finish("timeout", now);
			return;
		}
		const connection = this.connecting.deadline(this.startedAt, this.#config);
		if (connection !== null && now >= connection.at) {
			this.#openFailed({ why: "timeout" }, now);
			return;
		}
		for (const slot of this.book.waiting) {
			if (now < this.#expiresAt(slot)) break;
			this.missed(slot);
			this.#settle(slot, "expired", now);
		}
		this.endIfDone(now);
		if (!this.finished) this.send(now);
	}

	#expiresAt({ transmission }: Slot): Instant {
		return (transmission?.sentAt ?? 0) + this.#config.options.waitMaxNs;
	}

	#settle(slot: Slot, state: "expired" | "failed", now: Instant): void {
		this.book.settle(slot, state);
		this.probeEvent(slot, now);
	}

	#break(warning: TraceWarning, now: Instant): void {
		if (this.finished) return;
		this.warn(warning, now);
		this.finish("error", now);
	}
}
