/**
 * The ping: sends the same probe to one TTL at a fixed frequency and settles each by what comes back. Like the tracer it
 * knows no protocol and no socket; unlike it, it may run for days, so that its books never grow.
 */
import type { Instant } from "../../machine.ts";
import { startFacts } from "../connecting.ts";
import { type Connected, type EndlessOutput, EndlessTrace } from "../endless/endless-trace.ts";
import { omissions } from "../omissions.ts";
import type { Slot } from "../probe-book.ts";
import type { ProbeResult, TraceWarning } from "../result.ts";
import { flowOf } from "../session.ts";
import { probeResult } from "../trace-result.ts";
import type { TracerConfig } from "../tracer-io.ts";
import { PACKET_NUMBERS, PingBook, SESSION_NUMBERS } from "./ping-book.ts";
import { PingHearing } from "./ping-hearing.ts";
import type { PingOptions } from "./ping-options.ts";
import type { PingEvent, PingStopReason } from "./ping-result.ts";
import { PingTally } from "./ping-totals.ts";

/** What a ping puts out. */
export type PingOutput = EndlessOutput<PingEvent>;

/** What a ping is made from. */
export interface PingConfig extends TracerConfig {
	readonly ping: PingOptions;
}

/** One ping of one TTL as a machine. After the `end` event `finished` is true and every input is ignored. */
export class Ping extends EndlessTrace<PingConfig, PingEvent> {
	override readonly book: PingBook;
	readonly tally: PingTally;
	protected override readonly hearing: PingHearing;
	#stopReason: PingStopReason | null = null;
	/** When the next probe is due. */
	#nextAt: Instant = 0;

	constructor(config: PingConfig) {
		super(config);
		this.book = new PingBook(this.connecting.underway ? SESSION_NUMBERS : PACKET_NUMBERS);
		this.tally = new PingTally(config.ping.lossThreshold?.window ?? 1);
		this.hearing = new PingHearing({
			book: this.book,
			tally: this.tally,
			output: (output) => this.put(output),
			tell: (slot, now) => this.probeEvent(slot, now),
			transmit: (slot, now) => this.#transmit(slot, now),
		});
	}

	/** Why it stopped; null while it runs. */
	get stopReason(): PingStopReason | null {
		return this.#stopReason;
	}

	/** When the next probe may leave; null: none is left, or there is no room for more in flight. */
	override get nextSendAt(): Instant | null {
		if (this.finished || this.connecting.underway || this.#allSent) return null;
		return this.book.waiting.size >= this.book.mostWaiting ? null : this.#nextAt;
	}

	get #allSent(): boolean {
		const { count } = this.config.ping;
		return count !== null && this.book.booked >= count;
	}

	protected override begin(now: Instant): void {
		this.#nextAt = now;
		const { ttl, intervalNs, count } = this.config.ping;
		this.event({ ...startFacts(this.config), ttl, intervalNs, count });
	}

	protected override connected({ event }: Connected, now: Instant): void {
		this.#nextAt = now;
		this.event(event);
	}

	/** One probe, and where it was late the next is due an interval after it. */
	protected override send(now: Instant): void {
		const { nextSendAt } = this;
		if (nextSendAt === null || nextSendAt > now) return;
		const { intervalNs, ttl } = this.config.ping;
		this.#nextAt = nextSendAt + intervalNs > now ? nextSendAt + intervalNs : now + intervalNs;
		this.tally.counts.sent++;
		this.#transmit(this.book.add(ttl), now);
	}

	#transmit(slot: Slot, now: Instant): void {
		this.put({ type: "send", probes: [this.transmit(slot, flowOf(this.config.context, slot), now)] });
	}

	protected override missed(): void {
		this.tally.lost();
	}

	protected override unsent(): number {
		const { counts } = this.tally;
		counts.notSent++;
		return --counts.sent;
	}

	protected override endIfDone(now: Instant): void {
		const { count, lossThreshold } = this.config.ping;
		const lossPercent = this.tally.windowLossPercent;
		if (lossThreshold !== null && lossPercent !== null && lossPercent >= lossThreshold.percent)
			this.finish("lossThreshold", now);
		else if (count !== null && this.tally.settled >= count) this.finish("count", now);
	}

	/** All are told at the end. */
	protected override warn(warning: TraceWarning): void {
		this.warnings.push(warning);
	}

	protected override finish(reason: PingStopReason, now: Instant): void {
		this.#stopReason = reason;
		this.warnings.push(...omissions(this.config));
		if (this.dropped > 0) this.warnings.push({ code: "repliesDropped", count: this.dropped });
		const atNs = now - this.startedAt;
		for (const warning of this.warnings) this.event({ type: "warning", atNs, warning });
		this.over(now);
		const totals = this.tally.totals(this.book.waiting.size);
		this.event({ type: "end", atNs, stopReason: reason, totals, rtt: this.tally.roundTrips() });
	}

	protected override probeEvent(slot: Slot, now: Instant): void {
		this.event({ type: "probe", atNs: now - this.startedAt, probe: pingProbe(this, slot) });
	}
}

/** One probe as it stands now; packets' numbers begin anew, so its own stands in their place. */
export function pingProbe(ping: Pick<Ping, "startedAt" | "config">, slot: Slot): ProbeResult {
	return { ...probeResult(ping, slot, "compared"), seq: slot.query };
}
