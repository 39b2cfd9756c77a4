import { describe, expect, it } from "vitest";
import { earlyRelayOrder } from "./early-relay.ts";
import { type ServeOptions, stunPlaces } from "./serve-options.ts";

const orderOf = (options: ServeOptions) => earlyRelayOrder(options, stunPlaces(options), () => "192.0.2.9");

describe("early relays", () => {
	it("are for --classic alone, unless their port is 0", () => {
		expect(orderOf({})).toBeNull();
		expect(orderOf({ earlyRelayPort: 5556 })).toBeNull();
		expect(orderOf({ classic: true, earlyRelayPort: 0 })).toBeNull();
		expect(orderOf({ classic: true })?.places).toEqual([
			{ transport: "udp", family: 4, address: "127.0.0.1", port: 5556 },
			{ transport: "udp", family: 6, address: "::1", port: 5556, optional: true },
		]);
	});

	it("are asked for at one port of each address, whatever ports STUN has", () => {
		const listen = ["127.0.0.1", "127.0.0.2"];
		const order = orderOf({ classic: true, listen, stunPort: 4000, alternatePort: 4001, earlyRelayPort: 6000 });
		expect(order?.places.map(({ address, port }) => [address, port])).toEqual(listen.map((address) => [address, 6000]));
	});

	it("have no port of STUN's, nor its second", () => {
		const listen = ["127.0.0.1", "127.0.0.2"];
		expect(() => orderOf({ classic: true, earlyRelayPort: 3478 })).toThrow(/3478 is that of STUN/);
		expect(() => orderOf({ classic: true, listen, earlyRelayPort: 3479 })).toThrow(/3479 is that of STUN/);
		expect(orderOf({ classic: true, earlyRelayPort: 3479 })?.places).toHaveLength(2);
	});

	it("have no port among those that relays are given", () => {
		for (const earlyRelayPort of [49_152, 50_000, 65_535])
			expect(() => orderOf({ classic: true, earlyRelayPort })).toThrow(/own ports, 49152 to 65535/);
		const relayPorts = { first: 40_000, last: 50_000 };
		expect(() => orderOf({ classic: true, relayPorts, earlyRelayPort: 45_000 })).toThrow(/40000 to 50000/);
		expect(orderOf({ classic: true, relayPorts, earlyRelayPort: 51_000 })?.places).toHaveLength(2);
	});

	it("are told by both addresses where one stands for the other", () => {
		const relayAddresses = ["10.0.1.10=192.0.2.1", "10.0.1.11"];
		expect(orderOf({ classic: true, relayAddresses })?.relays).toEqual([
			{ address: "10.0.1.10", publicAddress: "192.0.2.1", alsoAt: ["10.0.1.10"] },
			{ address: "10.0.1.11" },
		]);
	});

	it("have TURN's users, rules and bounds, and of its ports those that the draft allows", () => {
		const users = { passwords: [{ username: "ann", password: "word" }] };
		const bounds = { maxPerUser: 3, maxAllocations: 9, maxBytesPerSecond: 125_000, allowPeers: ["10.0.0.0/8"] };
		const order = orderOf({
			classic: true,
			users,
			realm: "here",
			relayPorts: { first: 40_000, last: 50_000 },
			...bounds,
		});
		expect(order).toMatchObject({ realm: "here", users });
		expect(order?.config).toEqual({
			relayPorts: { first: 49_152, last: 50_000 },
			peers: { allow: ["10.0.0.0/8"], deny: [] },
			quotas: { perUser: 3, total: 9 },
			maximumKbps: 2_000,
		});
		const low = { classic: true, relayPorts: { first: 40_000, last: 45_000 } };
		expect(() => orderOf(low)).toThrow(/from 49152 on/);
		expect(orderOf({ ...low, earlyRelayPort: 0 })).toBeNull();
	});
});
