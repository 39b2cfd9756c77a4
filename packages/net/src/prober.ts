/** Traces and pings in a thread of their own, so that their timing holds while this thread is busy. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import type {
	PingMessage,
	PingOrder,
	RoundsMessage,
	RoundsOrder,
	RunningTrace,
	TraceFailure,
	TraceMessage,
	TraceOrder,
} from "@whither/core";
import { runPing, runRounds, runTrace } from "./driver.ts";
import type { ProberReport, ProberRequest, RunMessage } from "./prober-protocol.ts";

/** Runs traces, any number at a time. */
export interface Prober {
	/** Starts a trace; `on` hears its messages, the last of which is `result` or `failed`, whatever happens. */
	trace(order: TraceOrder, on: (message: TraceMessage) => void): RunningTrace;
	/** Starts a ping, in the same way. */
	ping(order: PingOrder, on: (message: PingMessage) => void): RunningTrace;
	/** Starts a continuous trace, in the same way. */
	rounds(order: RoundsOrder, on: (message: RoundsMessage) => void): RunningTrace;
	/** Ends every trace and ping (their results say "interrupted") and, once their connections have ended, the worker. */
	close(): Promise<void>;
}

/** How to start a prober. */
export interface ProberOptions {
	/** `here`: in this thread, which must then stay responsive. Default: one worker for all traces. */
	readonly thread?: "worker" | "here";
	/** What the worker runs, when not this package's own file: something that calls `serveProber`. */
	readonly workerUrl?: URL;
	/** Handed to the worker as it is, so that a bundle can tell that it is one. */
	readonly workerData?: unknown;
}

/** How long process.exit() may be held up by a worker that does not answer. */
const EXIT_WAIT_MS = 500;

/** A prober, at work at once: the worker starts in the background. */
export function startProber(options: ProberOptions = {}): Prober {
	return options.thread === "here" ? new LocalProber() : new WorkerProber(options);
}

class LocalProber implements Prober {
	readonly #running = new Set<RunningTrace>();
	readonly #open = new Set<Promise<void>>();

	trace(order: TraceOrder, on: (message: TraceMessage) => void): RunningTrace {
		return this.#run(on, (post) => runTrace(order, post));
	}

	ping(order: PingOrder, on: (message: PingMessage) => void): RunningTrace {
		return this.#run(on, (post) => runPing(order, post));
	}

	rounds(order: RoundsOrder, on: (message: RoundsMessage) => void): RunningTrace {
		return this.#run(on, (post) => runRounds(order, post));
	}

	async close(): Promise<void> {
		for (const running of [...this.#running]) running.stop();
		await Promise.all(this.#open);
	}

	#run<Message extends RunMessage>(
		on: (message: Message) => void,
		run: (post: (message: Message) => void) => RunningTrace,
	): RunningTrace {
		const running = run((message) => {
			if (message.type !== "event") this.#running.delete(running);
			on(message);
		});
		this.#running.add(running);
		const { closed = Promise.resolve() } = running;
		this.#open.add(closed);
		closed.then(() => this.#open.delete(closed));
		return running;
	}
}

/** Who waits for what the worker says of one run. */
interface Listener {
	/** Null once it has heard the last message. */
	hear: ((message: RunMessage) => void) | null;
	readonly closed: () => void;
}

class WorkerProber implements Prober {
	readonly #worker: Worker;
	/** Of the runs of which anything is open yet. */
	readonly #listeners = new Map<number, Listener>();
	readonly #exited: Promise<void>;
	readonly #gate = new Int32Array(new SharedArrayBuffer(4));
	readonly #leave = () => this.#closeBeforeExit();
	#failure: TraceFailure | null = null;
	#closing = false;
	#nextId = 0;

	constructor({ workerUrl, workerData }: ProberOptions) {
		// Only what the worker needs: each extra costs part of its start, which the first trace waits for.
		this.#worker = new Worker(workerUrl ?? ownWorker(), {
			workerData,
			env: SHARE_ENV,
			execArgv: [],
			trackUnmanagedFds: false,
			name: "whither prober",
		});
		this.#worker.on("message", (report: ProberReport) => this.#take(report));
		this.#worker.on("error", (error: unknown) => this.#crashed(error instanceof Error ? error.message : String(error)));
		this.#exited = new Promise((resolve) => {
			this.#worker.once("exit", (code) => {
				process.off("exit", this.#leave);
				this.#crashed(`worker exited with code ${code}`);
				resolve();
			});
		});
		process.on("exit", this.#leave);
		this.#ask({ type: "gate", gate: this.#gate.buffer as SharedArrayBuffer });
		// A prober at rest keeps no process alive.
		this.#worker.unref();
	}

	trace(order: TraceOrder, on: (message: TraceMessage) => void): RunningTrace {
		return this.#start(on, (id) => ({ type: "trace", id, order }));
	}

	ping(order: PingOrder, on: (message: PingMessage) => void): RunningTrace {
		return this.#start(on, (id) => ({ type: "ping", id, order }));
	}

	rounds(order: RoundsOrder, on: (message: RoundsMessage) => void): RunningTrace {
		return this.#start(on, (id) => ({ type: "rounds", id, order }));
	}

	/** The worker answers each request with messages of its own kind. */
	#start<Message extends RunMessage>(
		on: (message: Message) => void,
		request: (id: number) => ProberRequest,
	): RunningTrace {
		const hear = on as (message: RunMessage) => void;
		const id = this.#nextId++;
		if (this.#failure !== null) {
			const error = this.#failure;
			queueMicrotask(() => hear({ type: "failed", error }));
			return { stop: () => {} };
		}
		const closed = new Promise<void>((resolve) => {
			this.#listeners.set(id, { hear, closed: resolve });
		});
		this.#worker.ref();
		this.#ask(request(id));
		return { stop: () => this.#ask({ type: "stop", id }), closed };
	}

	async close(): Promise<void> {
		this.#closing = true;
		this.#worker.ref();
		this.#ask({ type: "close" });
		await this.#exited;
	}

	#ask(request: ProberRequest): void {
		if (this.#failure === null) this.#worker.postMessage(request);
	}

	/** process.exit() with something open: the worker must close its poll handles before the process goes. */
	#closeBeforeExit(): void {
		if (this.#listeners.size === 0 || this.#failure !== null) return;
		this.#ask({ type: "leave" });
		Atomics.wait(this.#gate, 0, 0, EXIT_WAIT_MS);
	}

	#take({ id, messages, closed }: ProberReport): void {
		const listener = this.#listeners.get(id);
		if (listener === undefined) return;
		if (closed) this.#forget(id);
		for (const message of messages) {
			const { hear } = listener;
			if (message.type !== "event") listener.hear = null;
			hear?.(message);
		}
		if (closed) listener.closed();
	}

	#forget(id: number): void {
		this.#listeners.delete(id);
		if (this.#listeners.size === 0 && !this.#closing) this.#worker.unref();
	}

	/** However the worker ended, nobody is left waiting. */
	#crashed(about: string): void {
		this.#failure ??= { code: "internal", where: "worker", about };
		const error = this.#failure;
		const waiting = [...this.#listeners.values()];
		this.#listeners.clear();
		for (const { hear, closed } of waiting) {
			hear?.({ type: "failed", error });
			closed();
		}
	}
}

/** This package's worker file: TypeScript beside TypeScript, JavaScript beside JavaScript. */
function ownWorker(): URL {
	const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
	return new URL(`./prober-worker.${extension}`, import.meta.url);
}
