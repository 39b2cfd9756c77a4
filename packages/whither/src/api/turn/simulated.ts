/** TURN servers in the internet in memory: the same test of a relay, no network; for examples and tests. */
import type { TurnUsers } from "@whither/core";
import { nodeAddresses, publicAddresses, type Scenario, type TurnServerOptions, TurnServerProgram } from "@whither/sim";
import { STUN_PORT } from "../stun/server-name.ts";
import { simulatedStun } from "../stun/simulated.ts";
import { openSimulatedPeer } from "./simulated-peer.ts";
import { openSimulatedRelay, secretOf } from "./simulated-relay.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import type { TurnWorld } from "./world.ts";

/** How it behaves. */
export interface SimulatedTurnOptions {
	/** The node that relays; its users. */
	readonly server: string;
	readonly users: TurnUsers;
	/** More of its configuration, such as quotas; by default every address may be a peer. */
	readonly config?: Partial<TurnServerOptions>;
	/** Seed of every random draw; default the scenario's. */
	readonly seed?: number;
}

/** The wall clock of simulated servers at their beginning: the first second of 2026. */
const UNIX_SECONDS = 1_767_225_600;
const EVERYBODY = { allow: ["0.0.0.0/0", "::/0"] };

/**
 * A world in which the scenario's node names are host names, one of them relays over UDP, and questions are asked from its
 * tracing host. Time passes as fast as it can.
 */
export function simulatedTurn(scenario: Scenario, options: SimulatedTurnOptions): TurnWorld {
	const { server, users, config = {}, seed } = options;
	const network = new VirtualNetwork(scenario, seed);
	for (const family of [4, 6] as const) {
		const [address] = [...publicAddresses(scenario, server, family), ...nodeAddresses(scenario, server, family)];
		if (address === undefined) continue;
		const own = { secret: secretOf(0), unixSecondsAtZero: UNIX_SECONDS, realm: "simulated", users, peers: EVERYBODY };
		network.serve(server, family, new TurnServerProgram([{ address, port: STUN_PORT }], { ...own, ...config }));
	}
	return {
		...simulatedStun(scenario, seed === undefined ? {} : { seed }),
		backend: "simulated",
		openRelay: (order, listener) => openSimulatedRelay(network, order, listener),
		openPeer: (order, listener) => openSimulatedPeer(network, order, listener),
		now: () => network.now,
		after: (delayMs, call) => network.after(delayMs, call),
	};
}
