import { type Family, MILLISECOND } from "@whither/core";
import { decodeTcp, encodeTcp, IP_PROTOCOL, isDecodeError, TCP_FLAGS } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { natKind } from "./nat-kinds.ts";
import type { FirewallSpec } from "./nat-spec.ts";
import { buildPacket, type IpPacket } from "./packet.ts";
import { natWorld } from "./scenarios/nat-world.ts";
import { socketWorld } from "./sockets.fixture.ts";
import { publicAddresses } from "./topology.ts";

const FAMILIES = [4, 6] as const;
const NOTHING = new Uint8Array(0);

function open(family: Family, settings: Partial<FirewallSpec> = {}) {
	const router = ({ outside }: { readonly outside: string }) => ({ firewall: { outside, ...settings } });
	const scenario = natWorld({
		a: { ...natKind("stateful firewall"), router },
		delayMs: 1,
		server: { tcpPorts: { open: [443, 80] } },
	});
	const world = socketWorld(scenario, family);
	const [one = "", other = ""] = publicAddresses(scenario, "srv", family);
	const [near, otherPort, far] = [
		world.open("srv", 3478, one),
		world.open("srv", 3479, one),
		world.open("srv", 3478, other),
	];
	return { world, client: world.open("lanA", 5000), near, otherPort, far };
}

describe.each(FAMILIES)("IPv%i: a stateful firewall", (family) => {
	it.each([
		["addressAndPortDependent", [1, 0, 0]],
		["addressDependent", [1, 1, 0]],
		["endpointIndependent", [1, 1, 1]],
	] as const)("lets answers in and nothing else, %s, and translates nothing", (filtering, expected) => {
		const { world, client, near, otherPort, far } = open(family, { filtering });
		const knock = () =>
			[near, otherPort, far].map((server) => {
				const before = client.heard.length;
				server.send(client.local);
				world.pass();
				return client.heard.length - before;
			});
		expect(knock()).toEqual([0, 0, 0]);
		client.send(near.local);
		world.pass();
		expect(near.heard[0]?.remote).toEqual(client.local);
		expect(knock()).toEqual(expected);
	});

	it("forgets what went out after its lifetime", () => {
		const { world, client, near } = open(family, { lifetimeMs: 5000 });
		client.send(near.local);
		world.pass(5500);
		near.send(client.local);
		world.pass();
		expect(client.heard).toEqual([]);
	});

	it("lets errors in about what went out, and no others", () => {
		const { world, client, near } = open(family);
		const closed = { address: near.local.address, port: 9 };
		client.send(closed);
		world.pass();
		expect(client.errors).toMatchObject([{ remote: closed }]);
	});

	it("knows the hosts of its inside apart", () => {
		const { world, client, near } = open(family);
		client.send(near.local);
		world.pass();
		const neighbour = world.open("lanA2", 5000);
		near.send(neighbour.local);
		world.pass();
		expect(neighbour.heard).toEqual([]);
	});

	it("blocks UDP both ways, and answers SYNs to other ports than its own with a reset", () => {
		const { world, client, near } = open(family, { udp: "blocked", tcpPorts: [443] });
		client.send(near.local);
		near.send(client.local);
		world.pass();
		expect([client.heard, near.heard]).toEqual([[], []]);
		const { address: source } = client.local;
		const { address: destination } = near.local;
		const answers: IpPacket[] = [];
		world.internet.listen("lanA", (packet) => answers.push(packet) > 0);
		for (const destinationPort of [443, 80]) {
			const fields = { family, source, destination, sourcePort: 5001, destinationPort };
			const segment = encodeTcp({ ...fields, sequence: 41, flags: TCP_FLAGS.syn }, NOTHING);
			const packet = buildPacket({ ...fields, protocol: IP_PROTOCOL.tcp, ttl: 64 }, segment);
			world.internet.send("lanA", packet, world.nowMs * MILLISECOND);
		}
		world.pass(100);
		const headers = answers
			.map(({ payload }) => decodeTcp(payload))
			.map((tcp) => (isDecodeError(tcp) ? null : tcp.header));
		const { rst, ack, syn } = TCP_FLAGS;
		expect(headers).toMatchObject([
			{ sourcePort: 80, flags: rst | ack, acknowledgment: 42 },
			{ sourcePort: 443, flags: syn | ack },
		]);
		expect(answers.every((packet) => packet.source === destination)).toBe(true);
	});
});
