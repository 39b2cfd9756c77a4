import type { Family } from "@whither/core";
import {
	type Endpoint,
	NAT_KINDS,
	type NatKind,
	natKind,
	natWorld,
	publicAddresses,
	type Scenario,
} from "@whither/sim";
import { describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { kernelWorld, type SocketsWorld, simulatedWorld, type WorldSocket } from "./both-worlds.fixture.ts";
import { conntrackObstacle, forgetFlows } from "./forget-flows.ts";
import { labObstacle } from "./requirements.ts";
import { openLab } from "./topology.ts";

const obstacle = labObstacle();
const title = "NATs in memory and on real kernels are the same";

const FAMILIES = [4, 6] as const;
/** Whom a hairpinned packet comes from is seen by another host alone: one takes no packet from itself. */
const WITH_INSIDE_SOURCE: NatKind = {
	...natKind("port-restricted that hairpins"),
	name: "port-restricted that hairpins with the inside's source",
	router: ({ outside }) => ({
		nat: {
			...{ kind: "napt", outside, hairpin: "internalSource" },
			...{ mapping: "endpointIndependent", filtering: "addressAndPortDependent" },
		},
	}),
};
/** Where UDP is blocked, no marker comes back. */
const KINDS = [...NAT_KINDS.filter(({ seen }) => seen.mapping !== "unknown"), WITH_INSIDE_SOURCE];

/** The four ends of a server of RFC 5780. */
function openServer(world: SocketsWorld, scenario: Scenario, family: Family): readonly WorldSocket[] {
	const addresses = publicAddresses(scenario, "srv", family);
	return addresses.flatMap((address) => [3478, 3479].map((port) => world.open("srv", port, address)));
}

/** A kernel may lose a datagram while it looks for a neighbour's address. */
const MOST_SENDS = 3;

/** Where a server's end sees a client; the client has sent to it. */
async function seenBy(world: SocketsWorld, server: WorldSocket, client: WorldSocket): Promise<Endpoint> {
	const before = server.heard.length;
	for (let sent = 0; sent < MOST_SENDS && server.heard.length === before; sent++) {
		client.send(server.local);
		await world.settle();
	}
	const last = server.heard.at(-1);
	if (last === undefined) throw new Error("the server heard nothing");
	return last;
}

/** An endpoint without what chance decides: whether its port is the inside's, or one seen before. */
function told({ address, port }: Endpoint, ports: Readonly<Record<string, number>>): string {
	const known = Object.entries(ports).find(([, value]) => value === port);
	return `${address} ${known?.[0] ?? "another port"}`;
}

/** Everything that a NAT does with a few packets, in words that are the same in both worlds. */
async function describeNat(world: SocketsWorld, scenario: Scenario, family: Family): Promise<Record<string, unknown>> {
	const servers = openServer(world, scenario, family);
	const [client, neighbour, another] = [world.open("lanA", 5000), world.open("lanA2", 6000), world.open("lanA2", 5000)];
	const [first = client] = servers;
	const seen = await seenBy(world, first, client);
	const before = client.heard.length;
	for (const server of servers) server.send(seen);
	await world.settle();
	const admitted = client.heard.slice(before).map(({ address, port }) => `${address} ${port}`);
	const places: Endpoint[] = [];
	for (const server of servers) places.push(await seenBy(world, server, client));
	const ports = { inside: 5000, "as first": seen.port };
	const collided = await seenBy(world, first, another);
	const neighbourSeen = await seenBy(world, first, neighbour);
	const heard = client.heard.length;
	neighbour.send(seen);
	await world.settle();
	const turned = client.heard.slice(heard);
	return {
		admitted: admitted.sort(),
		mapped: places.map((place) => told(place, ports)),
		"same port of another host": collided.port === seen.port,
		hairpinned: turned.map((from) => told(from, { "its own": 6000, "as outside": neighbourSeen.port })),
	};
}

/** Whether two hosts that know each other's address from a server get through to each other, and from where. */
async function punch(world: SocketsWorld, scenario: Scenario, family: Family): Promise<boolean> {
	const [first] = openServer(world, scenario, family);
	if (first === undefined) throw new Error("no server");
	const [a, b] = [world.open("lanA", 5000), world.open("lanB", 5000)];
	const [seenA, seenB] = [await seenBy(world, first, a), await seenBy(world, first, b)];
	for (let round = 0; round < 3; round++) {
		// Each sends to where the other was seen, and back to wherever something came from.
		for (const to of [seenB, ...a.heard]) a.send(to);
		await world.settle();
		for (const to of [seenA, ...b.heard]) b.send(to);
		await world.settle();
	}
	return a.heard.length > 0 && b.heard.length > 0;
}

type Play<Outcome> = (world: SocketsWorld, scenario: Scenario, family: Family) => Promise<Outcome>;

/** What comes of it in either world. */
async function inBothWorlds<Outcome>(scenario: Scenario, family: Family, play: Play<Outcome>) {
	const simulated = await play(simulatedWorld(scenario, family), scenario, family);
	const lab = await openLab(scenario, { world: "kernel" });
	const world = kernelWorld(lab, family);
	try {
		return { simulated, real: await play(world, scenario, family) };
	} finally {
		world.close();
		await lab.close();
	}
}

const OPEN: readonly string[] = ["no NAT", "full cone", "address-restricted"];
const PAIRED = ["full cone", "address-restricted", "port-restricted", "symmetric", "stateful firewall"];
const PAIRS = PAIRED.flatMap((a, place) => PAIRED.slice(place).map((b) => [a, b] as const));

/** Two hosts connect unless one side's port is unknown and the other side lets in only that port (RFC 4787, RFC 5128). */
function expectPunch(a: string, b: string): boolean {
	return OPEN.includes(a) || OPEN.includes(b) || (a !== "symmetric" && b !== "symmetric");
}

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	for (const family of FAMILIES) {
		test.each(KINDS.map((kind): [string, NatKind] => [kind.name, kind]))(`IPv${family}: %s`, async (_name, kind) => {
			const { simulated, real } = await inBothWorlds(natWorld({ a: kind }), family, describeNat);
			expect(real).toEqual(simulated);
		});

		test.each(PAIRS)(`IPv${family}: hosts behind %s and %s connect or not`, async (a, b) => {
			const scenario = natWorld({ a: natKind(a), b: natKind(b) });
			const { simulated, real } = await inBothWorlds(scenario, family, punch);
			expect({ simulated, real }).toEqual({ simulated: expectPunch(a, b), real: expectPunch(a, b) });
		});

		const forgetful = conntrackObstacle();
		test.skipIf(forgetful !== null)(
			skippable(`IPv${family}: a NAT that is made to forget gives another port`, forgetful),
			async () => {
				const scenario = natWorld({ a: natKind("symmetric") });
				const lab = await openLab(scenario, { world: "kernel" });
				const world = kernelWorld(lab, family);
				try {
					const [server] = openServer(world, scenario, family);
					const client = world.open("lanA", 5000);
					if (server === undefined) throw new Error("no server");
					const seen = await seenBy(world, server, client);
					expect(await seenBy(world, server, client)).toEqual(seen);
					await forgetFlows(lab.namespaceOf("natA"));
					expect(await seenBy(world, server, client)).not.toEqual(seen);
				} finally {
					world.close();
					await lab.close();
				}
			},
		);
	}
});
