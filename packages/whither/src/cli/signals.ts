/** Ctrl-C and SIGTERM: the first asks for the partial result, a second ends the process at once. */
import { lookupPending } from "../api/resolve.ts";
import { EXIT } from "./exit-codes.ts";

/** Signals being watched for. */
export interface SignalWatch {
	/** 128 + the signal's number once one has come, else null. */
	readonly exitCode: () => number | null;
}

/**
 * Call `stop` at the first signal; `hangUp`: also when the terminal goes or Ctrl-\ is
 * pressed, which otherwise end the process at once.
 */
export function watchSignals(stop: () => void, { hangUp = false }: { readonly hangUp?: boolean } = {}): SignalWatch {
	let received: number | null = null;
	const on = (signal: NodeJS.Signals, code: number) =>
		process.on(signal, () => {
			if (received !== null) leave(code);
			received = code;
			stop();
		});
	on("SIGINT", EXIT.interrupted);
	on("SIGTERM", EXIT.terminated);
	if (hangUp) on("SIGHUP", EXIT.hungUp);
	if (hangUp) on("SIGQUIT", EXIT.quit);
	return { exitCode: () => received };
}

/**
 * Resolves once the signals that have come are told: one turn of the event loop, which a command that waits for nothing
 * would otherwise not give them before it is done.
 */
export function signalsTold(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Read what may never come (a terminal, a pipe, a FIFO without a writer) in one blocking call. Nobody could be told of a
 * signal then, so that it ends the process itself, which a shell reports by the same code.
 */
export function interruptibly<T>(read: () => T): T {
	const kept = (["SIGINT", "SIGTERM"] as const).map((signal) => ({ signal, heard: process.listeners(signal) }));
	for (const { signal } of kept) process.removeAllListeners(signal);
	try {
		return read();
	} finally {
		for (const { signal, heard } of kept) for (const listener of heard) process.on(signal, listener);
	}
}

/**
 * End the process now. While the system looks a name up, exit() would wait for its answer, for seconds where the name
 * server is silent: then the signal that came ends the process itself, which a shell reports by the same code.
 */
export function leave(code: number): void {
	const signal = code === EXIT.interrupted ? "SIGINT" : code === EXIT.terminated ? "SIGTERM" : null;
	if (signal === null || !lookupPending()) process.exit(code);
	process.removeAllListeners(signal);
	process.kill(process.pid, signal);
}
