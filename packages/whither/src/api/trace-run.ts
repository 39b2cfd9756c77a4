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
import { AddressBook } from "./address-book.ts";
import { addressesIn, nameEvent, nameResult } from "./apply-names.ts";
import { asWhitherError, failureError, WhitherError } from "./error.ts";
import { EventLog } from "./event-log.ts";
import { resolveGateways } from "./gateways.ts";
import { NameBook } from "./name-book.ts";
import { completeOptions, methodsOf, type ResolvedPath, type RunOptions } from "./options.ts";
import type { ResolvedTarget } from "./resolve.ts";
import type { World } from "./world.ts";

/** What a run is started with, beyond the caller's options. */
export interface RunOrder {
	readonly name: string;
	readonly options: RunOptions;
	readonly tool: TraceOrder["tool"];
	readonly args: readonly string[];
	readonly openWorld: () => World | Promise<World>;
}

/** How long a finished hop waits for the names in it, unless the caller says otherwise. */
const DEFAULT_NAME_WAIT_MS = 500;
/** Origins were asked for by name, and come from farther away. */
const DEFAULT_AS_WAIT_MS = 2_000;

/** Codes by which a method shows that it cannot work here at all: its own channels have all been tried by then. */
export const METHOD_UNUSABLE: ReadonlySet<string> = new Set(["permissionDenied", "unsupportedProtocol"]);

/**
 * A trace under way. Iterate it for the events (every loop starts from the first; leaving a loop stops nothing), await
 * `result` for the whole. Both reject with the same `WhitherError` when the trace cannot begin.
 */
export class TraceRun implements AsyncIterable<TraceEvent> {
	readonly result: Promise<TraceResult>;
	readonly #order: RunOrder;
	readonly #log = new EventLog<TraceEvent>();
	readonly #names: { book: AddressBook | null } = { book: null };
	readonly #warnings: TraceWarning[] = [];
	readonly #stopped = new AbortController();
	#target: ResolvedTarget | null = null;
	#running: RunningTrace | null = null;
	/** By the clock of `performance.now`. */
	#beganMs = 0;
	/** Ends the waits for names that are under way. */
	readonly #nameWaits = new Set<() => void>();
	/** The ordered part of the stream: hops wait here for their names. */
	#told: Promise<void> = Promise.resolve();

	constructor(order: RunOrder) {
		this.#order = order;
		this.result = this.#run();
		this.result.then(
			() => this.#log.close(),
			(failure) => this.#log.close(failure),
		);
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
		this.#stopped.abort();
		for (const finish of [...this.#nameWaits]) finish();
		this.#running?.stop();
	}

	[Symbol.asyncIterator](): AsyncIterator<TraceEvent> {
		return this.#log[Symbol.asyncIterator]();
	}

	async #run(): Promise<TraceResult> {
		const { signal } = this.#order.options;
		const stop = () => this.stop();
		if (signal?.aborted) stop();
		signal?.addEventListener("abort", stop, { once: true });
		try {
			return await this.#prepareAndTrace();
		} catch (thrown) {
			throw asWhitherError(thrown);
		} finally {
			signal?.removeEventListener("abort", stop);
		}
	}

	async #prepareAndTrace(): Promise<TraceResult> {
		const { options, name } = this.#order;
		const methods = methodsOf(options);
		const world = await this.#order.openWorld();
		const target = await this.#unlessStopped(world.resolve(name, wantedFamily(options)));
		this.#target = target;
		const gateways = await this.#unlessStopped(resolveGateways(options.gateways ?? [], target, world.resolve));
		this.#names.book = await openBook(options, world);
		return this.#traceByFirst(methods, world, { target, gateways, tcpEcn: world.tcpEcn });
	}

	/** The first method that this machine allows; those passed over stand among the warnings. */
	async #traceByFirst(methods: readonly string[], world: World, path: ResolvedPath): Promise<TraceResult> {
		for (const [index, method] of methods.entries()) {
			try {
				const result = await this.#trace(world, completeOptions(this.#order.options, method, path));
				return this.#warnings.length === 0 ? result : { ...result, warnings: [...this.#warnings, ...result.warnings] };
			} catch (failure) {
				const next = methods[index + 1];
				if (!(failure instanceof WhitherError) || !METHOD_UNUSABLE.has(failure.code) || next === undefined)
					throw failure;
				const warning = { code: "methodFallback", from: method, to: next, reason: failure.code } as const;
				this.#warn([warning], 0);
			}
		}
		throw new Error("no method was tried");
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
			if (this.#stopped.signal.aborted) this.#running.stop();
		});
	}

	#named(result: TraceResult): TraceResult {
		return this.#names.book === null ? result : nameResult(result, this.#names.book);
	}

	#tell(event: TraceEvent): void {
		const { book } = this.#names;
		if (book === null) {
			this.#log.push(event);
			return;
		}
		const asked = addressesIn(event).map((address) => book.ask(address));
		if (event.type === "start" || event.type === "probe" || event.type === "packet") {
			this.#log.push(nameEvent(event, book));
			return;
		}
		const named = event.type === "hop" ? this.#nameWait(event.hop, book, asked) : null;
		this.#told = this.#told.then(async () => {
			if (named !== null) await named;
			if (event.type === "end") this.#warn(book.warnings, event.atNs);
			this.#log.push(nameEvent(event, book));
		});
	}

	/** Warnings of ours, beside those of the tracer. */
	#warn(warnings: readonly TraceWarning[], atNs: number): void {
		this.#warnings.push(...warnings);
		for (const warning of warnings) this.#log.push({ type: "warning", atNs, warning });
	}

	/** Until every name of the hop is known, the wait is over or the trace was stopped; null when there is nothing to wait for. */
	#nameWait(hop: HopResult, book: AddressBook, asked: readonly Promise<void>[]): Promise<void> | null {
		const known = hop.probes.every((probe) => probe.from === null || book.knows(probe.from));
		if (known || this.#stopped.signal.aborted) return null;
		return new Promise((resolve) => {
			const finish = () => {
				clearTimeout(timer);
				this.#nameWaits.delete(finish);
				resolve();
			};
			const timer = setTimeout(finish, nameWaitOf(this.#order.options, this.#beganMs));
			this.#nameWaits.add(finish);
			Promise.all(asked).then(finish);
		});
	}

	/** The promise, or a rejection as soon as the run is stopped. */
	#unlessStopped<T>(promise: Promise<T>): Promise<T> {
		const { signal } = this.#stopped;
		return new Promise((resolve, reject) => {
			const refuse = () => reject(new WhitherError("aborted", "The trace was stopped before it began"));
			if (signal.aborted) refuse();
			signal.addEventListener("abort", refuse, { once: true });
			promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", refuse));
		});
	}
}

/** What decides which names are asked for, and how long they are waited for. */
type BookOptions = Pick<RunOptions, "names" | "asLookup" | "nameWaitMs" | "timeoutMs">;

/** How long an answer waits for its names at most, in milliseconds: no longer than the whole, begun at `beganMs`, may take. */
export function nameWaitOf({ nameWaitMs, asLookup, timeoutMs }: BookOptions, beganMs: number): number {
	const most = nameWaitMs ?? (asLookup ? DEFAULT_AS_WAIT_MS : DEFAULT_NAME_WAIT_MS);
	return timeoutMs === undefined ? most : Math.max(0, Math.min(most, beganMs + timeoutMs - performance.now()));
}

/** What is to be asked of addresses; null: nothing. */
export async function openBook({ names, asLookup }: BookOptions, world: World): Promise<AddressBook | null> {
	if (!names && !asLookup) return null;
	const nameBook = names ? new NameBook(world.reverse) : null;
	if (!asLookup) return new AddressBook(nameBook, null);
	const { parseAsServer } = await import("./as-server.ts");
	const server = asLookup === true ? "dns" : asLookup;
	return new AddressBook(nameBook, new NameBook(await world.origins(parseAsServer(server))), server);
}

/** The family that is asked for, or that of the source address; null: either. */
export function wantedFamily(options: Pick<RunOptions, "family" | "source">): 4 | 6 | null {
	if (options.family !== undefined) return options.family;
	if (options.source === undefined) return null;
	return options.source.includes(":") ? 6 : 4;
}
