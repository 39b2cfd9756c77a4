/** The path of a selected pair in the internet in memory, traced on the pair's own socket. */
import type { RunningTrace, TraceMessage, TraceOrder } from "@whither/core";
import { nodeCrypto } from "@whither/net";
import type { IceFlow } from "@whither/net/ice";
import { type Endpoint, traceFlowIn } from "@whither/sim";
import { addressFamily } from "@whither/wire";
import { asWhitherError } from "../../error.ts";
import { literalTarget } from "../../resolve.ts";
import { simulated } from "../../simulated.ts";
import { FRUGAL } from "../../trace/flow.ts";
import { TraceRun } from "../../trace/run.ts";
import type { VirtualNetwork } from "../../turn/virtual-network.ts";
import { TOOL } from "../../version.ts";
import type { World } from "../../world.ts";
import type { TracedPath } from "../events.ts";

/** Where the traced socket is. */
export interface SimulatedSocket {
	readonly host: string;
	readonly local: Endpoint;
}

/** Traces what the flow's packets pass; never a rejection. */
export async function traceSimulatedPath(
	network: VirtualNetwork,
	{ host, local }: SimulatedSocket,
	{ remote, stun }: IceFlow,
	{ signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<TracedPath> {
	const credentials = stun === null ? {} : { methodOptions: { username: stun.username, password: stun.password } };
	const options = { ...FRUGAL, ...credentials, port: remote.port, channels: ["borrowed"], names: true } as const;
	const openWorld = () => socketWorld(network, host, local);
	try {
		const order = { name: remote.address, options: { ...options, signal, timeoutMs }, tool: TOOL, args: [], openWorld };
		return { by: "flow", result: await new TraceRun(order).result, error: null };
	} catch (thrown) {
		const { code, message } = asWhitherError(thrown);
		return { by: "flow", result: null, error: { code, message } };
	}
}

/** The internet as it is seen from one socket: names are those of the scenario. */
function socketWorld(network: VirtualNetwork, host: string, local: Endpoint): World {
	const { ping: _, ...world } = simulated(network.scenario);
	return {
		...world,
		resolve: async (name, family) => literalTarget(name) ?? world.resolve(name, family),
		start: (order, on) => startIn(network, host, local, order, on),
	};
}

function startIn(
	network: VirtualNetwork,
	host: string,
	local: Endpoint,
	{ options, tool, args }: TraceOrder,
	on: (message: TraceMessage) => void,
): RunningTrace {
	const internet = network.internet(addressFamily(local.address) ?? 4);
	const order = {
		...{ internet, node: host, tool, args, crypto: nodeCrypto, seed: local.port },
		options: { ...options, sourcePort: local.port },
		startedAt: new Date().toISOString(),
	};
	let running: ReturnType<typeof traceFlowIn> | null = null;
	const begin = (): void => {
		running = traceFlowIn(
			{
				...order,
				onEvent: (event) => on({ type: "event", event }),
				onEnd: (result) => on({ type: "result", result }),
			},
			network.now,
		);
	};
	network.after(0, begin);
	return { stop: () => running?.stop(network.now) };
}
