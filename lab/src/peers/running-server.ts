/** A STUN server as a program that runs beside a test, and is gone when the test is. */
import { endTool, type RunningTool } from "../run.ts";
import { awaitStun } from "./await-stun.ts";

/** A server that runs. */
export interface RunningServer {
	readonly port: number;
	/** What it has said so far. */
	log(): string;
	/** Ends it and waits until it has ended; safe to call twice. */
	close(): Promise<void>;
	/** Ends it as a crash would, in the middle of whatever it does, and waits until it has ended. */
	kill(): Promise<void>;
}

/** Where a server is to answer before it counts as running. */
export interface ServerPlaces {
	readonly namespace: string;
	readonly addresses: readonly string[];
	readonly port: number;
	/** Called once it has ended. */
	readonly cleanUp?: () => Promise<void>;
}

/** Long enough for any test; a server is ended with its test. */
export const SERVER_MS = 3_600_000;

/** Resolves when the started server answers on every address. It rejects, and nothing is left, when it does not. */
export async function awaitServer(tool: RunningTool, places: ServerPlaces): Promise<RunningServer> {
	const { namespace, addresses, port, cleanUp } = places;
	let said = "";
	for (const stream of [tool.child.stdout, tool.child.stderr]) {
		stream?.on("data", (text: string) => {
			said += text;
		});
	}
	// A test that ran into its time limit closes nothing.
	const crash = () => tool.child.kill("SIGKILL");
	process.once("exit", crash);
	const close = async () => {
		process.off("exit", crash);
		await endTool(tool);
		await cleanUp?.();
	};
	const kill = async () => {
		crash();
		await close();
	};
	const ended = tool.outcome.then(({ command, code }) => {
		throw new Error(`${command[0]} ended with ${code}:\n${said}`);
	});
	try {
		await Promise.race([ended, Promise.all(addresses.map((address) => awaitStun({ namespace, address, port })))]);
	} catch (error) {
		await close();
		throw error;
	}
	ended.catch(() => {});
	return { port, log: () => said, close, kill };
}
