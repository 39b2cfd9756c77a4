/** What a worker of the data path runs: a bundle that starts itself as the worker calls this. */
import { randomBytes } from "node:crypto";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { createClock } from "../../clock.ts";
import { defectText, isSystemError } from "../../errors.ts";
import { openWorkspace } from "../../native/workspace.ts";
import type { TurnWorkerFailure } from "./worker-io.ts";
import { WorkerLoop } from "./worker-loop.ts";
import type { TurnWorkerCommand, TurnWorkerReport, TurnWorkerStart } from "./worker-messages.ts";

/** Serves on a worker's parent port until told to close. `data`: the worker's `workerData`. */
export function serveTurnWorker(port: MessagePort, data: unknown): void {
	const { order, index, count } = data as TurnWorkerStart;
	const say = (report: TurnWorkerReport) => port.postMessage(report);
	const workspace = openWorkspace();
	let loop: WorkerLoop | null = null;
	port.on("message", (command: TurnWorkerCommand) => {
		if (command.type === "open") open();
		else if (command.type === "serve") serve();
		else if (command.type === "close") end();
	});

	function open(): void {
		const [place = { transport: "udp", family: 4, address: null, port: 0 } as const] = order.places;
		if (isSystemError(workspace)) {
			say({ type: "notOpened", failure: { place, error: workspace } });
			return;
		}
		const random = randomBytes(8);
		const seed = [random.readInt32LE(0), random.readInt32LE(4)] as const;
		const clock = createClock(workspace);
		loop = new WorkerLoop({ workspace, clock, order, worker: { index, count }, seed, commands });
		const opened = loop.open();
		if ("error" in opened) say({ type: "notOpened", failure: opened });
		else say({ type: "opened", ...opened, descriptors: loop.descriptors });
	}

	/** Returns once it is told to close, or when it cannot go on. */
	function serve(): void {
		try {
			loop?.begin();
			say({ type: "serving" });
			loop?.run();
		} catch (thrown) {
			say({ type: "failed", failure: failureOf(thrown) });
		}
		end();
	}

	function end(): void {
		loop?.close();
		loop = null;
		say({ type: "closed" });
		port.close();
	}

	/** What has been asked since the last time; false: to close. */
	function commands(): boolean {
		for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
			const command = got.message as TurnWorkerCommand;
			if (command.type === "close") return false;
			if (command.type === "users") loop?.tell({ type: "users", users: command.users });
			else if (command.type === "peers") loop?.tell({ type: "peers", peers: command.peers });
			else if (command.type === "drain") loop?.drainUntil(command.drain.seconds, command.drain.alternate ?? []);
			else if (command.type === "counters" && loop !== null)
				say({ type: "counters", id: command.id, counters: loop.totals });
		}
		return true;
	}
}

function failureOf(thrown: unknown): TurnWorkerFailure {
	return isSystemError(thrown) ? thrown : { code: "internal", where: "worker", about: defectText(thrown) };
}
