/** Our own server in a namespace. */
import { type RunOptions, startWhither } from "../run.ts";
import { awaitServer, type RunningServer, SERVER_MS } from "./running-server.ts";

/** How `whither serve` is started. */
export interface ServeOptions extends Pick<RunOptions, "namespace" | "user" | "env"> {
	/** To listen on: two of a family make it a server of RFC 5780 for that family. */
	readonly addresses: readonly string[];
	/** Default 3478; its other port is the next. */
	readonly port?: number;
	/** Further options, such as `--classic`. */
	readonly options?: readonly string[];
}

/** Starts the built `whither serve`; resolves when it answers on every address. It rejects when it does not. */
export function openServe({ addresses, port = 3478, options = [], ...run }: ServeOptions): Promise<RunningServer> {
	const listen = addresses.flatMap((address) => ["--listen", address]);
	const tool = startWhither(["serve", ...listen, `--stun-port=${port}`, ...options], { ...run, timeoutMs: SERVER_MS });
	return awaitServer(tool, { namespace: run.namespace, addresses, port });
}
