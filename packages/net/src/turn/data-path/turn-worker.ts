/** What a worker of the data path runs: a bundle that starts itself as the worker calls this. */
import { randomBytes } from "node:crypto";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { createClock } from "../../clock.ts";
import { defectText, isSystemError } from "../../errors.ts";
import { openWorkspace } from "../../native/workspace.ts";
import { firstOf } from "../../serving/places-io.ts";
import type { TurnWorkerFailure } from "./worker-io.ts";
import { WorkerLoop } from "./worker-loop.ts";
import type { TurnWorkerCommand, TurnWorkerReport, TurnWorkerStart } from "./worker-messages.ts";

/** Serves on a worker's parent port until told to close. `data`: the worker's `workerData`. */
export function serveTurnWorker(port: MessagePort, data: unknown): void {
	const worker = new TurnWorker(port, data as TurnWorkerStart);
	port.on("message", (command: TurnWorkerCommand) => worker.obey(command));
}

/** A worker's own side of what it and its starter say to each other. */
class TurnWorker {
	readonly #port: MessagePort;
	readonly #start: TurnWorkerStart;
	#loop: WorkerLoop | null = null;

	constructor(port: MessagePort, start: TurnWorkerStart) {
		this.#port = port;
		this.#start = start;
	}

	/** While the event loop turns: before it serves, and after it could not. */
	obey({ type }: TurnWorkerCommand): void {
		if (type === "open") this.#open();
		else if (type === "serve") this.#serve();
		else if (type === "close") this.#end();
	}

	#open(): void {
		const { order, index, count } = this.#start;
		const workspace = openWorkspace();
		if (isSystemError(workspace)) {
			this.#say({ type: "notOpened", failure: { place: firstOf(order.places), error: workspace } });
			return;
		}
		const random = randomBytes(8);
		const seed = [random.readInt32LE(0), random.readInt32LE(4)] as const;
		const commands = () => this.#obeyAll();
		const clock = createClock(workspace);
		const loop = new WorkerLoop({ workspace, clock, order, worker: { index, count }, seed, commands });
		this.#loop = loop;
		const opened = loop.open();
		if ("error" in opened) this.#say({ type: "notOpened", failure: opened });
		else this.#say({ type: "opened", ...opened, descriptors: loop.descriptors });
	}

	/** Returns once it is told to close, or when it cannot go on. */
	#serve(): void {
		try {
			this.#loop?.begin();
			this.#say({ type: "serving" });
			this.#loop?.run();
		} catch (thrown) {
			this.#say({ type: "failed", failure: failureOf(thrown) });
		}
		this.#end();
	}

	/** While it serves: whatever has been asked since the last time; false: to close. */
	#obeyAll(): boolean {
		for (let got = receiveMessageOnPort(this.#port); got !== undefined; got = receiveMessageOnPort(this.#port)) {
			const command = got.message as TurnWorkerCommand;
			if (command.type === "close") return false;
			if (this.#loop !== null) this.#obeyServing(this.#loop, command);
		}
		return true;
	}

	#obeyServing(loop: WorkerLoop, command: TurnWorkerCommand): void {
		if (command.type === "users") loop.tell({ type: "users", users: command.users });
		else if (command.type === "peers") loop.tell({ type: "peers", peers: command.peers });
		else if (command.type === "drain") loop.drainUntil(command.drain.seconds, command.drain.alternate ?? []);
		else if (command.type === "counters") this.#say({ type: "counters", id: command.id, counters: loop.totals });
	}

	#end(): void {
		this.#loop?.close();
		this.#loop = null;
		this.#say({ type: "closed" });
		this.#port.close();
	}

	#say(report: TurnWorkerReport): void {
		this.#port.postMessage(report);
	}
}

function failureOf(thrown: unknown): TurnWorkerFailure {
	return isSystemError(thrown) ? thrown : { code: "internal", where: "worker", about: defectText(thrown) };
}
