import { SECOND, type TurnClientConfig, type TurnClientEvent, type TurnClientInput } from "@whither/core";
import { describe, expect, it } from "vitest";
import { Internet } from "./internet.ts";
import { natKind } from "./nat-kinds.ts";
import type { Datagram, DatagramProgram } from "./program.ts";
import { natWorld } from "./scenarios/nat-world.ts";
import { publicAddresses } from "./topology.ts";
import { TurnClientProgram, TurnServerProgram } from "./turn-programs.ts";

const USER = { username: "alice", password: "sesame" } as const;
const DATA = Uint8Array.of(0x90, 1, 2, 3);
const SECRET = new Uint8Array(32).fill(5);
const users = { passwords: [USER] };
const peers = { allow: ["0.0.0.0/0", "::/0"] };

/** A relay at `srv`, a client at `lanA` behind a NAT of this kind, and somebody at `lanB` who sends everything back. */
function world(kind: string, family: 4 | 6, config: Partial<TurnClientConfig> = {}) {
	const scenario = natWorld({ a: natKind(kind), b: natKind("no NAT"), delayMs: 5 });
	const internet = new Internet({ scenario, family });
	const [address = ""] = publicAddresses(scenario, "srv", family);
	const server = { address, port: 3478 };
	const ofServer = { secret: SECRET, unixSecondsAtZero: 1_800_000_000, realm: "example.org", users, peers };
	internet.attach("srv", new TurnServerProgram([server], ofServer));
	const peer = { address: internet.address("lanB"), port: 7 };
	const echo: DatagramProgram = {
		deadline: null,
		holds: (local) => local.port === peer.port,
		step: (input): readonly Datagram[] => {
			if (input.type !== "datagram") return [];
			const { local, remote, payload } = input.datagram;
			return [{ local, remote, payload }];
		},
	};
	internet.attach("lanB", echo);
	const events: TurnClientEvent[] = [];
	const socket = { address: internet.address("lanA"), port: 40_000 };
	const credentials = { kind: "longTerm", ...USER } as const;
	const ofClient = { secret: SECRET, server, credentials, ...config };
	const client = new TurnClientProgram(socket, ofClient, (event) => events.push(event));
	const attached = internet.attach("lanA", client);
	const tell = (...inputs: readonly TurnClientInput[]) => {
		client.hand(...inputs);
		attached.wake(now);
	};
	let now = 0;
	const pass = (seconds: number) => {
		now += seconds * SECOND;
		internet.advance(now);
	};
	return { events, peer, tell, pass, server };
}

const CASES = (["no NAT", "symmetric", "port-restricted"] as const).flatMap((kind) =>
	([4, 6] as const).map((family) => [kind, family] as const),
);

describe("a relay in the simulated internet", () => {
	it.each(CASES)("relays for a client behind %s, IPv%i, for twenty minutes", (kind, family) => {
		const { events, peer, tell, pass, server } = world(kind, family, { allocation: { family } });
		tell({ type: "allocate" });
		pass(1);
		expect(events).toMatchObject([{ kind: "allocated", relayed: [{ address: server.address }] }]);
		tell({ type: "bind", peer }, { type: "send", peer, data: DATA });
		pass(1_200);
		tell({ type: "send", peer, data: DATA });
		pass(1);
		const data = events.filter(({ kind }) => kind === "data");
		expect(data).toMatchObject([
			{ from: peer, bytes: DATA },
			{ from: peer, bytes: DATA, channel: 0x4000 },
		]);
		tell({ type: "close" });
		pass(1);
		expect(events.at(-1)).toEqual({ kind: "closed", confirmed: true });
	});

	it("refuses a wrong password", () => {
		const credentials = { kind: "longTerm", username: "alice", password: "simsim" } as const;
		const { events, tell, pass } = world("no NAT", 4, { credentials });
		tell({ type: "allocate" });
		pass(5);
		expect(events).toMatchObject([{ kind: "failed", why: "unauthorized" }]);
	});
});
