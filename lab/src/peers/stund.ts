/** Debian's `stund` in a namespace: a server of RFC 3489 alone, which knows no cookie and only IPv4. */
import { findProgram } from "../requirements.ts";
import { startTool } from "../run.ts";
import { awaitServer, type RunningServer, SERVER_MS } from "./running-server.ts";

/** Null where stund is installed, else what is missing. */
export function stundObstacle(): string | null {
	return findProgram("stund") === null ? "the server is stund (Debian package stun-server)" : null;
}

/** Starts stund on two IPv4 addresses, ports 3478 and 3479; resolves when it answers. It rejects when it does not. */
export function openStund(namespace: string, addresses: readonly [string, string]): Promise<RunningServer> {
	const [first, second] = addresses;
	const command = [findProgram("stund") ?? "stund", "-h", first, "-a", second];
	const tool = startTool(command, { namespace, user: "nobody", timeoutMs: SERVER_MS });
	return awaitServer(tool, { namespace, addresses: [first], port: 3478 });
}
