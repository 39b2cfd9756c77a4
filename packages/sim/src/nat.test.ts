import { type Dependence, type Family, MILLISECOND } from "@whither/core";
import { encodeIcmpEcho } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { formatPackets } from "./format-packets.ts";
import { natAddress } from "./nat.ts";
import type { NatKind } from "./nat-kinds.ts";
import type { Hairpinning, NaptSpec } from "./nat-spec.ts";
import { buildPacket, hasGoodChecksum, icmpProtocol } from "./packet.ts";
import type { Endpoint } from "./program.ts";
import { natWorld } from "./scenarios/nat-world.ts";
import { type SimSocket, type SocketWorld, socketWorld } from "./sockets.fixture.ts";
import { publicAddresses } from "./topology.ts";

const FAMILIES = [4, 6] as const;
const DEPENDENCES: readonly Dependence[] = ["endpointIndependent", "addressDependent", "addressAndPortDependent"];
const HAIRPINS: readonly Hairpinning[] = ["none", "externalSource", "internalSource"];
const PORTS = [3478, 3479] as const;

type Settings = Omit<NaptSpec, "kind" | "mapping" | "filtering"> & Partial<Pick<NaptSpec, "mapping" | "filtering">>;

function kindOf(settings: Settings): NatKind {
	const seen = { mapping: "unknown", filtering: "unknown", hairpin: null, classic: null } as const;
	const rules = { mapping: "endpointIndependent", filtering: "endpointIndependent", ...settings } as const;
	return { name: "test", seen, router: ({ outside }) => ({ nat: { kind: "napt", outside, ...rules } }) };
}

/** A server with two addresses and two ports, and a client behind the NAT. */
function open(settings: Settings, family: Family) {
	const scenario = natWorld({ a: kindOf(settings), b: kindOf({}), delayMs: 1 });
	const world = socketWorld(scenario, family);
	const [one = "", other = ""] = publicAddresses(scenario, "srv", family);
	const at = (address: string) => PORTS.map((port) => world.open("srv", port, address));
	const [[a1, a2], [b1, b2]] = [at(one), at(other)] as unknown as [[SimSocket, SimSocket], [SimSocket, SimSocket]];
	const { nat } = scenario.nodes.natA as { nat: NaptSpec & { outside: string } };
	return { scenario, world, a1, a2, b1, b2, outside: natAddress(scenario, "natA", nat, family) };
}

/** Where a server socket sees the last packet from. */
function seenBy(socket: SimSocket): Endpoint {
	const last = socket.heard.at(-1);
	if (last === undefined) throw new Error("nothing came");
	return last.remote;
}

/** How many of the packets that each sends to an endpoint arrive at a socket. */
function arrivals(world: SocketWorld, receiver: SimSocket, to: Endpoint, senders: readonly SimSocket[]): number[] {
	return senders.map((sender) => {
		const before = receiver.heard.length;
		sender.send(to);
		world.pass();
		return receiver.heard.length - before;
	});
}

const CELLS = FAMILIES.flatMap((family) =>
	DEPENDENCES.flatMap((mapping) =>
		DEPENDENCES.flatMap((filtering) => HAIRPINS.map((hairpin) => ({ family, mapping, filtering, hairpin }))),
	),
);
const ASSIGNMENTS = ["preserving", "sequential", "random"] as const;

describe.each(CELLS)("IPv$family, mapping $mapping, filtering $filtering, hairpin $hairpin", (cell) => {
	const { family, mapping, filtering, hairpin } = cell;

	it.each(ASSIGNMENTS)("has as many ports outside as its mapping says, %s", (ports) => {
		const { world, a1, a2, b1, outside } = open({ ...cell, ports }, family);
		const client = world.open("lanA", 5000);
		const seen = [a1, a1, a2, b1].map((server) => {
			client.send(server.local);
			world.pass();
			return seenBy(server);
		});
		expect(seen.map(({ address }) => address)).toEqual([outside, outside, outside, outside]);
		const [first, again, otherPort, otherAddress] = seen.map(({ port }) => port);
		expect(again).toBe(first);
		expect(otherPort === first).toBe(mapping !== "addressAndPortDependent");
		expect(otherAddress === first).toBe(mapping === "endpointIndependent");
		expect(first === 5000).toBe(ports === "preserving");
	});

	it("lets in what its filter says", () => {
		const { world, a1, a2, b1, b2 } = open(cell, family);
		const client = world.open("lanA", 5000);
		client.send(a1.local);
		world.pass();
		const expected = {
			endpointIndependent: [1, 1, 1, 1],
			addressDependent: [1, 1, 0, 0],
			addressAndPortDependent: [1, 0, 0, 0],
		}[filtering];
		expect(arrivals(world, client, seenBy(a1), [a1, a2, b1, b2])).toEqual(expected);
		expect([a2, b1, b2].flatMap(({ errors }) => errors)).toEqual([]);
	});

	it("turns packets from inside round, or not, and as whose", () => {
		const { world, a1, outside } = open(cell, family);
		const [client, neighbour] = [world.open("lanA", 5000), world.open("lanA2", 6000)];
		client.send(a1.local);
		neighbour.send(a1.local);
		world.pass();
		const [first, second] = a1.heard.map(({ remote }) => remote) as [Endpoint, Endpoint];
		neighbour.send(first);
		world.pass();
		const source = { none: [], internalSource: [neighbour.local], externalSource: [{ address: outside }] }[hairpin];
		expect(client.heard.map(({ remote }) => remote)).toMatchObject(source);
		if (hairpin === "none") expect(neighbour.errors).toMatchObject([{ remote: first, from: outside }]);
		if (hairpin !== "externalSource") return;
		expect(client.heard[0]?.remote.port === second.port).toBe(mapping === "endpointIndependent");
		client.send(client.heard[0]?.remote ?? first);
		world.pass();
		expect(neighbour.heard).toMatchObject([{ remote: { address: outside } }]);
	});
});

describe.each(FAMILIES)("IPv%i: a NAT of RFC 4787", (family) => {
	const random = { mapping: "endpointIndependent", filtering: "addressAndPortDependent", ports: "random" } as const;

	it("forgets a mapping its lifetime after the last packet out, whatever comes in", () => {
		const { world, a1 } = open({ ...random, lifetimeMs: 5000 }, family);
		const client = world.open("lanA", 5000);
		const ask = () => {
			client.send(a1.local);
			world.pass(10);
			return seenBy(a1);
		};
		const first = ask();
		for (let round = 0; round < 3; round++) {
			world.pass(4900);
			expect(ask()).toEqual(first);
		}
		world.pass(3000);
		a1.send(first);
		world.pass(2100);
		expect(client.heard).toHaveLength(1);
		a1.send(first);
		world.pass(10);
		expect(client.heard).toHaveLength(1);
		expect(ask()).not.toEqual(first);
	});

	it("forgets each sender that it let in by itself", () => {
		const { world, a1, a2 } = open({ filtering: "addressAndPortDependent", lifetimeMs: 5000 }, family);
		const client = world.open("lanA", 5000);
		client.send(a1.local);
		world.pass(4000);
		client.send(a2.local);
		world.pass(2000);
		expect(arrivals(world, client, seenBy(a2), [a1, a2])).toEqual([0, 1]);
	});

	it("keeps mappings two minutes where nothing else is said (RFC 4787 REQ-5)", () => {
		const { world, a1 } = open({}, family);
		const client = world.open("lanA", 5000);
		client.send(a1.local);
		world.pass(119_000);
		expect(arrivals(world, client, seenBy(a1), [a1])).toEqual([1]);
		world.pass(1000);
		expect(arrivals(world, client, seenBy(a1), [a1])).toEqual([0]);
	});

	it.each(ASSIGNMENTS)("gives two hosts with the same port different ones, %s, and each its own answers", (ports) => {
		const { world, a1 } = open({ ports }, family);
		const clients = [world.open("lanA", 5000), world.open("lanA2", 5000)];
		for (const client of clients) client.send(a1.local);
		world.pass();
		const seen = a1.heard.map(({ remote }) => remote);
		expect(seen[0]?.port).not.toBe(seen[1]?.port);
		if (ports === "preserving") expect(seen.map(({ port }) => port)).toEqual([5000, 40_000]);
		if (ports === "sequential") expect(seen.map(({ port }) => port)).toEqual([40_000, 40_001]);
		a1.send(seen[1] as Endpoint);
		world.pass();
		expect(clients.map(({ heard }) => heard.length)).toEqual([0, 1]);
	});

	it("gives a port back once its mapping is forgotten", () => {
		const { world, a1 } = open({ lifetimeMs: 1000 }, family);
		const [client, neighbour] = [world.open("lanA", 5000), world.open("lanA2", 5000)];
		client.send(a1.local);
		world.pass(2000);
		neighbour.send(a1.local);
		world.pass(10);
		expect(seenBy(a1).port).toBe(5000);
		client.send(a1.local);
		world.pass(10);
		expect(seenBy(a1).port).toBe(40_000);
	});

	it.each(ASSIGNMENTS)("keeps parity where it is told to, %s", (ports) => {
		const { world, a1 } = open({ ports, preservesParity: true, mapping: "addressAndPortDependent" }, family);
		for (const [index, node] of ["lanA", "lanA2", "lanA", "lanA2"].entries()) {
			for (const port of [5000, 5001, 5003]) world.open(node, port + 10 * (index >> 1)).send(a1.local);
		}
		world.pass();
		const seen = a1.heard.map(({ remote }) => remote.port);
		expect(seen).toHaveLength(12);
		expect(new Set(seen).size).toBe(12);
		expect(seen.map((port) => port & 1)).toEqual([0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1]);
	});

	it("sends what it knows nothing of to the host in the demilitarized zone", () => {
		const { world, a1, b1, outside } = open({ filtering: "addressAndPortDependent", dmz: "lanA2" }, family);
		const [client, exposed] = [world.open("lanA", 5000), world.open("lanA2", 7000)];
		client.send(a1.local);
		b1.send({ address: outside, port: 7000 });
		b1.send({ address: outside, port: 5000 });
		world.pass();
		expect([client.heard.length, exposed.heard.length]).toEqual([0, 1]);
		exposed.send(b1.local);
		world.pass();
		expect(seenBy(b1)).toEqual({ address: outside, port: 7000 });
	});

	it("forwards ports to a host inside, and gives them to nobody else", () => {
		const forwards = [{ ports: [7000, 7009], to: "lanA2" }] as const;
		const { world, a1, b1, b2, outside } = open({ ...random, mapping: "addressAndPortDependent", forwards }, family);
		const exposed = world.open("lanA2", 7009);
		for (const port of [6999, 7009, 7010]) b1.send({ address: outside, port });
		b2.send({ address: outside, port: 7009 });
		world.pass();
		expect(exposed.heard.map(({ remote }) => remote)).toEqual([b1.local, b2.local]);
		for (const { local } of [b1, b2]) exposed.send(local);
		world.pass();
		expect([b1, b2].map(seenBy)).toEqual(Array(2).fill({ address: outside, port: 7009 }));
		exposed.send(a1.local);
		world.pass();
		expect(seenBy(a1).port).not.toBe(7009);
	});

	it("keeps a port that is forwarded from whoever has it inside", () => {
		const { world, a1 } = open({ forwards: [{ ports: [5000, 5000], to: "lanA2" }] }, family);
		world.open("lanA", 5000).send(a1.local);
		world.pass();
		expect(seenBy(a1).port).toBe(40_000);
	});

	it("has nobody outside reach the inside by its own addresses", () => {
		const { world, b1 } = open({}, family);
		const [client, far] = [world.open("lanA", 5000), world.open("lanB", 5000)];
		b1.send(client.local);
		far.send(client.local);
		world.pass();
		expect(client.heard, formatPackets(world.internet.packets)).toEqual([]);
		world.open("lanA2", 5000).send(client.local);
		world.pass();
		expect(client.heard).toHaveLength(1);
	});

	it("has the sender hear of errors as if nothing had been translated", () => {
		const { world, a1 } = open({ ports: "random" }, family);
		const client = world.open("lanA", 5000);
		const closed = { address: a1.local.address, port: 9 };
		client.send(closed);
		world.pass();
		expect(client.errors).toMatchObject([{ local: client.local, remote: closed, from: closed.address }]);
	});

	it("translates an error from inside about what it let in", () => {
		const { world, a1, outside } = open({}, family);
		const scratch = world.internet.attach("lanA", { holds: () => false, step: () => [], deadline: null });
		const local = { address: world.internet.address("lanA"), port: 5000 };
		scratch.send([{ local, remote: a1.local, payload: Uint8Array.of(1) }], 0);
		world.pass();
		const seen = seenBy(a1);
		a1.send(seen);
		world.pass();
		expect(seen.address).toBe(outside);
		expect(a1.errors).toMatchObject([{ local: a1.local, remote: seen, from: outside }]);
	});

	it("answers echo requests to itself and carries those of its inside", () => {
		const { world, a1, outside } = open({}, family);
		const client = world.internet.address("lanA");
		const echo = (node: string, source: string, destination: string) => {
			const question = { direction: "request", id: 7, sequence: 1, payload: Uint8Array.of(1, 2) } as const;
			const message = encodeIcmpEcho(family, { ...question, source, destination });
			const answeredBy: string[] = [];
			world.internet.listen(node, (packet) => {
				if (hasGoodChecksum(packet)) answeredBy.push(packet.source);
				return true;
			});
			const fields = { family, source, destination, protocol: icmpProtocol(family), ttl: 64 };
			world.internet.send(node, buildPacket(fields, message), world.nowMs * MILLISECOND);
			world.pass();
			return answeredBy;
		};
		expect(echo("lanA", client, a1.local.address)).toEqual([a1.local.address]);
		expect(echo("srv", a1.local.address, outside)).toEqual([outside]);
	});
});
