/** One trace under way: its events as they happen, its result at the end. */
import type {
	HopResult,
	RunningTrace,
	TraceEvent,
	TraceMessage,
	TraceOptions,
	TraceOrder,
	TraceResult,
	TraceWarning,
} from "@whither/core";
import type { AddressBook } from "../address-book.ts";
import { Course } from "../course.ts";
import { atMost, nameWaitOf, openBook } from "../course-names.ts";
import { byFirstMethod, findPath } from "../course-start.ts";
import { failureError } from "../error.ts";
import { completeOptions, methodsOf, type RunOptions } from "../options.ts";
import type { ResolvedTarget } from "../resolve.ts";
import type { World } from "../world.ts";
import { addressesIn, nameEvent, nameResult } from "./apply-names.ts";

/** What a run is started with, beyond the caller's options. */
export interface RunOrder {
	readonly name: string;
	readonly options: RunOptions;
	readonly tool: TraceOrder["tool"];
	readonly args: readonly string[];
	readonly openWorld: () => World | Promise<World>;
}

/**
 * A trace under way. Iterate it for the events (every loop starts from the first; leaving a loop stops nothing), await
 * `result` for the whole. Both reject with the same `WhitherError` when the trace cannot begin.
 */
export class TraceRun implements AsyncIterable<TraceEvent> {
	readonly result: Promise<TraceResult>;
	readonly #order: RunOrder;
	readonly #course = new Course<TraceEvent>({ what: "trace" });
	#book: AddressBook | null = null;
	#target: ResolvedTarget | null = null;
	#running: RunningTrace | null = null;
	/** By the clock of `performance.now`. */
	#beganMs = 0;
	/** The ordered part of the stream: hops wait here for their names. */
	#told: Promise<void> = Promise.resolve();

	constructor(order: RunOrder) {
		this.#order = order;
		this.#course.stopped.addEventListener("abort", () => this.#running?.stop());
		this.result = this.#course.run(() => this.#prepareAndTrace(), order.options.signal);
	}

	/** The target once its name has resolved, else null. */
	get target(): ResolvedTarget | null {
		return this.#target;
	}

	/**
	 * Resolves once nothing of the trace is open any more: connections that it opened at the target are closed in the
	 * background after the result, for a second at most. A program that ends by process.exit() should await it.
	 */
	get closed(): Promise<void> {
		return this.#running?.closed ?? Promise.resolve();
	}

	/** End early; the result has what is known by now and `stopReason: "interrupted"`. */
	stop(): void {
		this.#course.stop();
	}

	[Symbol.asyncIterator](): AsyncIterator<TraceEvent> {
		return this.#course.events[Symbol.asyncIterator]();
	}

	async #prepareAndTrace(): Promise<TraceResult> {
		const { options } = this.#order;
		const methods = methodsOf(options);
		const world = await this.#order.openWorld();
		const path = await findPath(this.#course, this.#order, world, (target) => {
			this.#target = target;
		});
		this.#book = await openBook(options, world);
		const trace = (method: string) => this.#trace(world, completeOptions(options, method, path));
		return byFirstMethod(methods, trace, (warning) => this.#warn(warning, 0));
	}

	#trace(world: World, options: TraceOptions): Promise<TraceResult> {
		const { tool, args } = this.#order;
		return new Promise((resolve, reject) => {
			const onMessage = (message: TraceMessage) => {
				if (message.type === "event") this.#tell(message.event);
				else if (message.type === "failed") reject(failureError(message.error, options));
				else this.#told = this.#told.then(() => resolve(this.#named(message.result)));
			};
			this.#beganMs = performance.now();
			this.#running = world.start({ options, tool, args }, onMessage);
			if (this.#course.stopped.aborted) this.#running.stop();
		});
	}

	#named(result: TraceResult): TraceResult {
		const book = this.#book;
		if (book === null) return result;
		const named = nameResult(result, book);
		return book.warnings.length === 0 ? named : { ...named, warnings: [...book.warnings, ...named.warnings] };
	}

	#tell(event: TraceEvent): void {
		const { events } = this.#course;
		const book = this.#book;
		if (book === null) {
			events.push(event);
			return;
		}
		const asked = addressesIn(event).map((address) => book.ask(address));
		if (event.type === "start" || event.type === "probe" || event.type === "packet") {
			events.push(nameEvent(event, book));
			return;
		}
		const named = event.type === "hop" ? this.#nameWait(event.hop, book, asked) : null;
		this.#told = this.#told.then(async () => {
			if (named !== null) await named;
			if (event.type === "end") for (const warning of book.warnings) this.#warn(warning, event.atNs);
			events.push(nameEvent(event, book));
		});
	}

	/** A warning of ours, beside those of the tracer. */
	#warn(warning: TraceWarning, atNs: number): void {
		this.#course.events.push({ type: "warning", atNs, warning });
	}

	/** Until every name of the hop is known, the wait is over or the trace was stopped; null when there is nothing to wait for. */
	#nameWait(hop: HopResult, book: AddressBook, asked: readonly Promise<void>[]): Promise<void> | null {
		const { stopped } = this.#course;
		const known = hop.probes.every((probe) => probe.from === null || book.knows(probe.from));
		if (known || stopped.aborted) return null;
		return atMost(Promise.all(asked), nameWaitOf(this.#order.options, this.#beganMs), stopped);
	}
}
