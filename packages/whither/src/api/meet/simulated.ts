/** Two people who meet in the internet in memory: the same meeting, no network; for demos, examples and tests. */
import { fixedRelayUsers } from "@whither/core";
import { EarlyRelayProgram, nodeAddresses, publicAddresses, type Scenario, TurnServerProgram } from "@whither/sim";
import { STUN_PORT } from "../stun/server-name.ts";
import { simulatedStun } from "../stun/simulated.ts";
import { secretOf } from "../turn/simulated-relay.ts";
import { VirtualNetwork } from "../turn/virtual-network.ts";
import { SimulatedFirstDraft } from "./simulated/first-draft.ts";
import { SimulatedIce } from "./simulated/ice.ts";
import { traceSimulatedPath } from "./simulated/path.ts";
import { simulatedRendezvous } from "./simulated/rendezvous.ts";
import type { MeetWorld } from "./world.ts";

/** Who meets, and by whose help. */
export interface SimulatedMeetOptions {
	/** The nodes that the two are at. */
	readonly hosts: readonly [string, string];
	/** The node that is rendezvous, STUN server and relay. */
	readonly server: string;
	/** Seed of every random draw; default the scenario's. */
	readonly seed?: number;
	/** How long a word takes from one to the other by the rendezvous; default 40. */
	readonly signallingMs?: number;
	/** The server is one of 2003: STUN of RFC 3489, and an early relay at port 5556. Default false. */
	readonly classic?: boolean;
	/** That many times slower than life, for people to watch; default 0, as fast as it can. */
	readonly slowedBy?: number;
}

const USER = { username: "whither", password: "otter" } as const;
/** The wall clock of simulated servers at their beginning: the first second of 2026. */
const UNIX_SECONDS = 1_767_225_600;
const SIGNALLING_MS = 40;
/** As in the first draft's examples (§9). */
const EARLY_RELAY_PORT = 5556;

/**
 * A world for each of the two, on one network whose node names are host names; any `server` URL of a `meet` there is that of
 * the scenario's server. Their selected pair is traced on its own socket, as on a real network.
 *
 *     const [anna, ben] = simulatedMeet(scenario, { hosts: ["lanA", "lanB"], server: "srv" });
 */
export function simulatedMeet(scenario: Scenario, options: SimulatedMeetOptions): readonly [MeetWorld, MeetWorld] {
	const { hosts, server, seed, signallingMs = SIGNALLING_MS, slowedBy = 0, classic = false } = options;
	const network = new VirtualNetwork(scenario, seed, { slowedBy });
	if (classic) serveClassic(network, server);
	else serveModern(network, server);
	const { resolve, services } = simulatedStun(scenario);
	const place = { host: server, port: STUN_PORT };
	const relay = { host: server, legs: [{ transport: "udp", port: STUN_PORT }], ...USER } as const;
	const rendezvous = simulatedRendezvous({
		offered: { stun: [place], turn: [{ ...relay, expiresAt: "2099-12-31T23:59:59Z" }] },
		carry: (deliver) => network.after(signallingMs, deliver),
	});
	const worldOf = (host: string): MeetWorld => {
		let ice: SimulatedIce | SimulatedFirstDraft | null = null;
		return {
			...{ backend: "simulated", resolve, services, rendezvous },
			openIce: (order, listener) => {
				const opened = new SimulatedIce(network, host, order, listener);
				ice = opened;
				return opened;
			},
			openFirstDraft: (order, listener) => {
				const opened = new SimulatedFirstDraft(network, host, order, listener);
				ice = opened;
				return opened;
			},
			tracePath: async (flow, asked) => {
				const local = ice?.socketOf(flow) ?? null;
				const gone = { code: "pairLost", message: "The pair's socket is gone" };
				if (local === null) return { by: "flow", result: null, error: gone };
				return traceSimulatedPath(network, { host, local }, flow, asked);
			},
			after: (delayMs, call) => network.after(delayMs, call),
		};
	};
	return [worldOf(hosts[0]), worldOf(hosts[1])];
}

function serveModern(network: VirtualNetwork, server: string): void {
	for (const family of [4, 6] as const) {
		const address = serverAddress(network, server, family);
		if (address === undefined) continue;
		const peers = { allow: ["0.0.0.0/0", "::/0"] };
		const own = { secret: secretOf(0), unixSecondsAtZero: UNIX_SECONDS, realm: "simulated", peers };
		const users = { passwords: [USER] };
		network.serve(server, family, new TurnServerProgram([{ address, port: STUN_PORT }], { ...own, users }));
	}
}

function serveClassic(network: VirtualNetwork, server: string): void {
	const address = serverAddress(network, server, 4);
	if (address === undefined) return;
	const places = { stun: [{ address, port: STUN_PORT }], relay: [{ address, port: EARLY_RELAY_PORT }] };
	const own = { secret: secretOf(0), unixSecondsAtZero: UNIX_SECONDS, peers: { allow: ["0.0.0.0/0"] } };
	network.serve(server, 4, new EarlyRelayProgram(places, { ...own, users: fixedRelayUsers([USER]) }));
}

function serverAddress({ scenario }: VirtualNetwork, server: string, family: 4 | 6): string | undefined {
	return [...publicAddresses(scenario, server, family), ...nodeAddresses(scenario, server, family)][0];
}
