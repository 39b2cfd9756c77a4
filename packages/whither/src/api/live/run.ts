/** One continuous trace under way: its events as they happen, its figures at any time. */
import {
	PathStatistics,
	type PathSummary,
	type RoundsEvent,
	type RoundsMessage,
	type RoundsOrder,
	type RoundsResult,
	type RunningTrace,
	type TraceWarning,
} from "@whither/core";
import type { AddressBook } from "../address-book.ts";
import { Course } from "../course.ts";
import { atMost, nameWaitOf, openBook } from "../course-names.ts";
import { byFirstMethod, findPath } from "../course-start.ts";
import { failureError, WhitherError } from "../error.ts";
import { methodsOf, type ResolvedPath } from "../options.ts";
import type { ResolvedTarget } from "../resolve.ts";
import type { World } from "../world.ts";
import { NameNews } from "./name-news.ts";
import { checkLive, completeLive, type LiveRequestOptions } from "./options.ts";

/** What a run is started with, beyond the caller's options. */
export interface LiveRunOrder {
	readonly name: string;
	readonly options: LiveRequestOptions;
	readonly tool: RoundsOrder["tool"];
	readonly args: readonly string[];
	readonly openWorld: () => World | Promise<World>;
}

/** A continuous trace that is over, with its figures. */
export interface LiveResult extends RoundsResult {
	readonly summary: PathSummary;
}

/** Events that a slow reader may be behind: at ten rounds a second over thirty hops half a minute. */
const EVENTS_KEPT = 8_192;

/**
 * A continuous trace under way. Iterate it for the events (the latest thousands are kept, so a reader misses none unless it
 * falls that far behind), ask `summary` for the figures at any time, await `result` for both at the end. Iterator and promise
 * reject with the same `WhitherError` when the trace cannot begin.
 */
export class LiveRun implements AsyncIterable<RoundsEvent> {
	readonly result: Promise<LiveResult>;
	readonly #order: LiveRunOrder;
	readonly #course = new Course<RoundsEvent>({ what: "trace", eventsKept: EVENTS_KEPT });
	readonly #statistics = new PathStatistics();
	#news: NameNews | null = null;
	#target: ResolvedTarget | null = null;
	#running: RunningTrace | null = null;
	/** By the clock of `performance.now`. */
	#beganMs = 0;
	/** The end, which waits for the last names. */
	#told: Promise<void> = Promise.resolve();

	constructor(order: LiveRunOrder) {
		this.#order = order;
		this.#course.stopped.addEventListener("abort", () => this.#running?.stop());
		this.result = this.#course.run(() => this.#prepareAndTrace(), order.options.signal);
	}

	/** The target once its name has resolved, else null. */
	get target(): ResolvedTarget | null {
		return this.#target;
	}

	/** Resolves once nothing of the trace is open any more; see `TraceRun.closed`. */
	get closed(): Promise<void> {
		return this.#running?.closed ?? Promise.resolve();
	}

	/** The figures of all events so far. What is unchanged is the same object as before. */
	summary(): PathSummary {
		return this.#statistics.summary();
	}

	/** Forgets the figures, and goes on with the next round. */
	reset(): void {
		this.#statistics.reset();
	}

	/** End it; the result has what is known by now and `stopReason: "interrupted"`. */
	stop(): void {
		this.#course.stop();
	}

	[Symbol.asyncIterator](): AsyncIterator<RoundsEvent> {
		return this.#course.events[Symbol.asyncIterator]();
	}

	async #prepareAndTrace(): Promise<LiveResult> {
		const { options } = this.#order;
		const methods = methodsOf(options);
		checkLive(options);
		const world = await this.#order.openWorld();
		const path = await findPath(this.#course, this.#order, world, (target) => {
			this.#target = target;
		});
		const book = await openBook(options, world);
		if (book !== null) this.#news = this.#namesFrom(book);
		const warn = (warning: TraceWarning) => this.#push({ type: "warning", atNs: 0, warning });
		return byFirstMethod(methods, (method) => this.#trace(world, method, path), warn);
	}

	#namesFrom(book: AddressBook): NameNews {
		return new NameNews(book, (event) => this.#push(event));
	}

	#trace(world: World, method: string, path: ResolvedPath): Promise<LiveResult> {
		const { tool, args, options } = this.#order;
		return new Promise((resolve, reject) => {
			if (world.rounds === undefined) throw new WhitherError("badOption", "This world knows no continuous traces");
			const order = completeLive(options, method, path);
			const onMessage = (message: RoundsMessage) => {
				if (message.type === "event") this.#tell(message.event);
				else if (message.type === "failed") reject(failureError(message.error, order.options));
				else this.#told = this.#told.then(() => resolve(this.#whole(message.result)));
			};
			this.#beganMs = performance.now();
			this.#running = world.rounds({ ...order, tool, args }, onMessage);
			if (this.#course.stopped.aborted) this.#running.stop();
		});
	}

	#whole(result: RoundsResult): LiveResult {
		const warnings = [...(this.#news?.warnings ?? []), ...result.warnings];
		return { ...result, warnings, summary: this.summary() };
	}

	/** Only the end waits for names, and no longer than a hop of a trace does. */
	#tell(event: RoundsEvent): void {
		const news = this.#news;
		if (news === null) {
			this.#push(event);
			return;
		}
		if (event.type !== "end") {
			this.#push(news.complete(event));
			return;
		}
		const { stopped } = this.#course;
		const waitMs = nameWaitOf(this.#order.options, this.#beganMs);
		const named = stopped.aborted ? Promise.resolve() : atMost(news.settled, waitMs, stopped);
		this.#told = named.then(() => {
			for (const warning of news.warnings) this.#push({ type: "warning", atNs: event.atNs, warning });
			news.close();
			this.#push(event);
		});
	}

	#push(event: RoundsEvent): void {
		this.#statistics.take(event);
		this.#course.events.push(event);
	}
}
