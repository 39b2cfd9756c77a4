/** The worker's side of the prober: runs the traces it is sent, many at a time. */
import type { MessagePort } from "node:worker_threads";
import type { RunningTrace } from "@whither/core";
import { abandonRuns, runPing, runTrace } from "./driver.ts";
import type { ProberReport, ProberRequest, RunMessage } from "./prober-protocol.ts";

/** Serves requests on a worker's parent port until told to close; a bundle that starts itself as the worker calls this. */
export function serveProber(port: MessagePort): void {
	const running = new Map<number, RunningTrace>();
	let gate: Int32Array | null = null;
	// Poll handles left open when a worker ends take the process with them.
	process.once("exit", abandonRuns);
	port.on("message", (request: ProberRequest) => {
		if (request.type === "gate") gate = new Int32Array(request.gate);
		else if (request.type === "trace") start(request.id, (post) => runTrace(request.order, post));
		else if (request.type === "ping") start(request.id, (post) => runPing(request.order, post));
		else if (request.type === "stop") running.get(request.id)?.stop();
		else closeAll();
	});

	function start(id: number, run: (post: (message: RunMessage) => void) => RunningTrace): void {
		const report = reporter(port, id);
		const trace = run((message) => {
			if (message.type !== "event") running.delete(id);
			report(message);
		});
		running.set(id, trace);
	}

	function openGate(): void {
		if (gate === null) return;
		Atomics.store(gate, 0, 1);
		Atomics.notify(gate, 0);
	}

	function closeAll(): void {
		for (const trace of [...running.values()]) trace.stop();
		// After the reports, which are still to be posted in this turn's microtasks.
		setImmediate(() => {
			abandonRuns();
			port.close();
			// Handles are really closed at the end of this turn of the loop.
			setImmediate(openGate);
		});
	}
}

/** Says a trace's messages over the port: one report for all of one turn, since each wakes the other thread. */
function reporter(port: MessagePort, id: number): (message: RunMessage) => void {
	let waiting: RunMessage[] = [];
	return (message) => {
		if (waiting.push(message) > 1) return;
		queueMicrotask(() => {
			const report: ProberReport = { id, messages: waiting };
			waiting = [];
			port.postMessage(report);
		});
	};
}
