/** The path that a selected pair's packets take, on this machine's network. */
import type { IceFlow } from "@whither/net/ice";
import { asWhitherError } from "../../error.ts";
import type { TraceRun } from "../../trace/run.ts";
import type { TracedPath } from "../events.ts";
import type { MeetWorld } from "../world.ts";

/**
 * On the pair's own socket where that lends itself, to the peer or to our relay. A connection to a relay is traced by
 * another to the same port, and what Node's own sockets carry by other datagrams to the same address.
 */
export const tracePath: MeetWorld["tracePath"] = async (flow, { signal, timeoutMs }) => {
	const by = flow.socket === null ? "beside" : "flow";
	try {
		const result = await (flow.socket === null ? besideIt(flow, signal, timeoutMs) : onIt(flow, signal, timeoutMs));
		return { by, result, error: null } satisfies TracedPath;
	} catch (thrown) {
		const { code, message } = asWhitherError(thrown);
		return { by, result: null, error: { code, message } };
	}
};

async function onIt({ socket, remote, stun }: IceFlow, signal: AbortSignal, timeoutMs: number) {
	if (socket === null) throw new Error("there is no socket");
	const { traceFlow } = await import("../../trace/flow.ts");
	// The peer's agent answers who knows its password; browsers take for data what has no fingerprint (RFC 8445 §7.1).
	const credentials = stun === null ? {} : { methodOptions: { ...stun, fingerprint: true as const } };
	return traceFlow(socket, { ...remote, address: hostOf(remote) }, { signal, timeoutMs, ...credentials }).result;
}

async function besideIt({ remote, relay }: IceFlow, signal: AbortSignal, timeoutMs: number) {
	const [{ trace }, { openRealWorldHere }] = await Promise.all([
		import("../../trace/trace.ts"),
		import("../../real-world.ts"),
	]);
	const world = await openRealWorldHere();
	const order = { port: remote.port, queries: 1, maxSilentHops: 8, signal, timeoutMs, world };
	const host = hostOf(remote);
	const isConnection = relay !== null && relay.leg !== "udp";
	const methods = isConnection ? ["tcpinsession", "tcpconnect"] : ["stun"];
	return firstThatWorks(methods.map((method) => () => trace(host, { ...order, method })));
}

async function firstThatWorks(attempts: readonly (() => TraceRun)[]): Promise<Awaited<TraceRun["result"]>> {
	const [attempt, ...others] = attempts;
	if (attempt === undefined) throw new Error("no method was tried");
	const run = attempt();
	try {
		return await run.result;
	} catch (thrown) {
		if (others.length === 0) throw thrown;
		return firstThatWorks(others);
	}
}

function hostOf({ address, zone }: IceFlow["remote"]): string {
	return zone === undefined ? address : `${address}%${zone}`;
}
