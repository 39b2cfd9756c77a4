/** coturn's `turnutils_peer` in a namespace: sends every datagram back to whoever sent it. */
import { findProgram } from "../requirements.ts";
import { startTool } from "../run.ts";
import { awaitServer, type RunningServer, SERVER_MS } from "./running-server.ts";

/** The port it echoes on; the next one does too, as the RTCP of the first. */
const ECHO_PORT = 3480;

/** Starts it on these addresses, ports 3480 and 3481; resolves when it echoes on every one. It rejects when it does not. */
export function openTurnPeer(namespace: string, addresses: readonly string[]): Promise<RunningServer> {
	const listen = addresses.flatMap((address) => ["-L", address]);
	const command = [findProgram("turnutils_peer") ?? "turnutils_peer", "-p", `${ECHO_PORT}`, ...listen];
	const tool = startTool(command, { namespace, user: "nobody", timeoutMs: SERVER_MS });
	return awaitServer(tool, { namespace, addresses, port: ECHO_PORT });
}
