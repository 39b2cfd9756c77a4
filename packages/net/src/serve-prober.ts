/** The worker's side of the prober: runs the traces it is sent, many at a time. */
import type { MessagePort } from "node:worker_threads";
import type { RunningTrace } from "@whither/core";
import { runPing, runRounds, runTrace } from "./driver.ts";
import type { ProberReport, ProberRequest, RunMessage } from "./prober-protocol.ts";
import { abandonRuns } from "./socket-run.ts";

/** Serves requests on a worker's parent port until told to close; a bundle that starts itself as the worker calls this. */
export function serveProber(port: MessagePort): void {
	const running = new Map<number, RunningTrace>();
	/** Those whose result is told, while connections are being closed. */
	const lingering = new Map<number, RunningTrace>();
	let gate: Int32Array | null = null;
	// Poll handles left open when a worker ends take the process with them.
	process.once("exit", abandonRuns);
	port.on("message", (request: ProberRequest) => {
		if (request.type === "gate") gate = new Int32Array(request.gate);
		else if (request.type === "trace") start(request.id, (post) => runTrace(request.order, post));
		else if (request.type === "ping") start(request.id, (post) => runPing(request.order, post));
		else if (request.type === "rounds") start(request.id, (post) => runRounds(request.order, post));
		else if (request.type === "stop") (running.get(request.id) ?? lingering.get(request.id))?.stop();
		else if (request.type === "close") closeAll();
		else leave();
	});

	function start(id: number, run: (post: (message: RunMessage) => void) => RunningTrace): void {
		const report = reporter(port, id);
		const trace = run((message) => {
			if (message.type !== "event" && running.delete(id)) lingering.set(id, trace);
			report(message);
		});
		running.set(id, trace);
		trace.closed?.then(() => {
			lingering.delete(id);
			report("closed");
		});
	}

	function openGate(): void {
		if (gate === null) return;
		Atomics.store(gate, 0, 1);
		Atomics.notify(gate, 0);
	}

	function closeAll(): void {
		const open = [...running.values(), ...lingering.values()].map(({ closed }) => closed);
		for (const trace of [...running.values()]) trace.stop();
		Promise.all(open).then(leave);
	}

	function leave(): void {
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
function reporter(port: MessagePort, id: number): (news: RunMessage | "closed") => void {
	let waiting: (RunMessage | "closed")[] = [];
	return (news) => {
		if (waiting.push(news) > 1) return;
		queueMicrotask(() => {
			const messages = waiting.filter((one) => one !== "closed");
			const report: ProberReport = { id, messages, closed: waiting.includes("closed") };
			waiting = [];
			port.postMessage(report);
		});
	};
}
