/** STUN servers in the internet in memory: the same discovery, no network; for examples and tests. */
import { type NatBehaviour, nothingFound } from "@whither/core";
import type { StunFindings, StunOrder } from "@whither/net/stun";
import { nodeAddress, publicAddresses, runStun, type Scenario, type SimulatedDiscovery } from "@whither/sim";
import { WhitherError } from "../error.ts";
import { literalTarget } from "../resolve.ts";
import type { StunWorld } from "./world.ts";

/** How it behaves. */
export interface SimulatedStunOptions {
	/** Seed of every random draw; default the scenario's. */
	readonly seed?: number;
}

/**
 * A world in which the scenario's node names are host names and questions are asked from its tracing host. Hosts with
 * public addresses serve STUN over UDP; with two they answer RFC 5780. Everything happens at once.
 */
export function simulatedStun(scenario: Scenario, options: SimulatedStunOptions = {}): StunWorld {
	return {
		resolve: async (name, family) => {
			const wanted = family ?? scenario.families?.[0] ?? 4;
			const known = Object.hasOwn(scenario.nodes, name);
			const [open] = known ? publicAddresses(scenario, name, wanted) : [];
			const address = open ?? (known ? nodeAddress(scenario, name, wanted) : null);
			if (address !== null) return { name, address, family: wanted, zone: null };
			const literal = literalTarget(name);
			if (literal !== null) return literal;
			const names = Object.keys(scenario.nodes).join(", ");
			throw new WhitherError("nameNotFound", `${name} is no node of this scenario; there are ${names}`, { name });
		},
		services: async () => [],
		discover: (order, on) => {
			let stopped = false;
			setImmediate(() => {
				if (order.transport !== "udp") {
					on({ type: "result", findings: refusedStream(order) });
					return;
				}
				const run = discoverIn(scenario, order, stopped ? { ...options, timeoutNs: 0 } : options);
				for (const event of run.events) if (event.kind !== "end") on({ type: "event", event });
				on({ type: "result", findings: findingsOf(run, stopped) });
			});
			return {
				stop: () => {
					stopped = true;
				},
			};
		},
	};
}

function discoverIn(
	scenario: Scenario,
	{ family, server, classic, lifetime, timeoutMs }: StunOrder,
	{ seed, timeoutNs }: SimulatedStunOptions & { readonly timeoutNs?: number },
): SimulatedDiscovery {
	const limit = timeoutNs ?? (timeoutMs === null ? undefined : timeoutMs * 1e6);
	return runStun(scenario, {
		family,
		server: { address: server.address, port: server.port },
		...(seed === undefined ? {} : { seed }),
		...(classic === undefined ? {} : { classic }),
		...(lifetime === undefined ? {} : { lifetime }),
		...(limit === undefined ? {} : { timeoutNs: limit }),
	});
}

function findingsOf({ behaviour, timedOut, counters }: SimulatedDiscovery, stopped: boolean): StunFindings {
	const ended = stopped ? "interrupted" : timedOut ? "timeout" : "complete";
	return { behaviour, ended, error: null, stamps: "user", backend: "simulated", counters };
}

/** Simulated servers speak UDP alone. */
function refusedStream({ server: { address, port } }: StunOrder): StunFindings {
	const call = { call: "connect", errno: 111, errnoName: "ECONNREFUSED" } as const;
	const found = nothingFound({ address, port }, { address: "", port: 0 });
	const behaviour: NatBehaviour = { ...found, failure: "unreachable" };
	return {
		behaviour,
		ended: "complete",
		error: { code: "systemCall", address, ...call },
		stamps: "user",
		backend: "simulated",
		counters: { sent: 0, received: 0, foreign: 0 },
	};
}
