import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { encodeStun } from "@whither/wire";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { nativeObstacle } from "../testing/backend-cases.ts";
import { RelayTalk } from "../testing/relay-talk.ts";
import {
	openTestService,
	type TestService,
	type TestServiceOrder,
	TURN_USER,
	tlsObstacle,
	WORKER,
} from "../testing/turn-service.ts";
import type { RelayConnection, RelayEvent, RelayOrder } from "./client/relay-io.ts";
import { expectEcho } from "./relay-echo.fixture.ts";
import { openTurnService } from "./service.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const FAMILIES = [4, 6] as const;
const TRANSPORTS = tlsObstacle === null ? (["udp", "tcp", "tls"] as const) : (["udp", "tcp"] as const);
const LEGS = TRANSPORTS.flatMap((transport) => FAMILIES.map((family) => [transport, family] as const));
const DATA = Uint8Array.of(1, 2, 3, 4, 5);

/** Who serves UDP clients: threads of their own, the thread of all others, or that on Node's sockets. */
const DRIVERS = [
	{ driver: "workers", backend: "native", workers: 2 },
	{ driver: "this thread", backend: "native", workers: 0 },
	{ driver: "this thread", backend: "portable", workers: 0 },
] as const;
type Driver = (typeof DRIVERS)[number];

const open = new Set<{ close(): unknown }>();

afterEach(async () => {
	delete process.env[BACKEND_VARIABLE];
	const closing = [...open].reverse();
	open.clear();
	for (const one of closing) await one.close();
});

async function serve({ backend, workers }: Driver, order: TestServiceOrder = {}): Promise<TestService> {
	process.env[BACKEND_VARIABLE] = backend;
	const server = await openTestService({ workers, ...order });
	delete process.env[BACKEND_VARIABLE];
	open.add(server.service);
	return server;
}

function talk(order: RelayOrder): RelayTalk {
	const one = new RelayTalk(order);
	open.add(one);
	return one;
}

async function openUdp(family: 4 | 6, address: string = LOOPBACK[family]) {
	const socket: UdpSocket = createSocket(`udp${family}`);
	await new Promise<void>((resolve) => socket.bind(0, address, resolve));
	open.add({ close: () => socket.close() });
	return { socket, place: { address, port: socket.address().port } };
}

/** Sends back what it is sent. */
async function openEcho(family: 4 | 6) {
	const { socket, place } = await openUdp(family);
	socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
	return place;
}

async function openTcpPeers(on: (socket: Socket) => void) {
	const server = createServer({ allowHalfOpen: true }, (socket) => on(socket.on("error", () => {})));
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	open.add({ close: () => server.close() });
	return { address: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** A connection to the service that speaks otherwise than our client. */
async function openRaw(port: number): Promise<Socket> {
	const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
	await once(socket, "connect");
	open.add({ close: () => socket.destroy() });
	return socket;
}

const TITLE = "a TURN service whose UDP clients are served by $driver, $backend";
describe.skipIf(nativeObstacle !== null).each(DRIVERS.slice(0, 2))(skippable(TITLE, nativeObstacle), serves);
describe.each(DRIVERS.slice(2))(TITLE, serves);

function serves(driver: Driver): void {
	const isNative = driver.backend === "native";

	it.each(LEGS)("relays over %s and IPv%i, to peers of both families", async (transport, family) => {
		const server = await serve(driver);
		for (const peers of FAMILIES) {
			const peer = await openEcho(peers);
			const one = talk(server.order(transport, family, { allocation: { family: peers } }));
			const { relayed, mapped } = await one.told("allocated");
			expect(relayed).toMatchObject([{ address: LOOPBACK[peers] }]);
			expect(mapped).toEqual(one.relay.local);
			await expectEcho(one, peer);
			one.relay.close();
			expect(await one.told("closed")).toMatchObject({ confirmed: true });
		}
		const { server: counted } = await server.service.counters();
		expect(counted).toMatchObject({ allocations: 0, allocationsOpened: 2, allocationsClosed: 2 });
		expect(counted.usage).toMatchObject({ sentPackets: 202, receivedPackets: 202, droppedPackets: 0 });
	});

	it("relays between clients of different transports, whatever threads serve them, though loopback may be no peer", async () => {
		const server = await serve(driver, { config: { peers: {} } });
		const talks = TRANSPORTS.map((transport, at) => talk(server.order(transport, FAMILIES[at % 2] ?? 4)));
		const places = [];
		for (const one of talks) places.push((await one.told("allocated")).relayed[0] ?? { address: "", port: 0 });
		for (const one of talks) {
			one.relay.permit(["127.0.0.1"]);
			await one.told("permitted");
		}
		for (const [index, one] of talks.entries()) {
			const next = (index + 1) % talks.length;
			one.relay.send(places[next] ?? { address: "", port: 0 }, Uint8Array.of(index));
			expect(await talks[next]?.heard()).toMatchObject({ from: places[index], bytes: Uint8Array.of(index) });
		}
	});

	it("denies peers that are not allowed, and what is not a relay of ours on our own address", async () => {
		const relayPorts = { first: 50_300, last: 50_399 };
		const server = await serve(driver, { config: { peers: {}, relayPorts } });
		const one = talk(server.order("udp", 4));
		await one.told("allocated");
		one.relay.permit(["10.0.0.1"]);
		expect(await one.told("refused")).toMatchObject({ address: "10.0.0.1", why: "forbidden" });
		const { socket, place } = await openUdp(4);
		let heard = 0;
		socket.on("message", () => heard++);
		one.relay.send(place, DATA);
		one.relay.permit(["10.0.0.2"]);
		await one.told("refused", 1);
		expect(heard).toBe(0);
	});

	it("answers Binding requests on the same ports", async () => {
		const server = await serve(driver);
		const { socket } = await openUdp(4);
		const attributes = [] as const;
		const request = encodeStun({ class: "request", method: "binding", transactionId: new Uint8Array(12), attributes });
		socket.send(request, server.port("udp", 4), "127.0.0.1");
		const [answer] = (await once(socket, "message")) as [Uint8Array];
		expect(answer[0]).toBe(1);
		const stream = await openRaw(server.port("tcp", 4));
		stream.write(request);
		const [streamed] = (await once(stream, "data")) as [Uint8Array];
		expect(streamed[0]).toBe(1);
		expect((await server.service.counters()).binding).toMatchObject({ answered: 2 });
	});

	it("on all addresses, relays to a client from the address that it knows", async () => {
		const place = { transport: "udp", family: 4, address: null, port: 0 } as const;
		const server = await serve(driver, { places: [place] });
		const address = isNative ? "127.0.0.3" : "127.0.0.1";
		const peer = await openEcho(4);
		const port = server.service.listening[0]?.local.port ?? 0;
		const one = talk({ server: { address, port }, transport: "udp", credentials: TURN_USER });
		await one.told("allocated");
		one.relay.send(peer, DATA);
		expect(await one.heard()).toMatchObject({ from: peer, bytes: DATA });
	});

	it("keeps the ports that EVEN-PORT reserves for the same client's next allocation", async () => {
		const server = await serve(driver);
		const { relayed, reservationToken } = await talk(server.order("udp", 4, { allocation: { evenPort: "pair" } })).told(
			"allocated",
		);
		const port = relayed[0]?.port ?? 1;
		expect(port % 2).toBe(0);
		if (reservationToken === null) throw new Error("no port was reserved");
		const next = await talk(server.order("udp", 4, { allocation: { reservationToken } })).told("allocated");
		expect(next.relayed).toMatchObject([{ port: port + 1 }]);
	});

	const icmp = "tells clients of ICMP errors about what they sent, and goes on";
	const icmpObstacle = isNative ? null : "Node's sockets hear of none";
	it.skipIf(icmpObstacle !== null)(skippable(icmp, icmpObstacle), async () => {
		const server = await serve(driver);
		const { socket, place } = await openUdp(4);
		socket.close();
		open.delete([...open].at(-1) ?? { close: () => {} });
		const peer = await openEcho(4);
		for (const transport of TRANSPORTS) {
			const one = talk(server.order(transport, 4));
			await one.told("allocated");
			one.relay.send(place, DATA);
			expect(await one.told("icmp")).toMatchObject({ peer: { address: place.address }, icmp: { type: 3, code: 3 } });
			one.relay.send(peer, DATA);
			expect(await one.heard()).toMatchObject({ from: peer, bytes: DATA });
		}
	});

	it("takes other users without a restart, and allocations go on", async () => {
		const server = await serve(driver);
		const peer = await openEcho(4);
		const one = talk(server.order("udp", 4));
		await one.told("allocated");
		one.relay.send(peer, DATA);
		await one.heard(0);
		server.service.users({ passwords: [{ username: "bob", password: "word" }] });
		await server.service.counters();
		const bob = { kind: "longTerm", username: "bob", password: "word" } as const;
		await talk(server.order("udp", 4, { credentials: bob })).told("allocated");
		await talk(server.order("tcp", 4, { credentials: bob })).told("allocated");
		expect(await talk(server.order("udp", 4)).told("failed")).toMatchObject({ why: "unauthorized" });
		expect(await talk(server.order("tcp", 4)).told("failed")).toMatchObject({ why: "unauthorized" });
		one.relay.send(peer, DATA);
		expect(await one.heard(1)).toMatchObject({ from: peer, bytes: DATA });
		one.abandon();
	});

	it("drains: sends new clients elsewhere, loses nothing of old ones, and is done when they are", async () => {
		const server = await serve(driver);
		const peer = await openEcho(4);
		const talks = TRANSPORTS.map((transport) => talk(server.order(transport, 4)));
		for (const one of talks) {
			await one.told("allocated");
			one.relay.bind(peer);
			await one.told("bound");
		}
		const alternate = [{ address: "127.0.0.9", port: 9 }];
		const drained = server.service.drain({ seconds: 3600, alternate });
		for (const transport of TRANSPORTS)
			expect(await talk(server.order(transport, 4, { redirects: 0 })).told("failed")).toMatchObject({
				why: "redirected",
				alternate: alternate[0],
			});
		for (const one of talks) {
			for (let number = 0; number < 50; number++) one.relay.send(peer, Uint8Array.of(number));
			await one.heard(49);
			expect(one.data.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 50 }, (_, index) => index));
		}
		for (const one of talks) await one.close();
		await drained;
		expect((await server.service.counters()).server.allocations).toBe(0);
	});

	it("drains: what is left at the deadline ends", async () => {
		const server = await serve(driver);
		const talks = TRANSPORTS.map((transport) => talk(server.order(transport, 4)));
		for (const one of talks) await one.told("allocated");
		await server.service.drain({ seconds: 0.05 });
		expect((await server.service.counters()).server).toMatchObject({
			allocations: 0,
			allocationsClosed: TRANSPORTS.length,
		});
		for (const one of talks) one.abandon();
	});

	it("says 508 when its ports are used up, 486 to a user who has enough, and both over all threads", async () => {
		const ports = isNative ? { first: 50_200, last: 50_207 } : { first: 50_210, last: 50_213 };
		const server = await serve(driver, { config: { relayPorts: ports } });
		const told: RelayEvent[] = [];
		for (let number = 0; number < 9; number++) {
			const one = talk(server.order("udp", 4));
			told.push(await Promise.any([one.told("allocated"), one.told("failed")]));
		}
		expect(told.map(({ kind }) => kind)).toContain("allocated");
		expect(told.at(-1)).toMatchObject({ kind: "failed", why: "insufficientCapacity", error: { code: 508 } });
		const few = await serve(driver, { config: { quotas: { perUser: 2 } } });
		await talk(few.order("udp", 4)).told("allocated");
		await talk(few.order("tcp", 4)).told("allocated");
		expect(await talk(few.order("udp", 6)).told("failed")).toMatchObject({ why: "quotaReached", error: { code: 486 } });
	});

	it("takes another port where one is taken", async () => {
		const { place } = await openUdp(4);
		const first = place.port & ~1;
		const server = await serve(driver, { config: { relayPorts: { first, last: first + 1 } } });
		const one = talk(server.order("udp", 4));
		const { relayed } = await one.told("allocated");
		expect(relayed[0]?.port).toBe(place.port ^ 1);
	});
}

describe.skipIf(nativeObstacle !== null).each(DRIVERS.slice(0, 1))(
	skippable("streams of $driver", nativeObstacle),
	streams,
);
describe.each(DRIVERS.slice(2))("streams, $backend", streams);

function streams(driver: Driver): void {
	const isNative = driver.backend === "native";

	it.each(TRANSPORTS.slice(1))("carry connections to peers over %s, half closed too (RFC 6062)", async (transport) => {
		const server = await serve(driver);
		const from: number[] = [];
		const peer = await openTcpPeers((socket) => {
			from.push(socket.remotePort ?? 0);
			const said: Buffer[] = [];
			socket.on("data", (bytes) => said.push(bytes));
			// It answers when all is said.
			socket.on("end", () => socket.end(Buffer.concat(said)));
		});
		const one = talk(server.order(transport, 4, { allocation: { transport: "tcp" } }));
		const { relayed } = await one.told("allocated");
		one.relay.connect(peer);
		const { connectionId } = await one.told("connected");
		if (isNative) expect(from).toEqual([relayed[0]?.port]);
		const all = await carried(one, connectionId, new Uint8Array(3_000_000).fill(7));
		expect(all.length).toBe(3_000_000);
		expect(all.every((byte) => byte === 7)).toBe(true);
		one.relay.connect({ address: "127.0.0.1", port: 9 });
		expect(await one.told("connectFailed")).toMatchObject({ why: "connectionFailed" });
	});

	it("carry connections from peers that have a permission, and from no others", async () => {
		const server = await serve(driver);
		const one = talk(server.order("tcp", 4, { allocation: { transport: "tcp" } }));
		const { relayed } = await one.told("allocated");
		const { address = "", port = 0 } = relayed[0] ?? {};
		const refused = connect({ host: address, port }).on("error", () => {});
		await once(refused, "close");
		one.relay.permit(["127.0.0.1"]);
		await one.told("permitted");
		const peer = connect({ host: address, port, allowHalfOpen: true }).on("error", () => {});
		peer.write("early");
		const { connectionId, peer: told } = await one.told("connectionAttempt");
		expect(told).toEqual({ address: "127.0.0.1", port: peer.localPort });
		const heard: Buffer[] = [];
		peer.on("data", (bytes) => heard.push(bytes));
		peer.on("end", () => peer.end());
		const all = await carried(one, connectionId, new TextEncoder().encode("answer"));
		expect(new TextDecoder().decode(all)).toBe("early");
		expect(Buffer.concat(heard).toString()).toBe("answer");
		expect((await server.service.counters()).thread.peerStreams).toBe(0);
	});

	it("hold up whoever sends faster than the other side reads", async () => {
		const server = await serve(driver);
		let waiting: Socket | null = null;
		const peer = await openTcpPeers((socket) => {
			waiting = socket.pause();
		});
		const one = talk(server.order("tcp", 4, { allocation: { transport: "tcp" } }));
		await one.told("allocated");
		one.relay.connect(peer);
		const { connectionId } = await one.told("connected");
		const size = 40_000_000;
		const taken = takeConnection(one, connectionId);
		const connection = await taken.bound;
		connection.send(new Uint8Array(size));
		connection.end();
		// What the kernels keep is a few megabytes; all else waits at the client.
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(connection.waitingBytes).toBeGreaterThan(size / 2);
		let heard = 0;
		const socket = waiting as unknown as Socket;
		socket.on("data", (bytes) => {
			heard += bytes.length;
		});
		socket.on("end", () => socket.end());
		socket.resume();
		await taken.closed;
		expect(heard).toBe(size);
	});

	it("that nobody reads do not make memory grow: data is dropped, and counted", async () => {
		const server = await serve(driver);
		const { socket, place } = await openUdp(4);
		const one = talk(server.order("tcp", 4));
		const { relayed } = await one.told("allocated");
		one.relay.permit(["127.0.0.1"]);
		await one.told("permitted");
		const { address = "", port = 0 } = relayed[0] ?? {};
		expect(place.address).toBe("127.0.0.1");
		stopReading(one);
		const chunk = new Uint8Array(8_000);
		for (let round = 0; (await server.service.counters()).thread.droppedPackets === 0 && round < 5_000; round++) {
			socket.send(chunk, port, address);
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect((await server.service.counters()).thread.droppedPackets).toBeGreaterThan(0);
		one.abandon();
	});

	it("that say nothing end, but for those with an allocation", async () => {
		const server = await serve(driver, { streams: { idleMs: 60 } });
		const one = talk(server.order("tcp", 4));
		await one.told("allocated");
		const idle = await openRaw(server.port("tcp", 4));
		idle.resume();
		await once(idle, "end");
		const another = await openRaw(server.port("tcp", 4));
		another.resume();
		await once(another, "end");
		const peer = await openEcho(4);
		one.relay.send(peer, DATA);
		expect(await one.heard()).toMatchObject({ bytes: DATA });
	});

	it("that speak otherwise are ended, and nothing of them stays", async () => {
		const server = await serve(driver);
		const port = server.port("tcp", 4);
		const texts = ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "\xff\xff\xff\xff", "\x80\x00\x00\x04abcd"];
		for (const text of texts) {
			const socket = await openRaw(port);
			socket.write(Buffer.from(text, "latin1"));
			socket.resume();
			await once(socket, "close");
		}
		expect((await server.service.counters()).thread.streams).toBe(0);
	});

	it("end with the service, in order", async () => {
		const server = await serve(driver);
		const one = talk(server.order("tcp", 4));
		await one.told("allocated");
		await server.service.close();
		await one.told("lost").catch(() => {});
		expect(one.events.at(-1)?.kind).not.toBe("allocated");
	});
}

/** Sends these bytes on a connection to a peer and ends; what came back by the time that the peer has ended too. */
async function carried(one: RelayTalk, connectionId: number, bytes: Uint8Array): Promise<Uint8Array> {
	const taken = takeConnection(one, connectionId);
	const connection = await taken.bound;
	connection.send(bytes);
	connection.end();
	await taken.closed;
	return Buffer.concat(taken.heard);
}

function takeConnection(one: RelayTalk, connectionId: number) {
	const heard: Uint8Array[] = [];
	let bound = (): void => {};
	let closed = (): void => {};
	const whenBound = new Promise<void>((resolve) => {
		bound = resolve;
	});
	const whenClosed = new Promise<void>((resolve) => {
		closed = resolve;
	});
	const connection = one.relay.takeConnection(connectionId, {
		bound,
		received: (bytes) => heard.push(bytes),
		closed: () => closed(),
	});
	if (isSystemError(connection)) throw new Error(connection.errnoName);
	return { heard, bound: whenBound.then((): RelayConnection => connection), closed: whenClosed };
}

/** Holds up a client's connection; its owner has no word for that. */
function stopReading(one: RelayTalk): void {
	const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
	for (const handle of handles) {
		const { localPort, pause } = handle as Partial<Socket>;
		if (localPort !== undefined && localPort === one.relay.local?.port) pause?.call(handle);
	}
}

it("what cannot be opened is told, and nothing stays open", async () => {
	const { place } = await openUdp(4);
	const order = {
		config: { realm: "r", users: {} },
		places: [{ transport: "udp", family: 4, ...place }] as const,
		relays: [{ address: "127.0.0.1" }],
		binding: {},
		workers: 0,
	};
	expect(await openTurnService(order)).toMatchObject({ error: { errnoName: "EADDRINUSE" } });
	expect(await openTurnService({ ...order, workers: 2, workerUrl: WORKER })).toMatchObject({
		error: { errnoName: "EADDRINUSE" },
	});
	const elsewhere = { ...order, relays: [{ address: "203.0.113.9" }] };
	expect(await openTurnService(elsewhere)).toMatchObject({ place: { address: "203.0.113.9" } });
});
