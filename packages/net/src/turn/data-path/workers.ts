/** Starts the workers of the data path, and speaks with them. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import { type PeerRules, RELAY_PORTS, type TurnUsers } from "@whither/core";
import { isSystemError } from "../../errors.ts";
import { openWorkspace, type Workspace } from "../../native/workspace.ts";
import { firstOf, type StunListening, type StunServiceFailure } from "../../serving/places-io.ts";
import type {
	TurnWorkerCounters,
	TurnWorkerDrain,
	TurnWorkerFailure,
	TurnWorkerOrder,
	TurnWorkers,
} from "./worker-io.ts";
import type { TurnWorkerCommand, TurnWorkerReport, TurnWorkerStart } from "./worker-messages.ts";

type Opened = Extract<TurnWorkerReport, { readonly type: "opened" }>;

/** A worker that says nothing for so long has no counters to tell. */
const ANSWER_MS = 2000;

/**
 * Opens so many workers, all of which have every place before any of them serves, or none. `workerUrl`: what they run,
 * where that is not this package's own file: something that calls `serveTurnWorker`.
 */
export async function openTurnWorkers(
	order: TurnWorkerOrder,
	count: number,
	workerUrl?: URL,
): Promise<TurnWorkers | StunServiceFailure> {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return { place: firstOf(order.places), error: workspace };
	const group = new WorkerGroup(workspace, order);
	for (let index = 0; index < count; index++)
		group.start({ order: partOf(order, index, count), index, count }, workerUrl ?? ownWorker());
	const failed = await group.open();
	if (failed === null) return group;
	await group.close();
	return failed;
}

/** Every worker has a part of the ports, which begins with an even one, and an instance of its own. */
export function partOf(order: TurnWorkerOrder, index: number, count: number): TurnWorkerOrder {
	const { relayPorts: { first, last } = RELAY_PORTS, instance = 0 } = order.config;
	const each = Math.floor((last + 1 - first) / count) & ~1;
	const start = ((first + 1) & ~1) + index * each;
	// The odd ports at both ends are no pair's, and still somebody's.
	const relayPorts = { first: index === 0 ? first : start, last: index === count - 1 ? last : start + each - 1 };
	return { ...order, config: { ...order.config, relayPorts, instance: instance + index } };
}

/** One worker as this thread knows it. */
class WorkerHandle {
	readonly worker: Worker;
	readonly exited: Promise<void>;
	/** Its eventfd and its listeners, once it has told them. */
	opened: Opened | null = null;
	/** It has closed all its descriptors by itself. */
	tidy = false;
	gone = false;
	/** Who waits for what it says next. */
	hear: (report: TurnWorkerReport) => void = () => {};
	readonly #workspace: Workspace;

	constructor(workspace: Workspace, worker: Worker) {
		this.#workspace = workspace;
		this.worker = worker;
		this.exited = new Promise((resolve) => {
			worker.once("exit", () => {
				this.gone = true;
				if (!this.tidy) this.#tidyUp();
				resolve();
			});
		});
	}

	ask(command: TurnWorkerCommand): void {
		if (this.gone) return;
		this.worker.postMessage(command);
		this.wake();
	}

	/** Ends its wait. */
	wake(): void {
		if (this.opened === null || this.tidy || this.gone) return;
		const { libc, scratch } = this.#workspace;
		scratch.view.setBigUint64(0, 1n, true);
		libc.write(this.opened.wake, scratch.address, 8);
	}

	/** Nobody reads from these any more, and the kernel would still hand them clients' datagrams. */
	#tidyUp(): void {
		for (const fd of this.opened?.descriptors ?? []) this.#workspace.libc.close(fd);
	}
}

class WorkerGroup implements TurnWorkers {
	readonly listening: StunListening[] = [];
	readonly failed: Promise<TurnWorkerFailure>;
	readonly #workspace: Workspace;
	readonly #order: TurnWorkerOrder;
	readonly #handles: WorkerHandle[] = [];
	readonly #waiting = new Map<number, (counters: TurnWorkerCounters) => void>();
	/** At the end of the process: a worker that waits would hold it up. */
	readonly #leave = () => {
		for (const handle of this.#handles) handle.ask({ type: "close" });
	};
	#fail: (failure: TurnWorkerFailure) => void = () => {};
	#closing = false;
	#asked = 0;

	constructor(workspace: Workspace, order: TurnWorkerOrder) {
		this.#workspace = workspace;
		this.#order = order;
		this.failed = new Promise((resolve) => {
			this.#fail = resolve;
		});
		process.on("exit", this.#leave);
	}

	start(workerData: TurnWorkerStart, url: URL): void {
		const worker = new Worker(url, {
			workerData,
			env: SHARE_ENV,
			execArgv: [],
			trackUnmanagedFds: false,
			name: `whither relay ${workerData.index}`,
		});
		const handle = new WorkerHandle(this.#workspace, worker);
		this.#handles.push(handle);
		worker.on("message", (report: TurnWorkerReport) => this.#take(handle, report));
		worker.on("error", (error: unknown) => this.#died(handle, error instanceof Error ? error.message : String(error)));
		worker.once("exit", (code) => this.#died(handle, `worker exited with code ${code}`));
	}

	/** One after the other, so that all of them stand in the same order at every place. */
	async open(): Promise<StunServiceFailure | null> {
		for (const handle of this.#handles) {
			const report = await this.#answer(handle, { type: "open" });
			if (report.type === "notOpened") return report.failure;
			if (report.type === "opened") handle.opened = report;
			else return this.#noWorker(report.type === "failed" ? report.failure : null);
		}
		const locals = this.#handles[0]?.opened?.locals ?? [];
		for (const local of locals) if (local !== null) this.listening.push({ transport: "udp", local });
		const begun = await Promise.all(this.#handles.map((handle) => this.#answer(handle, { type: "serve" })));
		for (const report of begun) if (report.type === "failed") return this.#noWorker(report.failure);
		return null;
	}

	#noWorker(failure: TurnWorkerFailure | null): StunServiceFailure {
		const about = failure?.code === "internal" ? failure.about : "no worker";
		const none = { code: "unsupportedPlatform", call: "worker", address: about, errno: 0, errnoName: "" } as const;
		return { place: firstOf(this.#order.places), error: isSystemError(failure) ? failure : none };
	}

	#answer(handle: WorkerHandle, command: TurnWorkerCommand): Promise<TurnWorkerReport> {
		return new Promise((resolve) => {
			handle.hear = resolve;
			handle.worker.postMessage(command);
		});
	}

	#take(handle: WorkerHandle, report: TurnWorkerReport): void {
		if (report.type === "closed") handle.tidy = true;
		if (report.type === "counters") this.#waiting.get(report.id)?.(report.counters);
		else if (report.type === "failed" && !this.#closing) this.#fail(report.failure);
		handle.hear(report);
	}

	#died(handle: WorkerHandle, about: string): void {
		const failure = { code: "internal", where: "worker", about } as const;
		if (!this.#closing) this.#fail(failure);
		handle.hear({ type: "failed", failure });
	}

	users(users: TurnUsers): void {
		for (const handle of this.#handles) handle.ask({ type: "users", users });
	}

	peers(peers: PeerRules): void {
		for (const handle of this.#handles) handle.ask({ type: "peers", peers });
	}

	drain(drain: TurnWorkerDrain): void {
		for (const handle of this.#handles) handle.ask({ type: "drain", drain });
	}

	async counters(): Promise<readonly TurnWorkerCounters[]> {
		const answers = await Promise.all(this.#handles.map((handle) => this.#countersOf(handle)));
		return answers.filter((counters) => counters !== null);
	}

	#countersOf(handle: WorkerHandle): Promise<TurnWorkerCounters | null> {
		if (handle.gone) return Promise.resolve(null);
		const id = this.#asked++;
		return new Promise((resolve) => {
			const answered = (counters: TurnWorkerCounters | null) => {
				clearTimeout(late);
				this.#waiting.delete(id);
				resolve(counters);
			};
			const late = setTimeout(() => answered(null), ANSWER_MS);
			this.#waiting.set(id, answered);
			void handle.exited.then(() => answered(null));
			handle.ask({ type: "counters", id });
		});
	}

	async close(): Promise<void> {
		this.#closing = true;
		for (const handle of this.#handles) handle.ask({ type: "close" });
		await Promise.all(this.#handles.map(({ exited }) => exited));
		process.off("exit", this.#leave);
	}
}

/** This package's worker file: TypeScript beside TypeScript, JavaScript beside JavaScript. */
function ownWorker(): URL {
	const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
	return new URL(`./data-path-worker.${extension}`, import.meta.url);
}
