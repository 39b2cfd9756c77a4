import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE } from "../backend.ts";
import { nativeObstacle } from "../testing/backend-cases.ts";
import { IceTalk } from "../testing/ice-talk.ts";
import { openTestService, type TestService, TURN_USER, testPems, tlsObstacle } from "../testing/turn-service.ts";
import type { IceOrder, IceRelayServer } from "./ice-io.ts";
import { openIce } from "./open-ice.ts";
import { prepareIce } from "./rehearsal.ts";

const LOOPBACK: Omit<IceOrder, "role"> = {
	loopback: true,
	pacingMs: 5,
	allowInterface: ({ kind }) => kind === "loopback",
};
const FAMILIES = [4, 6] as const;
const BACKENDS = ["native", "portable"] as const;
const CASES = BACKENDS.flatMap((backend) => FAMILIES.map((family) => [backend, family] as const));

const open = new Set<{ close(): Promise<void> | void }>();

function talk(order: Partial<IceOrder>, orderOfB: Partial<IceOrder> = order): IceTalk {
	const one = new IceTalk(openIce, { ...LOOPBACK, ...order }, { ...LOOPBACK, ...orderOfB });
	open.add(one);
	return one;
}

async function service(): Promise<TestService> {
	const one = await openTestService();
	open.add(one.service);
	return one;
}

function relayAt(turn: TestService, transport: "udp" | "tcp" | "tls", family: 4 | 6): IceRelayServer {
	const { server } = turn.order(transport, family);
	const authorities = transport === "tls" ? { authorities: testPems().certificate } : {};
	return { legs: [{ transport, server, serverName: "localhost", ...authorities }], credentials: TURN_USER };
}

afterEach(async () => {
	delete process.env[BACKEND_VARIABLE];
	const closing = [...open].reverse();
	open.clear();
	for (const one of closing) await one.close();
});

describe.skipIf(nativeObstacle !== null)(skippable("a connection between two in one process", nativeObstacle), () => {
	it.each(CASES)("is direct where it can be, by the %s backend over IPv%i", async (backend, family) => {
		process.env[BACKEND_VARIABLE] = backend;
		const two = talk({ families: [family] });
		await two.until("completed");
		expect(two.a.selected?.local).toMatchObject({ type: "host" });
		expect(two.a.selected?.remote).toMatchObject({ address: two.b.selected?.local.address });
		await two.talk();
		const { at, stamp } = await two.a.heard("hello of b");
		expect(stamp).toBe(backend === "native" ? "kernel" : "user");
		expect(at).toBeLessThan(two.a.connection.now());
	});

	it("can be prepared for", async () => {
		await prepareIce();
		const two = talk({ families: [4] });
		await two.until("completed");
	});

	it.each(FAMILIES)("lends its socket, and says what its checks are signed with, over IPv%i", async (family) => {
		const two = talk({ families: [family], tos: 0x28 });
		await two.until("completed");
		const flow = two.a.connection.flow();
		const { own } = two.a.connection;
		const peer = two.b.connection.own;
		expect(flow).toMatchObject({ relay: null, stun: { username: `${peer.ufrag}:${own.ufrag}`, password: peer.pwd } });
		expect(flow?.remote).toMatchObject({ address: two.b.selected?.local.address, port: two.b.selected?.local.port });
		expect(flow?.socket?.tos).toBe(0x28);
		expect(two.a.connection.flow({ component: 2 })).toBeNull();
	});

	it("has a socket for every component of every stream", async () => {
		const two = talk({ families: [4], streams: [2, 1] });
		await two.until("completed");
		two.a.connection.send(Uint8Array.of(0x80, 1, 2), { stream: 0, component: 2 });
		two.a.connection.send(Uint8Array.of(0x80, 3, 4), { stream: 1 });
		await two.b.told("selected", ({ pair }) => pair.stream === 1);
		while (two.b.data.length < 2) await new Promise((resolve) => setImmediate(resolve));
		expect(two.b.data.map(({ stream, component }) => [stream, component])).toEqual([
			[0, 2],
			[1, 1],
		]);
	});

	it("takes ports of a range, and says when there is none", async () => {
		const ports = { from: 40_100, to: 40_101 };
		const two = talk({ families: [4], ports }, { families: [4], ports });
		await two.until("completed");
		expect([two.a, two.b].map(({ selected }) => selected?.local.port).sort()).toEqual([40_100, 40_101]);
		const third = talk({ families: [4], ports });
		expect(await third.a.told("candidateError")).toMatchObject({ error: { why: "addressNotAvailable", base: null } });
		await third.a.until("failed");
		expect(await third.a.told("state", ({ state }) => state === "failed")).toMatchObject({
			failure: "noLocalCandidates",
		});
	});

	it.each(CASES)("is one of TCP where UDP is not, by the %s backend over IPv%i", async (backend, family) => {
		process.env[BACKEND_VARIABLE] = backend;
		const two = talk({ families: [family], tcp: true, allowLocal: ({ transport }) => transport === "tcp" });
		await two.until("completed");
		const lines = two.a.events.filter((event) => event.kind === "candidate").map(({ line }) => line.tcpType);
		expect(new Set(lines)).toEqual(new Set(["active", "passive", ...(backend === "native" ? ["so"] : [])]));
		expect(two.a.selected?.local.transport).toBe("tcp");
		await two.talk();
		expect(two.a.connection.flow()).toMatchObject({ socket: null, relay: null });
	});

	it("stays up through a restart, and data by the pair of before", async () => {
		const two = talk({ families: [4] });
		await two.until("completed");
		const before = two.a.connection.own.ufrag;
		const pair = two.a.selected?.id ?? 0;
		two.a.connection.restart();
		expect(two.a.connection.own.ufrag).not.toBe(before);
		await two.talk("meanwhile");
		const isNew = (event: { readonly pair: { readonly id: number } }) => event.pair.id > pair;
		await Promise.all([two.a.told("selected", isNew), two.b.told("selected", isNew)]);
		await two.talk("after");
		const { own } = two.b.connection;
		expect(two.a.connection.flow()?.stun?.username).toBe(`${own.ufrag}:${two.a.connection.own.ufrag}`);
	});

	it("ends when it is closed, and nothing is told after that", async () => {
		const two = talk({ families: [4] });
		await two.until("completed");
		await two.a.connection.close();
		expect(two.a.events.at(-1)).toEqual({ kind: "state", state: "closed", failure: null });
		const told = two.a.events.length;
		two.a.say("nobody hears");
		two.a.connection.restart();
		two.a.connection.addRemote([]);
		expect(two.a.connection.flow()).toBeNull();
		expect(two.a.events.length).toBe(told);
		await two.a.connection.close();
	});
});

describe.skipIf(nativeObstacle !== null)(skippable("a connection by a relay", nativeObstacle), () => {
	const CASES = BACKENDS.flatMap((backend) =>
		(["udp", "tcp"] as const).map((transport) => [transport, backend] as const),
	);
	const TITLE = "over %s where nothing else may be used, by the %s backend";
	it.each(CASES)(TITLE, connectsByRelay);
	const TLS_CASES = BACKENDS.map((backend) => ["tls", backend] as const);
	it.skipIf(tlsObstacle !== null).each(TLS_CASES)(skippable(TITLE, tlsObstacle), connectsByRelay);

	async function connectsByRelay(transport: "udp" | "tcp" | "tls", backend: (typeof BACKENDS)[number]): Promise<void> {
		process.env[BACKEND_VARIABLE] = backend;
		const turn = await service();
		const two = talk({ policy: "relay", relays: [relayAt(turn, transport, 4)], tos: 0x28 });
		await two.until("completed");
		expect(two.a.selected).toMatchObject({ local: { type: "relay" }, remote: { type: "relay" } });
		await two.talk();
		const flow = two.a.connection.flow();
		expect(flow).toMatchObject({ stun: null, remote: { port: turn.port(transport, 4) }, relay: { leg: transport } });
		expect(flow?.socket?.tos ?? null).toBe(transport === "udp" && backend === "native" ? 0x28 : null);
		await expect.poll(() => two.a.connection.flow()?.relay?.channel).toBe(true);
	}

	it("says why a relay could not be had, and connects without", async () => {
		const turn = await service();
		const wrong = { ...relayAt(turn, "udp", 4), credentials: { ...TURN_USER, password: "simsim" } };
		const two = talk({ families: [4], relays: [wrong] });
		expect(await two.a.told("candidateError")).toMatchObject({
			error: { why: "unauthorized", error: { code: 401 }, server: { address: "127.0.0.1" } },
		});
		await two.until("completed");
	});

	it("is over when the relay is", async () => {
		const turn = await service();
		const two = talk({ policy: "relay", relays: [relayAt(turn, "tcp", 4)] });
		await two.until("completed");
		await turn.service.close();
		open.delete(turn.service);
		expect(await two.a.told("baseGone")).toMatchObject({ why: { code: "relayLost" } });
		await two.a.until("failed");
		expect(two.a.events.at(-1)).toMatchObject({ state: "failed", failure: "noBase" });
	});
});
