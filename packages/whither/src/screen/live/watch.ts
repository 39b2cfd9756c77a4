/** One target under watch: its continuous trace, which may be stopped and go on, and the figures of it all. */
import { PathStatistics, type RoundsEvent } from "@whither/core";
import { asWhitherError } from "../../api/error.ts";
import { warningSentence } from "../../report/trace/warning-words.ts";
import type { Target } from "../model/model.ts";

/** A continuous trace: `LiveRun` of the library, or what a test plays. */
export interface Feed extends AsyncIterable<RoundsEvent> {
	readonly stop: () => void;
}

/** How it is to be run. */
export interface FeedOrder {
	readonly intervalMs: number;
	/** Null: as the user asked for on the command line. */
	readonly method: string | null;
}

/** One target, and how a trace to it begins. */
export interface WatchOrder extends FeedOrder {
	readonly name: string;
	/** What our packets are sent with. */
	readonly dscp: number;
	readonly start: (order: FeedOrder) => Feed;
}

const END_WORDS: Readonly<Record<Extract<RoundsEvent, { type: "end" }>["stopReason"], string | null>> = {
	count: "All rounds asked for are over",
	timeout: "Its time is over",
	interrupted: null,
	error: "Probes cannot be sent any more",
};

interface Progress {
	readonly rounds: number;
	readonly atNs: number;
}

/** One of them. */
export class Watch {
	readonly #order: WatchOrder;
	readonly #told: () => void;
	readonly #statistics = new PathStatistics();
	#how: FeedOrder;
	#feed: Feed | null = null;
	#start: Extract<RoundsEvent, { type: "start" }> | null = null;
	#state: Target["state"] = "starting";
	#note: string | null = null;
	/** How far rounds and times have come; where the trace begins anew, they count on from there. */
	#latest: Progress = { rounds: 0, atNs: 0 };
	#done: Promise<void> = Promise.resolve();

	/** `told` is called when there is something new. */
	constructor(order: WatchOrder, told: () => void) {
		this.#order = order;
		this.#told = told;
		this.#how = { intervalMs: order.intervalMs, method: order.method };
	}

	/** As it stands. */
	get target(): Target {
		const { name, dscp } = this.#order;
		const start = this.#start;
		return {
			...{ name, dscp, state: this.#state, note: this.#note, summary: this.#statistics.summary() },
			...{ address: start?.target.address ?? null, source: start?.source.address ?? null },
			...{ method: start?.method ?? null, port: start?.target.port ?? null },
		};
	}

	/** The last `start` event; null: it has not begun. */
	get start(): Extract<RoundsEvent, { type: "start" }> | null {
		return this.#start;
	}

	/** Resolves when nothing runs any more. */
	get done(): Promise<void> {
		return this.#done;
	}

	run(): void {
		if (this.#feed !== null) return;
		this.#state = this.#start === null ? "starting" : "running";
		const feed = this.#order.start(this.#how);
		this.#feed = feed;
		this.#done = this.#follow(feed, this.#latest);
	}

	/** Send nothing more; figures stay. */
	pause(): void {
		this.#halt();
		if (this.#state === "running" || this.#state === "starting") this.#state = "paused";
	}

	/** Go on, in another way from now on. */
	change(how: Partial<FeedOrder>): void {
		const isRunning = this.#feed !== null;
		const isOther = how.method !== undefined && how.method !== this.#how.method;
		this.#how = { ...this.#how, ...how };
		this.#halt();
		if (isOther) this.reset();
		if (isRunning || this.#state === "failed") this.run();
	}

	reset(): void {
		this.#statistics.reset();
		this.#told();
	}

	/** What the method is now, and as which it can be asked for. */
	get method(): string | null {
		return this.#how.method ?? this.#start?.method ?? null;
	}

	#halt(): void {
		const feed = this.#feed;
		this.#feed = null;
		feed?.stop();
	}

	async #follow(feed: Feed, before: Progress): Promise<void> {
		try {
			for await (const event of feed) {
				// What a stopped trace still says of its end is no news; its last answers are.
				if (this.#feed === feed || event.type === "probe") this.#take(event, before);
			}
		} catch (thrown) {
			if (this.#feed === feed) this.#fail(asWhitherError(thrown).message);
		}
		if (this.#feed === feed) this.#feed = null;
		this.#told();
	}

	#fail(note: string): void {
		this.#state = "failed";
		this.#note = note;
	}

	#take(event: RoundsEvent, before: Progress): void {
		if (event.type === "start") {
			// What is known goes on: a second start would forget it.
			if (this.#start === null) this.#statistics.take(event);
			this.#start = event;
			this.#state = "running";
			this.#note = null;
		} else {
			this.#statistics.take(this.#moved(event, before));
			if (event.type === "warning") this.#note = warningSentence(event.warning);
			if (event.type === "end") {
				this.#state = "ended";
				this.#note ??= END_WORDS[event.stopReason];
			}
		}
		this.#told();
	}

	/** The event with round and time counted from the very beginning. */
	#moved(event: Exclude<RoundsEvent, { type: "start" }>, before: Progress): RoundsEvent {
		const later = { ...event, atNs: event.atNs + before.atNs };
		const { rounds, atNs } = this.#latest;
		this.#latest = { rounds, atNs: Math.max(atNs, later.atNs) };
		if (!("round" in later)) return later;
		const round = later.round + before.rounds;
		this.#latest = { ...this.#latest, rounds: Math.max(rounds, round + 1) };
		return { ...later, round };
	}
}
