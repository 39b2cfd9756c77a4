import {
	type EarlyTurnClientEvent,
	type EarlyTurnClientInput,
	earlyRelayUser,
	fixedRelayUsers,
	SECOND,
} from "@whither/core";
import { describe, expect, it } from "vitest";
import { EarlyRelayProgram, EarlyTurnClientProgram } from "./early-relay-programs.ts";
import { Internet } from "./internet.ts";
import { natKind } from "./nat-kinds.ts";
import type { Datagram, DatagramProgram } from "./program.ts";
import { natWorld } from "./scenarios/nat-world.ts";
import { publicAddresses } from "./topology.ts";

const USER = earlyRelayUser({ username: "alice", password: "sesame" });
const SECRET = new Uint8Array(32).fill(5);
const HELLO = Uint8Array.of(0x80, 1);
const ANSWER = Uint8Array.of(0x80, 2);

/** Whoever is at `lanB`: sends when told to, and keeps what comes. */
class Talker implements DatagramProgram {
	readonly deadline = null;
	readonly heard: Datagram[] = [];
	readonly #port: number;

	constructor(port: number) {
		this.#port = port;
	}

	holds({ port }: Datagram["local"]): boolean {
		return port === this.#port;
	}

	step(input: Parameters<DatagramProgram["step"]>[0]): readonly Datagram[] {
		if (input.type === "datagram") this.heard.push(input.datagram);
		return [];
	}
}

/** A relay at `srv` by both its addresses, a client at `lanA` and two talkers at `lanB`, all behind NATs of this kind. */
function world(kind: string) {
	const scenario = natWorld({ a: natKind(kind), b: natKind(kind), delayMs: 5 });
	const internet = new Internet({ scenario, family: 4 });
	const addresses = publicAddresses(scenario, "srv", 4);
	const at = (port: number) => addresses.map((address) => ({ address, port }));
	const [first = "", second = ""] = addresses;
	const server = new EarlyRelayProgram(
		{ stun: at(3478), relay: at(5556) },
		{
			secret: SECRET,
			unixSecondsAtZero: 1_800_000_000,
			users: fixedRelayUsers([USER]),
			relays: [{ address: first, alsoAt: [second] }],
			peers: { allow: ["0.0.0.0/0"] },
		},
	);
	internet.attach("srv", server);
	const talkers = [7000, 7001].map((port) => {
		const talker = new Talker(port);
		return { talker, port, attached: internet.attach("lanB", talker) };
	});
	const events: EarlyTurnClientEvent[] = [];
	const heard: Uint8Array[] = [];
	const socket = { address: internet.address("lanA"), port: 40_000 };
	const config = { secret: SECRET, server: { address: first, port: 5556 }, user: USER, lifetimeSeconds: 600 };
	const client = new EarlyTurnClientProgram(socket, config, {
		heard: (event) => events.push(event),
		data: (bytes) => heard.push(bytes),
	});
	const attached = internet.attach("lanA", client);
	let now = 0;
	const pass = (seconds: number) => {
		now += seconds * SECOND;
		internet.advance(now);
	};
	const tell = (...inputs: readonly EarlyTurnClientInput[]) => {
		client.hand(...inputs);
		attached.wake(now);
		pass(1);
	};
	const say = (index: number, to: Datagram["remote"], payload: Uint8Array) => {
		const { port, attached: host } = talkers[index] ?? talkers[0]!;
		host.send([{ local: { address: internet.address("lanB"), port }, remote: to, payload }], now);
		pass(1);
	};
	const answer = () => {
		attached.send([client.data(ANSWER)], now);
		pass(1);
	};
	return { server, events, heard, talkers, pass, tell, say, answer };
}

describe("an early relay in the simulated internet", () => {
	it.each(["no NAT", "full cone", "symmetric"])("joins two behind %s, and nobody else", (kind) => {
		const { server, events, heard, talkers, tell, say, answer, pass } = world(kind);
		tell({ type: "allocate" });
		const [allocated] = events;
		if (allocated?.kind !== "allocated") throw new Error("nothing was allocated");
		const [first, second] = allocated.relayed;
		if (first === undefined || second === undefined) throw new Error("it has two addresses");
		expect(second.port).toBe(first.port);
		answer();
		// By the second of its addresses, from which answers then come.
		say(0, second, HELLO);
		expect(heard).toEqual([HELLO]);
		answer();
		say(1, first, HELLO);
		pass(100);
		answer();
		expect(heard).toEqual([HELLO]);
		const reached = talkers[0]?.talker.heard.map(({ remote, payload }) => ({ remote, payload }));
		expect(reached).toEqual([1, 2].map(() => ({ remote: second, payload: ANSWER })));
		expect(talkers[1]?.talker.heard).toEqual([]);
		expect(server.counters).toMatchObject({ bindings: 1, bindingsLocked: 1, ignored: { notThePeer: 1 } });
		tell({ type: "release" });
		expect(events.at(-1)).toEqual({ kind: "closed" });
		expect(server.counters.bindings).toBe(0);
	});
});
