import { attributeOf, type StunItem, type TransportPreferences } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../../../machine.ts";
import { CLIENT, codeOf, LIFETIME, PEER, RELAY_ADDRESS, ServerUnderTest, STRANGER } from "./server.fixture.ts";
import type { EarlyTurnServerConfig } from "./server-io.ts";

/** A server with one binding, and the number of its relay. */
function bound(config: Partial<EarlyTurnServerConfig> = {}, ...items: readonly StunItem[]) {
	const server = new ServerUnderTest(config);
	const client = server.client("once1-a");
	const mapped = client.bind(...items);
	const relay = server.all("openRelay")[0]?.relay ?? 0;
	return { server, client, mapped, relay };
}

const OTHER_CLIENT = { ...CLIENT, port: CLIENT.port + 1 };
const WANTS = (value: TransportPreferences): StunItem => ({ name: "transportPreferences", value });

describe("a relay", () => {
	test("is locked by the first who sends to it, and carries data both ways as it is", () => {
		const { server, client, relay } = bound();
		expect(server.relayed(relay, PEER, 1, 2)).toMatchObject([
			{ type: "event", event: { kind: "bindingLocked", binding: { peer: PEER } } },
			{ type: "send", bytes: Uint8Array.of(1, 2), to: CLIENT, local: 0 },
		]);
		expect(client.data(3, 4)).toEqual([{ type: "relaySend", relay, to: PEER, bytes: Uint8Array.of(3, 4) }]);
		expect(server.relayed(relay, PEER)).toMatchObject([{ type: "send", bytes: new Uint8Array(0) }]);
		const [binding] = server.server.bindings;
		expect(binding?.usage).toMatchObject({ sentPackets: 1, sentBytes: 2, receivedPackets: 2, receivedBytes: 2 });
	});

	test("is nobody else's then: neither of another port nor of another address", () => {
		const { server, relay } = bound();
		server.relayed(relay, PEER, 1);
		for (const from of [STRANGER, { ...PEER, port: PEER.port + 1 }])
			expect(server.relayed(relay, from, 2)).toEqual([{ type: "ignored", reason: "notThePeer" }]);
		expect(server.events).toEqual(["bindingOpened", "bindingLocked"]);
	});

	test("is not locked by its client, whose data goes nowhere before", () => {
		const { client } = bound();
		expect(client.data(1)).toEqual([{ type: "ignored", reason: "notLocked" }]);
	});

	test("takes no data of anybody but its client", () => {
		const { server, relay } = bound();
		server.relayed(relay, PEER, 1);
		expect(server.client("once1-a", OTHER_CLIENT).data(1)).toEqual([{ type: "ignored", reason: "noBinding" }]);
		expect(server.client("once1-a", { ...CLIENT, address: STRANGER.address }).data(1)).toMatchObject([
			{ type: "ignored" },
		]);
		expect(server.step({ type: "received", bytes: Uint8Array.of(1), from: CLIENT, local: 1 })).toMatchObject([
			{ type: "ignored", reason: "noBinding" },
		]);
	});

	test("is not locked by whom the server may not send to, nor by our own addresses", () => {
		const { server, relay } = bound({ peers: { own: ["9.1.1.1"] } });
		for (const address of ["10.0.0.1", "127.0.0.1", "9.1.1.1", "169.254.169.254", "::ffff:192.168.0.1"])
			expect(server.relayed(relay, { address, port: 53 }, 1)).toEqual([{ type: "ignored", reason: "deniedPeer" }]);
		expect(server.relayed(relay, { address: RELAY_ADDRESS, port: 53 }, 1)).toMatchObject([{ reason: "deniedPeer" }]);
		expect(server.relayed(relay, { address: RELAY_ADDRESS, port: 50_000 }, 1)).toHaveLength(2);
	});

	test("whose peer is denied from now on ends", () => {
		const { server, relay } = bound();
		server.relayed(relay, PEER, 1);
		server.step({ type: "peers", peers: { deny: ["9.9.9.0/24"] } });
		expect(server.all("event").at(-1)?.event).toMatchObject({ kind: "bindingClosed", why: "peerDenied" });
	});

	test("passes no more than its bandwidth, both ways together, and counts what it drops", () => {
		const { server, client, relay } = bound({ maximumKbps: 800 }, { name: "bandwidth", value: 4_000_000 });
		const bytes = new Uint8Array(50_000);
		const down = () => server.step({ type: "relayReceived", relay, from: PEER, bytes }).at(-1);
		const up = () => server.step({ type: "received", bytes, from: CLIENT, local: 0 }).at(-1);
		expect(down()).toMatchObject({ type: "send" });
		expect(up()).toMatchObject({ type: "relaySend" });
		expect(down()).toEqual({ type: "ignored", reason: "overBandwidth" });
		expect(up()).toEqual({ type: "ignored", reason: "overBandwidth" });
		server.at(1);
		expect(down()).toMatchObject({ type: "send" });
		const answer = client.allocate();
		expect(answer !== null && attributeOf(answer, "bandwidth")).toBe(800);
		expect(server.server.counters.usage).toMatchObject({ droppedPackets: 2, receivedPackets: 2, sentPackets: 1 });
	});

	test("of a binding that has ended is nobody's", () => {
		const { server, client, relay } = bound();
		server.relayed(relay, PEER, 1);
		client.allocate(LIFETIME(0));
		expect(server.relayed(relay, PEER, 1)).toEqual([{ type: "ignored", reason: "unknownRelay" }]);
		expect(client.data(1)).toEqual([{ type: "ignored", reason: "noBinding" }]);
	});
});

describe("which port", () => {
	test.each(["odd", "even"] as const)("is %s where that is wanted", (port) => {
		const server = new ServerUnderTest();
		for (let index = 0; index < 20; index++) {
			const from = { ...CLIENT, port: CLIENT.port + index };
			const mapped = server.client("many-a", from).bind(WANTS({ port, next: false }));
			expect(mapped.port % 2).toBe(port === "odd" ? 1 : 0);
		}
	});

	test("is never one below the dynamic ones", () => {
		const relays = (first: number, last: number) => () => new ServerUnderTest({ relayPorts: { first, last } });
		expect(relays(49_151, 65_535)).toThrow(RangeError);
		expect(relays(49_152, 65_536)).toThrow(RangeError);
		expect(relays(60_000, 50_000)).toThrow(RangeError);
		expect(relays(49_152, 49_152)).not.toThrow();
	});

	test("is another where one is taken, until enough have been tried", () => {
		const server = new ServerUnderTest();
		server.opens = false;
		server.client("once1-a").allocate();
		for (let tries = 1; tries < 16; tries++) {
			const relay = server.all("openRelay").at(-1)?.relay ?? 0;
			server.step({ type: "relayFailed", relay, why: "portTaken" });
			expect(server.all("openRelay")).toHaveLength(tries + 1);
		}
		server.step({ type: "relayFailed", relay: server.all("openRelay").at(-1)?.relay ?? 0, why: "portTaken" });
		expect(server.server.counters.refusals).toEqual({ 500: 1 });
		expect([...server.server.bindings]).toEqual([]);
	});

	test("is free again for others once its binding has ended", () => {
		const server = new ServerUnderTest({ relayPorts: { first: 50_000, last: 50_000 } });
		const client = server.client("many-a");
		expect(client.bind().port).toBe(50_000);
		expect(codeOf(server.client("many-b", OTHER_CLIENT).allocate())).toBe(500);
		client.allocate(LIFETIME(0));
		expect(server.client("many-b", OTHER_CLIENT).bind().port).toBe(50_000);
	});

	test("is told by every address that leads to it", () => {
		const relays = [{ address: "10.0.1.10", publicAddress: "192.0.2.1", alsoAt: ["10.0.1.10"] }];
		const { server, client } = bound({ relays }, LIFETIME(60));
		const answer = client.allocate(LIFETIME(60));
		const [order] = server.all("openRelay");
		expect(order?.address).toBe("10.0.1.10");
		expect(answer !== null && attributeOf(answer, "mappedAddress")).toEqual({
			address: "192.0.2.1",
			port: order?.port,
		});
		expect(answer !== null && attributeOf(answer, "moreAvailable")).toEqual({
			address: "10.0.1.10",
			port: order?.port,
		});
	});
});

describe("the port above", () => {
	const NEXT = WANTS({ port: "even", next: true });

	test("is kept five minutes for its owner, who claims it from another port with another name", () => {
		const { server, mapped } = bound({}, NEXT);
		const at = { ...mapped, port: mapped.port + 1 };
		const claimed = WANTS({ port: "preallocated", at });
		server.at(299);
		expect(codeOf(server.client("once2-b", OTHER_CLIENT).allocate(claimed))).toBe(400);
		expect(codeOf(server.client("once2-a", OTHER_CLIENT).allocate(WANTS({ port: "preallocated", at: mapped })))).toBe(
			400,
		);
		expect(server.client("once2-a", OTHER_CLIENT).bind(claimed)).toEqual(at);
		expect(codeOf(server.client("once3-a", STRANGER).allocate(claimed))).toBe(400);
		const above = server.all("openRelay")[0]?.above ?? 0;
		expect(server.relayed(above, PEER, 1).at(-1)).toMatchObject({ type: "send", to: OTHER_CLIENT });
		expect(server.all("openRelay")).toHaveLength(1);
	});

	test("is closed where nobody comes, and hears nobody until then", () => {
		const { server, mapped } = bound({}, NEXT, LIFETIME(3600));
		const above = server.all("openRelay")[0]?.above ?? 0;
		expect(server.relayed(above, PEER, 1)).toEqual([{ type: "ignored", reason: "noBinding" }]);
		server.at(300);
		expect(server.all("closeRelay")).toEqual([{ type: "closeRelay", relay: above }]);
		const claimed = WANTS({ port: "preallocated", at: { ...mapped, port: mapped.port + 1 } });
		expect(codeOf(server.client("once2-a", OTHER_CLIENT).allocate(claimed))).toBe(400);
	});
});

describe("quotas", () => {
	const from = (index: number) => ({ ...CLIENT, port: CLIENT.port + index });

	test("of a user count bindings and ports that are set aside", () => {
		const server = new ServerUnderTest({ quotas: { perUser: 3 } });
		server.client("many-a").bind(WANTS({ port: "any", next: true }));
		expect(codeOf(server.client("many-a", from(1)).allocate(WANTS({ port: "any", next: true })))).toBe(500);
		server.client("many-a", from(1)).bind();
		expect(codeOf(server.client("many-a", from(2)).allocate())).toBe(500);
		server.client("many-b", from(2)).bind();
		server.client("many-a", from(1)).allocate(LIFETIME(0));
		server.client("many-a", from(3)).bind();
	});

	test("of all count a port that is set aside once, whatever addresses lead to it", () => {
		const relays = [{ address: "8.8.0.1", alsoAt: ["8.8.0.2", "8.8.0.3"] }];
		const server = new ServerUnderTest({ quotas: { total: 3 }, relays });
		const { port } = server.client("many-a").bind(WANTS({ port: "any", next: true }));
		server.client("many-b", from(1)).bind();
		expect(codeOf(server.client("many-b", from(2)).allocate())).toBe(500);
		server.client("many-a", from(2)).bind(WANTS({ port: "preallocated", at: { address: "8.8.0.3", port: port + 1 } }));
		expect(codeOf(server.client("many-b", from(3)).allocate())).toBe(500);
	});

	test("of all, and of a ledger, leave nothing behind where they are reached", () => {
		const server = new ServerUnderTest({ quotas: { total: 1 } });
		server.client("many-a").bind();
		expect(codeOf(server.client("many-b", from(1)).allocate())).toBe(500);
		let taken = 0;
		const ledger = {
			take: () => (taken === 1 ? "total" : ++taken && true) as true | "total",
			give: () => void taken--,
		};
		const counted = new ServerUnderTest({ ledger });
		counted.client("many-a").bind();
		expect(codeOf(counted.client("once1-b", from(1)).allocate())).toBe(500);
		expect(taken).toBe(1);
		counted.client("many-a").allocate(LIFETIME(0));
		expect(taken).toBe(0);
		counted.client("once1-b", from(1)).bind();
	});
});

describe("a server that drains", () => {
	test("sends new clients elsewhere, and ends the rest in time", () => {
		const { server, client } = bound();
		const alternate = [
			{ address: "2606:4700::2", port: 5556 },
			{ address: "8.8.0.2", port: 5556 },
		];
		server.step({ type: "drain", until: 60 * SECOND, alternate });
		const answer = server.client("once2-a", OTHER_CLIENT).allocate();
		expect([codeOf(answer), answer !== null && attributeOf(answer, "earlyAlternateServer")]).toEqual([
			300,
			alternate[1],
		]);
		const refreshed = client.allocate(LIFETIME(600));
		expect(refreshed !== null && attributeOf(refreshed, "lifetime")).toBe(60);
		expect(server.server.deadline).toEqual({ at: 60 * SECOND, why: expect.any(String) });
		server.at(60);
		expect(server.all("event").at(-1)?.event).toMatchObject({ kind: "bindingClosed", why: "drained" });
		expect(server.server.deadline).toBeNull();
	});

	test("refuses them where there is no other", () => {
		const server = new ServerUnderTest();
		server.step({ type: "drain", until: 60 * SECOND });
		expect(codeOf(server.client("once1-a").allocate())).toBe(500);
	});
});
