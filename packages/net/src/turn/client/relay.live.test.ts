import { createSocket } from "node:dgram";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { restCredentials, restSecret } from "@whither/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE } from "../../backend.ts";
import { isSystemError } from "../../errors.ts";
import { COTURN_USER, type Coturn, coturnObstacle, openCoturn } from "../../testing/coturn.ts";
import { RelayTalk } from "../../testing/relay-talk.ts";
import { expectEcho } from "../relay-echo.fixture.ts";
import type { RelayConnection, RelayOrder } from "./relay-io.ts";

const obstacle = coturnObstacle();
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const FAMILIES = [4, 6] as const;
const TRANSPORTS = ["udp", "tcp", "tls"] as const;
const LEGS = TRANSPORTS.flatMap((transport) =>
	FAMILIES.flatMap((family) =>
		(["native", "portable"] as const).map((backend) => [transport, family, backend] as const),
	),
);
const DATA = Uint8Array.of(1, 2, 3, 4, 5);

let coturn: Coturn;
const open = new Set<{ close(): Promise<void> }>();

function orderFor(
	transport: RelayOrder["transport"],
	family: 4 | 6,
	more: Partial<RelayOrder> = {},
	server = coturn,
): RelayOrder {
	const port = transport === "tls" ? server.tlsPort : server.port;
	return {
		server: { address: LOOPBACK[family], port },
		transport,
		serverName: "localhost",
		authorities: server.certificate,
		credentials: COTURN_USER,
		...more,
	};
}

function talk(order: RelayOrder): RelayTalk {
	const one = new RelayTalk(order);
	open.add(one);
	return one;
}

async function server(options: readonly string[], access?: readonly string[]): Promise<Coturn> {
	const one = await openCoturn(options, access);
	open.add(one);
	return one;
}

/** Sends back what it is sent. */
async function openEcho(family: 4 | 6): Promise<{ address: string; port: number }> {
	const socket = createSocket(`udp${family}`);
	socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
	await new Promise<void>((resolve) => socket.bind(0, LOOPBACK[family], resolve));
	open.add({ close: async () => void socket.close() });
	return { address: LOOPBACK[family], port: socket.address().port };
}

afterEach(async () => {
	delete process.env[BACKEND_VARIABLE];
	const closing = [...open].reverse();
	open.clear();
	for (const one of closing) await one.close();
});

describe.skipIf(obstacle !== null)(skippable("a relay of coturn's", obstacle), () => {
	beforeAll(async () => {
		coturn = await openCoturn(["--mobility"]);
	});
	afterAll(() => coturn.close());

	it.each(LEGS)("relays over %s and IPv%i by the %s backend, to peers of both families", async (...leg) => {
		const [transport, family, backend] = leg;
		process.env[BACKEND_VARIABLE] = backend;
		for (const peers of FAMILIES) {
			const peer = await openEcho(peers);
			const one = talk(orderFor(transport, family, { allocation: { family: peers } }));
			const { relayed, mapped } = await one.told("allocated");
			expect(relayed).toMatchObject([{ address: LOOPBACK[peers] }]);
			expect(mapped).toEqual(one.relay.local);
			const kernel = transport === "udp" && backend === "native";
			expect(await expectEcho(one, peer)).toMatchObject({ stamp: kernel ? "kernel" : "user" });
			one.relay.close();
			expect(await one.told("closed")).toMatchObject({ confirmed: true });
		}
	});

	it.each(TRANSPORTS)("carries data between two relays over %s", async (transport) => {
		const [one, other] = [talk(orderFor(transport, 4)), talk(orderFor(transport, 6))];
		const [first] = (await one.told("allocated")).relayed;
		const [second] = (await other.told("allocated")).relayed;
		if (first === undefined || second === undefined) throw new Error("no address");
		other.relay.permit([first.address]);
		await other.told("permitted");
		one.relay.send(second, DATA);
		expect(await other.heard()).toMatchObject({ from: first, bytes: DATA });
		other.relay.send(first, DATA);
		expect(await one.heard()).toMatchObject({ from: second, bytes: DATA });
	});

	it("says whom the server does not let: a wrong password, a peer that it denies", async () => {
		const wrong = talk(orderFor("udp", 4, { credentials: { ...COTURN_USER, password: "simsim" } }));
		await expect(wrong.told("failed")).resolves.toMatchObject({
			why: "unauthorized",
			error: { code: 401 },
			cause: null,
		});
		const denied = await server(["--denied-peer-ip=127.0.0.0-127.255.255.255"]);
		const one = talk(orderFor("tcp", 4, {}, denied));
		await one.told("allocated");
		one.relay.send({ address: "127.0.0.1", port: 9 }, DATA);
		expect(await one.told("refused")).toMatchObject({ address: "127.0.0.1", why: "forbidden" });
	});

	it.each(TRANSPORTS)("tells over %s why nothing can be reached", async (transport) => {
		const order = orderFor(transport, 4);
		const nobody = talk({ ...order, server: { address: "127.0.0.1", port: 9 } });
		expect(await nobody.told("failed")).toMatchObject({ why: "unreachable", cause: { errnoName: "ECONNREFUSED" } });
		const elsewhere = talk({ ...order, source: "203.0.113.9" });
		expect(await elsewhere.told("failed")).toMatchObject({ why: "unreachable", cause: { errnoName: "EADDRNOTAVAIL" } });
	});

	it("does not trust a certificate that nobody vouches for, nor one of another name", async () => {
		const { authorities: _, ...untrusting } = orderFor("tls", 4);
		expect(await talk(untrusting).told("failed")).toMatchObject({
			why: "unreachable",
			cause: { code: "tls", reason: "DEPTH_ZERO_SELF_SIGNED_CERT" },
		});
		const other = talk(orderFor("tls", 4, { serverName: "relay.example.net" }));
		expect(await other.told("failed")).toMatchObject({ cause: { reason: "ERR_TLS_CERT_ALTNAME_INVALID" } });
	});

	it("is refused where our port was chosen for us and the server knows it already", async () => {
		const one = talk(orderFor("udp", 4));
		await one.told("allocated");
		const sourcePort = one.relay.local?.port ?? 0;
		one.abandon();
		const again = talk(orderFor("udp", 4, { sourcePort }));
		expect(await again.told("failed")).toMatchObject({ why: "allocationMismatch" });
	});

	// Over TCP coturn closes both connections when it is asked to move from one to the other.
	it("moves an allocation to another address of ours (RFC 8016)", async () => {
		const peer = await openEcho(4);
		const one = talk(orderFor("udp", 4, { allocation: { mobility: true } }));
		expect(await one.told("allocated")).toMatchObject({ mobile: true });
		one.relay.send(peer, DATA);
		await one.heard();
		const before = one.relay.local;
		one.relay.move("127.0.0.5");
		await one.told("moved");
		expect(one.relay.local?.address).toBe("127.0.0.5");
		expect(one.relay.local).not.toEqual(before);
		one.relay.send(peer, DATA);
		expect(await one.heard(1)).toMatchObject({ from: peer, bytes: DATA });
		one.relay.close();
		expect(await one.told("closed")).toMatchObject({ confirmed: true });
	});

	it.each(TRANSPORTS)(
		"goes over %s where the server sends it (300), if whoever asks does not mind",
		async (transport) => {
			const places = [
				`--alternate-server=127.0.0.1:${coturn.port}`,
				`--tls-alternate-server=127.0.0.1:${coturn.tlsPort}`,
			];
			const first = await server(places);
			// Each has a certificate of its own.
			const authorities = `${first.certificate}\n${coturn.certificate}`;
			const one = talk({ ...orderFor(transport, 4, { followUnprotected: true, authorities }, first) });
			const { server: there } = await one.told("allocated");
			const port = transport === "tls" ? coturn.tlsPort : coturn.port;
			expect(there).toEqual({ address: "127.0.0.1", port });
			expect(one.relay.server).toMatchObject(there);
			expect(await one.told("redirected")).toEqual({ kind: "redirected", to: there });
			if (transport === "tls") return;
			const minding = talk(orderFor(transport, 4, {}, first));
			expect(await minding.told("failed")).toMatchObject({ why: "redirected", alternate: there });
		},
	);

	it("knows users by REST credentials, and is told of those that are over", async () => {
		const rest = await server([], ["--use-auth-secret", "--static-auth-secret=north", "--realm=example.org"]);
		const until = (seconds: number) => ({
			kind: "longTerm" as const,
			...restCredentials(restSecret("north"), Date.now() / 1000 + seconds, "alice"),
		});
		const one = talk(orderFor("udp", 4, { credentials: until(60) }, rest));
		await one.told("allocated");
		const late = talk(orderFor("udp", 4, { credentials: until(-60) }, rest));
		expect(await late.told("failed")).toMatchObject({ why: "unauthorized" });
	});

	it("is told of a quota, and goes on through stale nonces", async () => {
		const full = await server(["--user-quota=1", "--stale-nonce=1", "--permission-lifetime=2"]);
		const one = talk(orderFor("udp", 4, {}, full));
		await one.told("allocated");
		const other = talk(orderFor("udp", 4, {}, full));
		expect(await other.told("failed")).toMatchObject({ why: "quotaReached", error: { code: 486 } });
		const asked = one.relay.counters.sent;
		// A nonce lasts a second, and the first that is told so later than that is asked again.
		for (let number = 1; one.relay.counters.sent < asked + 4; number++) {
			one.relay.permit([`127.0.0.${number}`]);
			await one.told("permitted", number - 1);
			if (Date.now() % 1000 > 990) await new Promise((resolve) => setTimeout(resolve, 20));
			if (number > 250) break;
		}
		expect(one.events.filter(({ kind }) => kind === "refused" || kind === "lost")).toEqual([]);
	});

	it.each(["tcp", "tls"] as const)("carries connections over %s (RFC 6062)", async (transport) => {
		const sockets: Socket[] = [];
		const peers = createTcpServer((socket) => {
			sockets.push(socket.on("error", () => {}));
			socket.on("data", (bytes) => socket.write(bytes));
		});
		await new Promise<void>((resolve) => peers.listen(0, "127.0.0.1", resolve));
		open.add({ close: async () => void peers.close() });
		const place = peers.address();
		const peer = { address: "127.0.0.1", port: place !== null && typeof place === "object" ? place.port : 0 };
		const one = talk(orderFor(transport, 4, { allocation: { transport: "tcp" } }));
		await one.told("allocated");
		one.relay.connect(peer);
		const { connectionId } = await one.told("connected");
		const said: number[] = [];
		const done = new Promise<void>((resolve, reject) => {
			const connection: RelayConnection | { readonly code: string } = one.relay.takeConnection(connectionId, {
				bound: () => {
					if ("send" in connection) connection.send(new Uint8Array(100_000).fill(7));
				},
				received: (bytes) => {
					said.push(...bytes);
					if (said.length === 100_000 && "end" in connection) connection.end();
				},
				// coturn ends a connection that is half closed by a reset.
				closed: (end) => (said.length === 100_000 ? resolve() : reject(new Error(JSON.stringify(end)))),
			});
			if (isSystemError(connection)) reject(new Error(connection.errnoName));
		});
		await done;
		expect(said.every((byte) => byte === 7)).toBe(true);
		one.relay.connect({ address: "127.0.0.1", port: 9 });
		expect(await one.told("connectFailed")).toMatchObject({ why: "connectionFailed" });
	});
});

it("over TLS tells that the connection stands, whatever becomes of the handshake", async () => {
	const silent = createTcpServer((socket) => void socket.on("error", () => {}));
	await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
	open.add({ close: async () => void silent.close() });
	const { port } = silent.address() as AddressInfo;
	const one = new RelayTalk({ server: { address: "127.0.0.1", port }, transport: "tls" });
	await one.told("handshaking");
	expect(one.events).toEqual([{ kind: "handshaking" }]);
	one.abandon();
});
