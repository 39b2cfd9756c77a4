/** One ping under way: its events as they happen, its result at the end. */
import type {
	PingEvent,
	PingMessage,
	PingOrder,
	PingResult,
	ProbeResult,
	RunningTrace,
	TraceWarning,
} from "@whither/core";
import type { AddressBook } from "../address-book.ts";
import { Course } from "../course.ts";
import { atMost, nameWaitOf, openBook } from "../course-names.ts";
import { byFirstMethod, findPath } from "../course-start.ts";
import { failureError, WhitherError } from "../error.ts";
import { methodsOf, type ResolvedPath } from "../options.ts";
import type { ResolvedTarget } from "../resolve.ts";
import type { World } from "../world.ts";
import { checkPing, completePing, type PingRequestOptions } from "./options.ts";

/** What a run is started with, beyond the caller's options. */
export interface PingRunOrder {
	readonly name: string;
	readonly options: PingRequestOptions;
	readonly tool: PingOrder["tool"];
	readonly args: readonly string[];
	readonly openWorld: () => World | Promise<World>;
}

/** Events that a slow reader may be behind. */
const EVENTS_KEPT = 4_096;

/**
 * A ping under way. Iterate it for the events: the latest few thousand are kept, so a reader misses none unless it falls
 * that far behind. Await `result` for the whole. Both reject with the same `WhitherError` when the ping cannot begin.
 */
export class PingRun implements AsyncIterable<PingEvent> {
	readonly result: Promise<PingResult>;
	readonly #order: PingRunOrder;
	readonly #course = new Course<PingEvent>({ what: "ping", eventsKept: EVENTS_KEPT });
	#book: AddressBook | null = null;
	#target: ResolvedTarget | null = null;
	#running: RunningTrace | null = null;
	/** By the clock of `performance.now`. */
	#beganMs = 0;
	/** The stream in its order: a first answer of somebody waits here for the name. */
	#told: Promise<void> = Promise.resolve();

	constructor(order: PingRunOrder) {
		this.#order = order;
		this.#course.stopped.addEventListener("abort", () => this.#running?.stop());
		this.result = this.#course.run(() => this.#prepareAndPing(), order.options.signal);
	}

	/** The target once its name has resolved, else null. */
	get target(): ResolvedTarget | null {
		return this.#target;
	}

	/** Resolves once nothing of the ping is open any more; see `TraceRun.closed`. */
	get closed(): Promise<void> {
		return this.#running?.closed ?? Promise.resolve();
	}

	/** End it; the result has what is known by now and `stopReason: "interrupted"`. */
	stop(): void {
		this.#course.stop();
	}

	[Symbol.asyncIterator](): AsyncIterator<PingEvent> {
		return this.#course.events[Symbol.asyncIterator]();
	}

	async #prepareAndPing(): Promise<PingResult> {
		const { options } = this.#order;
		const methods = methodsOf(options);
		checkPing(options);
		const world = await this.#order.openWorld();
		const path = await findPath(this.#course, this.#order, world, (target) => {
			this.#target = target;
		});
		this.#book = await openBook(options, world);
		const warn = (warning: TraceWarning) => this.#course.events.push({ type: "warning", atNs: 0, warning });
		return byFirstMethod(methods, (method) => this.#ping(world, method, path), warn);
	}

	#ping(world: World, method: string, path: ResolvedPath): Promise<PingResult> {
		const { tool, args, options } = this.#order;
		return new Promise((resolve, reject) => {
			if (world.ping === undefined) throw new WhitherError("badOption", "This world cannot be pinged");
			const order = completePing(options, method, path);
			const onMessage = (message: PingMessage) => {
				if (message.type === "event") this.#tell(message.event);
				else if (message.type === "failed") reject(failureError(message.error, order.options));
				else this.#told = this.#told.then(() => resolve(this.#named(message.result)));
			};
			this.#beganMs = performance.now();
			this.#running = world.ping({ ...order, tool, args }, onMessage);
			if (this.#course.stopped.aborted) this.#running.stop();
		});
	}

	#named(result: PingResult): PingResult {
		const book = this.#book;
		if (book === null) return result;
		const answerers = result.answerers.map((one) => ({ ...one, name: book.complete({ ...NOBODY, ...one }).name }));
		return { ...result, answerers, probes: result.probes.map((probe) => book.complete(probe)) };
	}

	#tell(event: PingEvent): void {
		const { events, stopped } = this.#course;
		const book = this.#book;
		if (book === null) {
			events.push(event);
			return;
		}
		const from = event.type === "probe" ? event.probe.from : null;
		const asked = from === null || book.knows(from) ? null : book.ask(from);
		this.#told = this.#told.then(async () => {
			if (asked !== null && !stopped.aborted)
				await atMost(asked, nameWaitOf(this.#order.options, this.#beganMs), stopped);
			events.push(event.type === "probe" ? { ...event, probe: book.complete(event.probe) } : event);
		});
	}
}

/** An answer of which only the address matters. */
const NOBODY: ProbeResult = {
	seq: 0,
	flow: 0,
	sentAtNs: 0,
	status: "reply",
	from: null,
	name: null,
	rttNs: null,
	stamps: null,
	reply: null,
	quoted: null,
	extensions: [],
};
