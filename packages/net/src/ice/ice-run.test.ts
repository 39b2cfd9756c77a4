import { MILLISECOND } from "@whither/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ERRNO } from "../native/errno.ts";
import { IceTalk, type TalkingEnd } from "../testing/ice-talk.ts";
import { FakeMachine, FakeNetwork, hostAt } from "./fake-machine.fixture.ts";
import type { IceConnectionEvent, IceListener, IceOrder } from "./ice-io.ts";
import { IceRun } from "./ice-run.ts";

type Told<K extends IceConnectionEvent["kind"]> = Extract<IceConnectionEvent, { readonly kind: K }>;

const [HOST_A, HOST_B, OTHER_A] = [
	hostAt("192.0.2.1"),
	hostAt("192.0.2.2"),
	hostAt("198.51.100.1", { interface: "eth1" }),
];
const SERVER = {
	legs: [{ transport: "udp", server: { address: "203.0.113.1", port: 3478 } }],
	credentials: undefined,
} as const;
const RELAYED = { address: "203.0.113.1", port: 50_000 };

let network: FakeNetwork;
let a: FakeMachine;
let b: FakeMachine;

beforeEach(() => {
	network = new FakeNetwork();
	a = new FakeMachine(network, [HOST_A], 1);
	b = new FakeMachine(network, [HOST_B], 101);
});

/** The controlling one is on `a`. */
function talk(order: Partial<IceOrder> = {}, orderOfB: Partial<IceOrder> = {}): IceTalk {
	const open = (given: IceOrder, listener: IceListener) =>
		new IceRun(given, listener, given.role === "controlling" ? a : b);
	return new IceTalk(open, { pacingMs: 5, ...order }, { pacingMs: 5, ...orderOfB });
}

function told<K extends IceConnectionEvent["kind"]>({ events }: TalkingEnd, kind: K): readonly Told<K>[] {
	return events.filter((event): event is Told<K> => event.kind === kind);
}

function said(end: TalkingEnd): readonly string[] {
	return end.data.map(({ bytes }) => new TextDecoder().decode(bytes));
}

async function completed(order: Partial<IceOrder> = {}, orderOfB: Partial<IceOrder> = {}): Promise<IceTalk> {
	const two = talk(order, orderOfB);
	await network.pass(200);
	expect([two.a.connection.state, two.b.connection.state]).toEqual(["completed", "completed"]);
	return two;
}

describe("a connection", () => {
	it("is told of as it comes to be, carries data, and leaves nothing behind", async () => {
		const two = talk();
		expect(two.a.events.filter(({ kind }) => kind === "base")).toEqual([]);
		await network.pass(200);
		expect(two.a.connection.state).toBe("completed");
		const kinds = two.a.events.map(({ kind }) => kind).filter((kind) => kind !== "state" && kind !== "remoteCandidate");
		expect(kinds.slice(0, 3)).toEqual(["base", "candidate", "gathered"]);
		two.a.say("to b");
		await network.pass(10);
		expect(said(two.b)).toEqual(["to b"]);
		expect(two.b.data[0]).toMatchObject({
			stream: 0,
			component: 1,
			stamp: "kernel",
			from: { address: HOST_A.address },
		});
		const closing = two.close();
		await network.pass(10);
		await closing;
		expect([a.open.size, b.open.size, a.watchers, b.watchers]).toEqual([0, 0, 0, 0]);
	});

	it("may be used from within what it tells, and is not hurt by what its owner throws", async () => {
		const order: string[] = [];
		const connection = new IceRun(
			{ role: "controlling" },
			{
				event: (event) => {
					order.push(event.kind);
					if (order.length !== 3) return;
					connection.restart();
					order.push(`own ${connection.own.ufrag.length}`);
					connection.send(Uint8Array.of(1));
				},
				data: () => {},
			},
			a,
		);
		await network.pass(10);
		expect(order.slice(0, 6)).toEqual(["base", "candidate", "gathered", "own 8", "credentials", "candidate"]);
		await connection.close();
	});

	it("has a socket for every component at every address, the best network first", async () => {
		a = new FakeMachine(network, [hostAt("10.8.0.1", { kind: "vpn", cost: 20 }), HOST_A], 1);
		const two = talk({ streams: [2, 1] }, { streams: [2, 1] });
		await network.pass(1);
		const bases = told(two.a, "base").map(({ at }) => [at.address, at.stream, at.component]);
		expect(bases.slice(0, 4)).toEqual([
			[HOST_A.address, 0, 1],
			[HOST_A.address, 0, 2],
			[HOST_A.address, 1, 1],
			["10.8.0.1", 0, 1],
		]);
	});

	it("keeps the floor of 5 ms together with others of the machine (RFC 8445 §14.2)", async () => {
		const at: number[] = [];
		network.drops = (from) => {
			if (from.address === HOST_A.address) at.push(network.now);
			return true;
		};
		const all = [talk(), talk(), talk()];
		await network.pass(300);
		const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
		expect(gaps.length).toBeGreaterThan(2 * all.length);
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5 * MILLISECOND);
	});

	it("searches a range for a port that is free, and no other fault of a socket", async () => {
		const ports = { from: 5000, to: 5003 };
		a.taken.add(5000).add(5001).add(5003);
		const two = talk({ ports });
		await network.pass(1);
		expect(told(two.a, "base")[0]?.at.port).toBe(5002);
		b.bindError = ERRNO.EADDRNOTAVAIL;
		const other = new IceRun({ role: "controlled", ports }, { event: () => {}, data: () => {} }, b);
		const tried = b.open.size;
		await network.pass(1);
		expect(b.open.size).toBe(tried);
		expect(other.state).toBe("new");
		await other.close();
	});

	it("says which socket could not be had", async () => {
		a.bindError = ERRNO.EADDRNOTAVAIL;
		const two = talk();
		await network.pass(10);
		expect(told(two.a, "candidateError")[0]?.error).toMatchObject({ why: "addressNotAvailable", server: null });
		expect(told(two.a, "state").at(-1)).toMatchObject({ state: "failed", failure: "noLocalCandidates" });
	});

	it("takes what its own network refuses for a hint", async () => {
		a.sendError = ERRNO.ENETUNREACH;
		const two = talk();
		await network.pass(100);
		expect(two.a.connection.pairs[0]?.icmpErrors).toBeGreaterThan(0);
		a.sendError = null;
		await network.pass(2000);
		expect(two.a.connection.state).toBe("completed");
	});

	it("looks names up that the peer tells instead of addresses", async () => {
		a.names.set("peer.example", HOST_B.address);
		const two = talk();
		await network.pass(1);
		const [{ line } = { line: null }] = told(two.b, "candidate");
		if (line !== null) two.a.connection.addRemote([{ line: { ...line, address: "peer.example", port: 7 } }]);
		await network.pass(10);
		expect(told(two.a, "remoteCandidate").map((event) => event.line.port)).toContain(7);
	});
});

describe("names of links", () => {
	it("are told instead of addresses, once for each, and looked up by the peer", async () => {
		b.names = a.names;
		const two = await completed({ mdns: "publish", streams: [2] }, { streams: [2] });
		const lines = told(two.a, "candidate").map(({ line }) => line.address);
		expect(lines).toEqual(["name-0.local", "name-0.local"]);
		expect(two.b.selected?.remote.address).toBe(HOST_A.address);
		await Promise.all([two.a.connection.close(), two.b.connection.close()]);
		expect([a.closedMdns, b.closedMdns]).toEqual([1, 1]);
	});

	it("are not asked for where that is not wanted", async () => {
		b.names = a.names;
		const two = talk({ mdns: "publish" }, { mdns: "off" });
		await network.pass(10);
		expect(told(two.b, "remoteCandidate").map(({ line }) => line.type)).not.toContain("host");
	});
});

describe("addresses of the machine", () => {
	it("that are new are hosts from then on, and may take over", async () => {
		const two = await completed();
		a.readdress(HOST_A, OTHER_A);
		await network.pass(100);
		expect(told(two.a, "network")).toMatchObject([{ added: [{ address: OTHER_A.address }], removed: [] }]);
		expect(two.b.events).toContainEqual(
			expect.objectContaining({ kind: "remoteCandidate", line: expect.objectContaining({ address: OTHER_A.address }) }),
		);
		a.readdress(OTHER_A);
		await network.pass(1);
		expect(told(two.a, "baseGone")).toEqual([{ kind: "baseGone", base: 0, why: { code: "addressGone" } }]);
		await network.pass(3000);
		expect(two.a.selected?.local.address).toBe(OTHER_A.address);
		two.a.say("from elsewhere");
		two.b.say("to elsewhere");
		await network.pass(10);
		expect([said(two.a), said(two.b)]).toEqual([["to elsewhere"], ["from elsewhere"]]);
	});

	it("may change at once, from the only one to another", async () => {
		const two = await completed();
		a.readdress(OTHER_A);
		await network.pass(3000);
		expect([two.a.connection.state, two.b.connection.state]).toEqual(["completed", "completed"]);
		expect(two.a.connection.flow()?.pair.local.address).toBe(OTHER_A.address);
	});

	it("may change in two steps, if the second follows soon", async () => {
		const two = await completed();
		a.readdress();
		await network.pass(300);
		a.readdress(OTHER_A);
		await network.pass(600);
		expect([two.a.connection.state, two.b.connection.state]).toEqual(["completed", "completed"]);
		two.a.say("from elsewhere");
		await network.pass(10);
		expect(said(two.b)).toEqual(["from elsewhere"]);
	});

	it("may change while nothing is selected yet, and be the only ones", async () => {
		network.drops = () => true;
		const two = talk();
		await network.pass(500);
		a.readdress();
		await network.pass(300);
		expect(two.a.connection.state).toBe("checking");
		a.readdress(OTHER_A);
		network.drops = () => false;
		await network.pass(3000);
		expect([two.a.connection.state, two.b.connection.state]).toEqual(["completed", "completed"]);
	});

	it("that were the last before anything was selected end it in a second", async () => {
		network.drops = () => true;
		const two = talk();
		await network.pass(500);
		a.readdress();
		await network.pass(1001);
		expect(told(two.a, "state").at(-1)).toMatchObject({ state: "failed", failure: "noLocalCandidates" });
	});

	it("that were the last end it in a second, and the loopback is no way out", async () => {
		const two = await completed();
		a.readdress(hostAt("127.0.0.1", { kind: "loopback", interface: "lo" }));
		await network.pass(1001);
		expect(told(two.a, "state").at(-1)).toMatchObject({ state: "failed", failure: "noBase" });
		expect(two.a.connection.flow()).toBeNull();
		a.readdress(HOST_A);
		two.a.connection.restart();
		await network.pass(3000);
		expect([two.a.connection.state, two.b.connection.state]).toEqual(["completed", "completed"]);
	});

	it("are left alone where they are not to be watched", async () => {
		const two = await completed({ watch: false });
		expect(a.watchers).toBe(0);
		a.readdress(HOST_A, OTHER_A);
		await network.pass(10);
		expect(told(two.a, "network")).toEqual([]);
	});
});

describe("relays", () => {
	it("are bases, one for each family, permitted early, and by a channel once selected", async () => {
		network.drops = (from, to) => from.address !== RELAYED.address && to.address !== RELAYED.address;
		const two = talk({ relays: [SERVER], tos: 0x28 });
		await network.pass(1);
		const [relay] = a.relays;
		expect(relay?.order).toMatchObject({ allocation: { family: "both" }, tos: 0x28 });
		relay?.allocate(RELAYED, { address: "2001:db8::1", port: 50_001 });
		await network.pass(500);
		expect(told(two.a, "base").map(({ at }) => at.relay?.leg)).toEqual([undefined, "udp", "udp"]);
		expect(relay?.permitted).toContain(HOST_B.address);
		expect(two.a.selected?.local).toMatchObject({ type: "relay", address: RELAYED.address });
		two.a.say("by relay");
		two.b.say("to relay");
		await network.pass(10);
		expect([said(two.a), said(two.b)]).toEqual([["to relay"], ["by relay"]]);
		const flow = two.a.connection.flow();
		expect(flow).toMatchObject({ stun: null, remote: SERVER.legs[0].server, socket: null });
		expect(flow?.relay).toEqual({ server: SERVER.legs[0].server, relayed: RELAYED, leg: "udp", channel: true });
		expect(relay?.bound.size).toBe(1);
	});

	it("whose server forbids a peer have no checks of it under way", async () => {
		network.drops = () => true;
		const two = talk({ relays: [SERVER] });
		await network.pass(1);
		const [relay] = a.relays;
		relay?.allocate(RELAYED);
		await network.pass(200);
		relay?.refuse(HOST_B.address);
		const sent = relay?.sent.length;
		await network.pass(5000);
		const pair = two.a.connection.pairs.find(({ local }) => local.type === "relay");
		expect(pair).toMatchObject({ state: "failed", failure: "forbidden", remote: { address: HOST_B.address } });
		expect([sent, relay?.sent.length]).toEqual([relay?.sent.length, sent]);
		expect(sent).toBeGreaterThan(0);
	});

	it("that fail are told of, and end the gathering", async () => {
		const two = talk({ relays: [SERVER] });
		await network.pass(50);
		expect(told(two.a, "gathered")).toEqual([]);
		a.relays[0]?.fail("unauthorized");
		await network.pass(1);
		expect(told(two.a, "candidateError").map(({ error }) => error)).toEqual([
			{ base: null, server: SERVER.legs[0].server, why: "unauthorized", error: null },
		]);
		expect(told(two.a, "gathered")).toHaveLength(1);
	});

	it("that are silent are given up in time, sooner once another has answered", async () => {
		const tcp = { transport: "tcp", server: { ...SERVER.legs[0].server, port: 443 } } as const;
		const two = talk({ relays: [{ ...SERVER, legs: [...SERVER.legs, tcp] }, SERVER], gatherTimeoutMs: 3000 });
		await network.pass(2999);
		expect(told(two.a, "gathered")).toEqual([]);
		await network.pass(2);
		const errors = told(two.a, "candidateError").map(({ error }) => [error.why, error.server?.port]);
		expect(errors).toEqual([3478, 443, 3478].map((port) => ["timeout", port]));
		expect(a.relays.map(({ state }) => state)).toEqual(["closing", "closing"]);
		expect(told(two.a, "gathered")).toHaveLength(1);
		const other = talk({ relays: [SERVER, SERVER] });
		await network.pass(1);
		a.relays[2]?.allocate(RELAYED);
		await network.pass(999);
		expect(told(other.a, "gathered")).toEqual([]);
		await network.pass(2);
		expect(told(other.a, "gathered")).toHaveLength(1);
		a.relays[3]?.allocate({ ...RELAYED, port: 50_002 });
		expect(told(other.a, "base").filter(({ at }) => at.relay !== undefined)).toHaveLength(1);
	});

	it("that no pair needs are given back, and asked for again for a restart, as sockets are", async () => {
		b = new FakeMachine(network, [HOST_B, hostAt("198.51.100.2", { interface: "eth1" })], 101);
		const two = talk({ relays: [SERVER], deadPeerMs: 0 }, { deadPeerMs: 0 });
		await network.pass(1);
		a.relays[0]?.allocate(RELAYED);
		await network.pass(12_000);
		expect(told(two.a, "baseGone")).toEqual([{ kind: "baseGone", base: 1, why: { code: "unneeded" } }]);
		expect(a.relays[0]?.state).toBe("over");
		expect([two.b.connection.state, b.open.size]).toEqual(["completed", 1]);
		a.readdress(HOST_A, OTHER_A);
		await network.pass(1);
		expect(a.relays).toHaveLength(1);
		const gathered = told(two.a, "gathered").length;
		two.a.connection.restart();
		await network.pass(100);
		expect(a.relays).toHaveLength(2);
		expect(told(two.a, "gathered")).toHaveLength(gathered);
		expect([b.open.size, told(two.b, "gathered").length]).toEqual([2, 2]);
		a.relays[1]?.allocate(RELAYED);
		await network.pass(100);
		expect(told(two.a, "gathered")).toHaveLength(gathered + 1);
	});

	it("that are lost take their bases along; one that had lasted is asked for anew", async () => {
		const two = talk({ policy: "relay", relays: [SERVER] }, {});
		await network.pass(1);
		expect(a.open.size).toBe(0);
		a.relays[0]?.allocate(RELAYED);
		await network.pass(1000);
		expect(two.a.connection.state).toBe("completed");
		a.relays[0]?.lose();
		await network.pass(1);
		expect(told(two.a, "baseGone")).toMatchObject([{ base: 0, why: { code: "relayLost", why: "timeout" } }]);
		await network.pass(1000);
		expect(told(two.a, "state").at(-1)).toMatchObject({ state: "failed", failure: "noBase" });
		expect(a.relays).toHaveLength(1);
		two.a.connection.restart();
		await network.pass(1);
		a.relays[1]?.allocate({ ...RELAYED, port: 50_003 });
		await network.pass(11_000);
		expect(two.a.connection.state).toBe("completed");
		two.a.connection.restart();
		expect(a.relays.map(({ refreshes }) => refreshes)).toEqual([0, 1]);
		a.relays[1]?.lose();
		expect(a.relays).toHaveLength(3);
	});

	it("go with the address that they were reached from, and come back by another", async () => {
		const two = talk({ policy: "relay", relays: [SERVER] });
		await network.pass(1);
		a.relays[0]?.allocate(RELAYED);
		await network.pass(500);
		a.readdress(OTHER_A);
		await network.pass(1);
		expect(a.relays[0]?.state).toBe("destroyed");
		expect(told(two.a, "baseGone")).toMatchObject([{ why: { code: "relayLost", why: "addressGone" } }]);
		expect(a.relays).toHaveLength(2);
	});

	it("without a way to them are refused at once, as ranges without a port are", () => {
		expect(() => talk({ ports: { from: 5, to: 4 } })).toThrow(RangeError);
		expect(() => talk({ relays: [{ legs: [], credentials: undefined }] })).toThrow(RangeError);
	});

	it("are given back when it is closed, also those that have not answered", async () => {
		const two = talk({ relays: [SERVER, SERVER] });
		await network.pass(1);
		a.relays[0]?.allocate(RELAYED);
		let isClosed = false;
		const closing = two.close().then(() => {
			isClosed = true;
		});
		await network.pass(1);
		expect([isClosed, ...a.relays.map(({ state }) => state)]).toEqual([false, "closing", "closing"]);
		await network.pass(5);
		await closing;
		expect(told(two.a, "candidateError")).toEqual([]);
	});
});
