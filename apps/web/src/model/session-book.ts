/** One session as the page holds it: its events go in, figures come out; the same room however long it runs. */
import {
	PathStatistics,
	type PathSummary,
	type Place,
	type ProbeResult,
	type RoundsEvent,
	type TraceEvent,
	type TraceResult,
	type TraceWarning,
} from "@whither/core";
import type {
	Session,
	SessionEnd,
	SessionEvent,
	SessionHeader,
} from "../../../../packages/whither/src/api/session/session.ts";
import { HistoryBook } from "./history-book.ts";
import { hear, type OtherEnd, SILENT } from "./other-end.ts";
import type { LookedUp } from "./places.ts";

/** What a run says of itself at its start. */
export type StartFacts = Extract<TraceEvent | RoundsEvent, { type: "start" }>;

/** Latest answers of a hop that are kept, one for each answerer. */
const ANSWERS_KEPT = 16;
const WARNINGS_KEPT = 32;
const ADDRESSES_KEPT = 4_096;
const UNKNOWN: LookedUp = {};

/** Other news that is kept, the latest. */
const NEWS_KEPT = 500;

/** What news may tell of an address. */
type Told = { readonly asName?: string; readonly place?: Place | null; readonly exchange?: string };

/** A session; `version` rises with everything that it takes. */
export class SessionBook {
	readonly header: SessionHeader;
	readonly history = new HistoryBook();
	end: SessionEnd | null;
	/** Of the latest event; -1: none. */
	lastSeq = -1;
	version = 0;
	start: StartFacts | null = null;
	/** Of a trace that was stopped or is over. */
	ended: { readonly stopReason: string; readonly reached: boolean } | null = null;
	/** News of meetings and tests, the latest. */
	readonly news: SessionEvent[] = [];
	/** What a meeting has told from its beginning on. */
	meeting: OtherEnd = SILENT;
	readonly #statistics = new PathStatistics();
	readonly #warnings: TraceWarning[] = [];
	readonly #answers = new Map<number, Map<string, ProbeResult>>();
	readonly #lookedUp = new Map<string, LookedUp>();
	#fromResult = false;

	constructor({ header, events, end }: Session) {
		this.header = header;
		this.end = end;
		for (const event of events) this.take(event);
		if (this.start === null && this.result !== null) this.#takeResult(this.result);
	}

	/** Takes the next event. */
	take(event: SessionEvent): void {
		this.lastSeq = event.seq;
		this.version++;
		if (event.kind === "trace" || event.kind === "live") this.#takeTraced(event.event);
		else {
			if (event.kind === "meet") this.meeting = hear(this.meeting, event.event, event.atNs / 1e6);
			this.news.push(event);
			if (this.news.length > NEWS_KEPT) this.news.shift();
		}
	}

	/** The last word of the session. */
	finish(end: SessionEnd): void {
		this.end = end;
		this.version++;
	}

	/** The document that it ended with, where it is a trace's. */
	get result(): TraceResult | null {
		const result = this.end?.outcome === "result" ? this.end.result : null;
		return result !== null && result.schema === "whither.trace/1" ? result : null;
	}

	/** The figures of all hops. */
	summary(): PathSummary {
		return this.#statistics.summary();
	}

	/** Each a reader should know, in the order in which they came. */
	get warnings(): readonly TraceWarning[] {
		return this.result?.warnings ?? this.#warnings;
	}

	/** The latest answer of everybody who answers at a distance. */
	answers(ttl: number): readonly ProbeResult[] {
		return [...(this.#answers.get(ttl)?.values() ?? [])];
	}

	/** What is known of where an address stands, and of its network. */
	readonly lookUp = (address: string): LookedUp => this.#lookedUp.get(address) ?? UNKNOWN;

	/** Whether nothing more will come. */
	get isOver(): boolean {
		return this.end !== null;
	}

	#takeTraced(event: TraceEvent | RoundsEvent): void {
		if (event.type === "packet") return;
		this.#statistics.take(event);
		if (event.type === "start") this.start = event;
		else if (event.type === "probe") this.#takeProbe(event.ttl, event.probe);
		else if (event.type === "name") this.#learn(event.address, event as Told);
		else if (event.type === "warning") this.#warn(event.warning);
		else if (event.type === "end") this.ended = event;
		else if (event.type === "hop") for (const probe of event.hop.probes) this.#keepAnswer(event.hop.ttl, probe);
	}

	#takeProbe(ttl: number, probe: ProbeResult): void {
		this.#keepAnswer(ttl, probe);
		// Told again: it came late, or once more.
		const isAgain = probe.late === true || probe.duplicates !== undefined;
		if (!isAgain && probe.status !== "sendError") this.history.add(ttl, probe.sentAtNs, probe.rttNs);
	}

	#keepAnswer(ttl: number, probe: ProbeResult): void {
		if (probe.from === null) return;
		this.#learn(probe.from, probe);
		let hop = this.#answers.get(ttl);
		if (hop === undefined) {
			hop = new Map();
			this.#answers.set(ttl, hop);
		}
		if (hop.has(probe.from) || hop.size < ANSWERS_KEPT) hop.set(probe.from, probe);
	}

	#learn(address: string, { asName, place, exchange }: Told): void {
		if (asName === undefined && exchange === undefined && (place ?? null) === null) return;
		const before = this.#lookedUp.get(address);
		if (before === undefined && this.#lookedUp.size >= ADDRESSES_KEPT) return;
		this.#lookedUp.set(address, {
			...before,
			...(asName !== undefined && { asName }),
			...(place !== undefined && place !== null && { place }),
			...(exchange !== undefined && { exchange }),
		});
	}

	#warn(warning: TraceWarning): void {
		if (this.#warnings.length < WARNINGS_KEPT) this.#warnings.push(warning);
	}

	/** A file of another format may have a result and no events. */
	#takeResult(result: TraceResult): void {
		if (this.#fromResult) return;
		this.#fromResult = true;
		const { target, source, method, channel, family, options } = result;
		this.#takeTraced({ type: "start", target, source, method, channel, family, ...options });
		for (const [index, hop] of result.hops.entries()) {
			const last = index === result.hops.length - 1;
			this.#takeTraced({ type: "hop", atNs: result.durationNs, hop, last });
			for (const probe of hop.probes) this.#takeProbe(hop.ttl, probe);
		}
	}
}
