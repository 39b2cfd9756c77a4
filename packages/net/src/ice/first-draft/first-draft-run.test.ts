import type { FirstDraftStream } from "@whither/core";
import { classifyPacket } from "@whither/wire";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeMachine, FakeNetwork, hostAt } from "../fake-machine.fixture.ts";
import type { IceDatagram } from "../ice-io.ts";
import type { FirstDraftConnectionEvent, FirstDraftOrder } from "./first-draft-connection.ts";
import { FirstDraftRun } from "./first-draft-run.ts";

const [HOST_A, HOST_B] = [hostAt("192.0.2.1"), hostAt("192.0.2.2")];
const PHONE = { address: "198.51.100.9", port: 7000 };
const MEDIA = Uint8Array.of(0x80, 0, 1);

type Told<K extends FirstDraftConnectionEvent["kind"]> = Extract<FirstDraftConnectionEvent, { readonly kind: K }>;

let network: FakeNetwork;
let a: FakeMachine;
let b: FakeMachine;

beforeEach(() => {
	network = new FakeNetwork();
	a = new FakeMachine(network, [HOST_A], 1);
	b = new FakeMachine(network, [HOST_B], 101);
});

class End {
	readonly events: FirstDraftConnectionEvent[] = [];
	readonly data: IceDatagram[] = [];
	readonly connection: FirstDraftRun;

	constructor(machine: FakeMachine, order: Partial<FirstDraftOrder> = {}) {
		const listener = {
			event: (event: FirstDraftConnectionEvent) => void this.events.push(event),
			data: (datagram: IceDatagram) => void this.data.push(datagram),
		};
		this.connection = new FirstDraftRun({ role: "controlling", ...order }, listener, machine);
	}

	told<K extends FirstDraftConnectionEvent["kind"]>(kind: K): readonly Told<K>[] {
		return this.events.filter((event): event is Told<K> => event.kind === kind);
	}

	get streams(): readonly FirstDraftStream[] {
		return this.told("description").at(-1)?.streams ?? [];
	}

	async close(): Promise<void> {
		const closing = this.connection.close();
		await network.pass(5000);
		await closing;
	}
}

async function met(): Promise<readonly [End, End]> {
	const [one, other] = [new End(a), new End(b)];
	await network.pass(10);
	one.connection.peer(other.streams);
	other.connection.peer(one.streams);
	await network.pass(100);
	return [one, other];
}

describe("a connection by the first draft of ICE", () => {
	it("has a socket for RTP and one for RTCP, and tells of them once it knows all its addresses", async () => {
		const one = new End(a);
		expect([one.events, one.connection.description]).toEqual([[], null]);
		await network.pass(10);
		expect(one.told("base").map(({ at }) => at.component)).toEqual([1, 2]);
		const kinds = one.events.map(({ kind }) => kind);
		expect(kinds).toEqual(["base", "base", "candidate", "gathered", "description"]);
		expect(one.told("candidate")).toMatchObject([
			{ line: { type: "host", address: HOST_A.address }, interface: "eth0" },
		]);
		expect(one.told("candidate")[0]?.line.extensions).toEqual([{ name: "q", value: "1" }]);
		expect(one.streams).toEqual(one.connection.description);
		await one.close();
		expect(a.open.size).toBe(0);
	});

	it("sends where a check has succeeded, shows so, and carries data both ways", async () => {
		const [one, other] = await met();
		expect(one.told("selected")).toMatchObject([
			{ why: "alternative", pair: { component: 1, state: "succeeded", priority: "1000", local: { type: "host" } } },
		]);
		expect(one.connection.state).toBe("completed");
		expect([one.connection.shown, other.connection.shown]).toEqual([
			{ send: true, receive: true },
			{ send: true, receive: true },
		]);
		expect(one.connection.pairs.map(({ readable, writable }) => [readable, writable])).toEqual([
			[true, true],
			[true, true],
		]);
		one.connection.send(MEDIA);
		one.connection.send(Uint8Array.of(0x80, 200), { component: 2 });
		await network.pass(10);
		expect(other.data).toMatchObject([
			{ component: 1, kind: "rtp", bytes: MEDIA, from: { address: HOST_A.address } },
			{ component: 2, kind: "rtcp" },
		]);
		expect(one.connection.flow()).toMatchObject({ remote: { address: HOST_B.address }, relay: null, stun: null });
		await one.close();
		await other.close();
		expect([a.open.size, b.open.size]).toEqual([0, 0]);
	});

	it("takes what the other end said before its own sockets were open", async () => {
		const other = new End(b);
		await network.pass(10);
		const one = new End(a);
		one.connection.peer(other.streams);
		await network.pass(20);
		expect(one.told("selected")).toHaveLength(1);
		await one.close();
		await other.close();
	});

	it("sends to an end without ICE as it says, from its own address, and proves nothing by that", async () => {
		const heard: Uint8Array[] = [];
		network.receivers.set(`${PHONE.address} ${PHONE.port}`, (_, bytes) => heard.push(bytes));
		const one = new End(a);
		await network.pass(10);
		one.connection.peer([{ destination: PHONE, rtcp: null, alternatives: [] }]);
		expect(one.told("selected")).toMatchObject([
			{ why: "noIce", pair: { remote: PHONE, local: { type: "host", address: HOST_A.address } } },
		]);
		expect([one.connection.state, one.connection.shown]).toEqual(["completed", { send: false, receive: false }]);
		one.connection.send(MEDIA);
		await network.pass(10);
		expect(heard).toEqual([MEDIA]);
		expect(one.connection.flow()?.remote).toEqual(PHONE);
		await one.close();
	});

	it("follows a call that somebody without ICE takes over, and shows that nothing is proved any more", async () => {
		const [one, other] = await met();
		const ids = one.connection.pairs.map(({ id }) => id);
		one.events.length = 0;
		one.connection.peer([{ destination: PHONE, rtcp: null, alternatives: [] }]);
		expect(one.told("pairGone").map(({ id }) => id)).toEqual(ids);
		expect(one.told("selected")).toMatchObject([{ why: "noIce", pair: { remote: PHONE } }]);
		expect(one.told("shown")).not.toEqual([]);
		expect(one.connection.shown.send).toBe(false);
		expect(one.connection.flow()?.remote).toEqual(PHONE);
		one.connection.peer([null]);
		expect([one.connection.flow(), one.connection.pairs]).toEqual([null, []]);
		await one.close();
		await other.close();
	});

	it("selects the address that it sends to again where that is told in other words", async () => {
		const [one, other] = await met();
		const streams = other.streams.map((stream) => ({
			...stream,
			alternatives: stream.alternatives.map((alt) => ({ ...alt, id: "77" })),
		}));
		one.connection.peer(streams);
		await network.pass(100);
		expect(one.told("selected").at(-1)).toMatchObject({ why: "alternative", pair: { state: "succeeded" } });
		expect(one.connection.flow()?.remote).toEqual(streams[0]?.alternatives[0]?.at);
		await one.close();
		await other.close();
	});

	it("tells of no more of the other end's addresses than are looked at, and keeps none that is told no more", async () => {
		const one = new End(a);
		await network.pass(10);
		for (let offer = 0; offer < 3; offer++) {
			const alternatives = Array.from({ length: 40 }, (_, index) => {
				const at = { ...PHONE, port: 8000 + 100 * (offer % 2) + 2 * index };
				return {
					...{ id: String(index), q: 0.5, derivedFrom: null },
					username: "peer",
					password: "word",
					at,
					rtcp: null,
				};
			});
			one.connection.peer([{ destination: PHONE, rtcp: null, alternatives }]);
		}
		expect(one.told("remoteCandidate")).toHaveLength(3 * 32);
		await one.close();
	});

	it("falls silent nowhere: where no check succeeds, media goes where the description says", async () => {
		const [one, other] = [new End(a), new End(b)];
		await network.pass(10);
		network.drops = (_, to) => to.address === HOST_B.address;
		one.connection.peer(other.streams);
		await network.pass(1000);
		expect(one.told("selected")).toEqual([]);
		await network.pass(10_000);
		expect(one.told("selected")).toMatchObject([{ why: "unproved", pair: { remote: other.streams[0]?.destination } }]);
		expect(one.connection.pairs.map(({ state, selected }) => [state, selected])).toEqual([
			["succeeded", true],
			["failed", false],
			["failed", false],
		]);
		await one.close();
		await other.close();
	});

	it("fails where there is no address to begin with", async () => {
		const one = new End(new FakeMachine(network, [], 7));
		await network.pass(10);
		expect(one.told("state").at(-1)).toMatchObject({ state: "failed", failure: "noLocalCandidates" });
		await one.close();
	});

	it("asks STUN servers, and tells of those that are of no use", async () => {
		const server = { address: "203.0.113.1", port: 3478 };
		const asked: Uint8Array[] = [];
		network.receivers.set(`${server.address} ${server.port}`, (_, bytes) => asked.push(bytes));
		const one = new End(a, { stunServers: [server], gatherTimeoutMs: 500 });
		await network.pass(1000);
		expect(classifyPacket(asked[0] ?? new Uint8Array())).toBe("stun");
		expect(one.told("candidateError")).toMatchObject([{ error: { server, why: "timeout" } }]);
		expect(one.told("description")).toHaveLength(1);
		await one.close();
	});
});
