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
import type { AddressBook } from "./address-book.ts";
import { asWhitherError, failureError, WhitherError } from "./error.ts";
import { EventRing } from "./event-ring.ts";
import { resolveGateways } from "./gateways.ts";
import { methodsOf, type ResolvedPath } from "./options.ts";
import { checkPing, completePing, type PingRequestOptions } from "./ping-options.ts";
import type { ResolvedTarget } from "./resolve.ts";
import { METHOD_UNUSABLE, nameWaitOf, openBook, wantedFamily } from "./trace-run.ts";
import type { World } from "./world.ts";

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
	readonly #events = new EventRing<PingEvent>(EVENTS_KEPT);
	readonly #stopped = new AbortController();
	#book: AddressBook | null = null;
	#target: ResolvedTarget | null = null;
	#running: RunningTrace | null = null;
	/** By the clock of `performance.now`. */
	#beganMs = 0;
	/** The stream in its order: a first answer of somebody waits here for the name. */
	#told: Promise<void> = Promise.resolve();

	constructor(order: PingRunOrder) {
		this.#order = order;
		this.result = this.#run();
		this.result.then(
			() => this.#events.close(),
			(failure) => this.#events.close(failure),
		);
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
		this.#stopped.abort();
		this.#running?.stop();
	}

	[Symbol.asyncIterator](): AsyncIterator<PingEvent> {
		return this.#events[Symbol.asyncIterator]();
	}

	async #run(): Promise<PingResult> {
		const { signal } = this.#order.options;
		const stop = () => this.stop();
		if (signal?.aborted) stop();
		signal?.addEventListener("abort", stop, { once: true });
		try {
			return await this.#prepareAndPing();
		} catch (thrown) {
			throw asWhitherError(thrown);
		} finally {
			signal?.removeEventListener("abort", stop);
		}
	}

	async #prepareAndPing(): Promise<PingResult> {
		const { options, name } = this.#order;
		const methods = methodsOf(options);
		checkPing(options);
		const world = await this.#order.openWorld();
		const target = await this.#unlessStopped(world.resolve(name, wantedFamily(options)));
		this.#target = target;
		const gateways = await this.#unlessStopped(resolveGateways(options.gateways ?? [], target, world.resolve));
		this.#book = await openBook(options, world);
		return this.#pingByFirst(methods, world, { target, gateways, tcpEcn: world.tcpEcn });
	}

	/** The first method that this machine allows; those passed over stand among the warnings. */
	async #pingByFirst(methods: readonly string[], world: World, path: ResolvedPath): Promise<PingResult> {
		const passed: TraceWarning[] = [];
		for (const [index, method] of methods.entries()) {
			try {
				const result = await this.#ping(world, method, path);
				return passed.length === 0 ? result : { ...result, warnings: [...passed, ...result.warnings] };
			} catch (failure) {
				const next = methods[index + 1];
				if (!(failure instanceof WhitherError) || !METHOD_UNUSABLE.has(failure.code) || next === undefined)
					throw failure;
				const warning = { code: "methodFallback", from: method, to: next, reason: failure.code } as const;
				passed.push(warning);
				this.#events.push({ type: "warning", atNs: 0, warning });
			}
		}
		throw new Error("no method was tried");
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
			if (this.#stopped.signal.aborted) this.#running.stop();
		});
	}

	#named(result: PingResult): PingResult {
		const book = this.#book;
		if (book === null) return result;
		const answerers = result.answerers.map((one) => ({ ...one, name: book.complete({ ...NOBODY, ...one }).name }));
		return { ...result, answerers, probes: result.probes.map((probe) => book.complete(probe)) };
	}

	#tell(event: PingEvent): void {
		const book = this.#book;
		if (book === null) {
			this.#events.push(event);
			return;
		}
		const from = event.type === "probe" ? event.probe.from : null;
		const asked = from === null || book.knows(from) ? null : book.ask(from);
		this.#told = this.#told.then(async () => {
			if (asked !== null && !this.#stopped.signal.aborted) await this.#atMost(asked);
			this.#events.push(event.type === "probe" ? { ...event, probe: book.complete(event.probe) } : event);
		});
	}

	/** Until the names are known, the wait is over or the ping was stopped. */
	#atMost(asked: Promise<void>): Promise<void> {
		const { signal } = this.#stopped;
		return new Promise((resolve) => {
			const finish = () => {
				clearTimeout(timer);
				signal.removeEventListener("abort", finish);
				resolve();
			};
			const timer = setTimeout(finish, nameWaitOf(this.#order.options, this.#beganMs));
			signal.addEventListener("abort", finish);
			asked.then(finish);
		});
	}

	/** The promise, or a rejection as soon as the run is stopped. */
	#unlessStopped<T>(promise: Promise<T>): Promise<T> {
		const { signal } = this.#stopped;
		return new Promise((resolve, reject) => {
			const refuse = () => reject(new WhitherError("aborted", "The ping was stopped before it began"));
			if (signal.aborted) refuse();
			signal.addEventListener("abort", refuse, { once: true });
			promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", refuse));
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
