/** `whither serve` in a namespace, as users run it. */
import { endTool, type RunOptions, startWhither } from "../run.ts";
import { awaitStun } from "./await-stun.ts";
import type { RunningServer } from "./coturn.ts";

/** How it is started. */
export interface WhitherServerOptions extends Pick<RunOptions, "namespace" | "user" | "env"> {
	/** To listen on: two of a family make it a server of RFC 5780 for that family. */
	readonly addresses: readonly string[];
	/** Default 3478; its other port is the next. */
	readonly port?: number;
	/** Further options of the command. */
	readonly options?: readonly string[];
}

/** Long enough for any test; it is ended with its test. */
const MOST_MS = 3_600_000;

/** Starts it; resolves when it answers on every address. It rejects, and nothing is left, when it does not. */
export async function openWhitherServer(settings: WhitherServerOptions): Promise<RunningServer> {
	const { addresses, port = 3478, options = [], ...run } = settings;
	const { namespace } = run;
	const listen = addresses.map((address) => `--listen=${address}`);
	const tool = startWhither(["serve", ...listen, `--stun-port=${port}`, ...options], { ...run, timeoutMs: MOST_MS });
	let said = "";
	for (const stream of [tool.child.stdout, tool.child.stderr]) {
		stream?.on("data", (text: string) => {
			said += text;
		});
	}
	const kill = () => tool.child.kill("SIGKILL");
	process.once("exit", kill);
	const close = async () => {
		process.off("exit", kill);
		await endTool(tool);
	};
	const ended = tool.outcome.then(({ code, stdout, stderr }) => {
		throw new Error(`whither serve ended with ${code}:\n${stdout}${stderr}`);
	});
	try {
		await Promise.race([ended, Promise.all(addresses.map((address) => awaitStun({ namespace, address, port })))]);
	} catch (error) {
		await close();
		throw error;
	}
	ended.catch(() => {});
	return { port, log: () => said, close };
}
