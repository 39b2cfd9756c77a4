import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE, type Backend, openBackend } from "../backend.ts";
import type { ChannelRequest } from "../channel/channel.ts";
import { isSystemError } from "../errors.ts";
import { type BackendCase, type BackendName, casesOf, nativeObstacle } from "../testing/backend-cases.ts";
import { testPems } from "../testing/turn-service.ts";
import { openDatagram } from "./open.ts";
import { openStream } from "./stream.ts";
import { listenForStreams } from "./stream-server.ts";
import type {
	DatagramTransport,
	ReceivedDatagram,
	StreamFailure,
	StreamListener,
	StreamTransport,
	TransportAddress,
} from "./transport.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

function backendNamed(name: BackendName): Backend {
	process.env[BACKEND_VARIABLE] = name;
	const backend = openBackend();
	delete process.env[BACKEND_VARIABLE];
	if (isSystemError(backend)) throw new Error(`no ${name} backend: ${backend.address}`);
	return backend;
}

/** What a socket told, and a way to wait for it. */
function ears() {
	const heard: (ReceivedDatagram | { failed: string; to: string | null } | { sent: number; at: number })[] = [];
	let wake = () => {};
	const add = (one: (typeof heard)[number]) => {
		heard.push(one);
		wake();
	};
	return {
		heard,
		listener: {
			received: (datagrams: readonly ReceivedDatagram[]) => {
				for (const one of datagrams) add({ ...one, bytes: one.bytes.slice() });
			},
			failed: (error: { errnoName: string }, to: { address: string } | null) =>
				add({ failed: error.errnoName, to: to?.address ?? null }),
			sent: (id: number, at: number) => add({ sent: id, at }),
		},
		until: async (enough: () => boolean) => {
			while (!enough()) await new Promise<void>((resolve) => (wake = resolve));
		},
	};
}

function borrowRequest(family: 4 | 6, to: TransportAddress, { clock }: Backend): ChannelRequest {
	const need = { kind: "borrowed", transport: "udp", protocol: 17, ports: "one" } as const;
	const place = { need, family, target: to.address, port: to.port, source: null, interface: null, sourcePort: null };
	const options = { tos: 0, flowLabel: 0, dontFragment: false, bypassRouting: false, gateways: [], looseMatch: false };
	return { ...place, ...options, capture: false, fwmark: null, portCount: 1, connections: 1, clock };
}

const TITLE = "datagrams by the $name backend, IPv$family";
describe.skipIf(nativeObstacle !== null).each(casesOf("native"))(skippable(TITLE, nativeObstacle), carriesDatagrams);
describe.each(casesOf("portable"))(TITLE, carriesDatagrams);

function carriesDatagrams({ name, family }: BackendCase): void {
	let backend: Backend;
	beforeAll(() => {
		backend = backendNamed(name);
	});
	const open: DatagramTransport[] = [];
	afterEach(() => {
		for (const one of open.splice(0)) one.close();
	});

	function socket(listener: ReturnType<typeof ears>["listener"], more: object = {}): DatagramTransport {
		const request = { family, address: LOOPBACK[family], port: 0, use: "client" as const, ...more };
		const opened = openDatagram(backend, request, listener);
		if (isSystemError(opened)) throw new Error(`${opened.call} ${opened.errnoName}`);
		open.push(opened);
		return opened;
	}

	it("go and come back, with the time and who sent them", async () => {
		const [one, other] = [ears(), ears()];
		const client = socket(one.listener);
		const server = socket(other.listener, { use: "server" });
		client.send([
			{ to: server.local, bytes: new Uint8Array([1, 2, 3]), id: 7 },
			{ to: server.local, bytes: new Uint8Array(0) },
		]);
		await other.until(() => other.heard.length === 2);
		const [first, second] = other.heard as ReceivedDatagram[];
		expect(first).toMatchObject({ from: client.local, to: null, bytes: new Uint8Array([1, 2, 3]) });
		expect(second?.bytes).toHaveLength(0);
		server.send([{ to: first?.from ?? client.local, bytes: new Uint8Array(1200).fill(9) }]);
		await one.until(() => one.heard.some((news) => "bytes" in news));
		const back = one.heard.find((news) => "bytes" in news) as ReceivedDatagram;
		expect(back).toMatchObject({ from: server.local, bytes: new Uint8Array(1200).fill(9) });
		expect(back.at).toBeLessThanOrEqual(backend.clock.now());
		expect(back.stamp === "user").toBe(name === "portable");
		const sent = one.heard.find((news) => "sent" in news) as { sent: number; at: number } | undefined;
		expect(sent?.sent).toBe(name === "portable" ? undefined : 7);
		expect(sent === undefined || sent.at <= back.at).toBe(true);
	});

	it("many at once arrive in order", async () => {
		const [one, other] = [ears(), ears()];
		const client = socket(one.listener, { use: "server" });
		const server = socket(other.listener, { use: "server", receiveBufferBytes: 1 << 20 });
		const bytes = Array.from({ length: 200 }, (_, index) => new Uint8Array([index]));
		client.send(bytes.map((each) => ({ to: server.local, bytes: each })));
		await other.until(() => other.heard.length === 200);
		expect((other.heard as ReceivedDatagram[]).map((each) => each.bytes[0])).toEqual(bytes.map((each) => each[0]));
	});

	it("are answered from the address that was asked, by a server on all of them", async () => {
		const [one, other] = [ears(), ears()];
		const client = socket(one.listener);
		const server = socket(other.listener, { address: null, use: "server" });
		const { port } = server.local;
		// Linux has all of 127.0.0.0/8, but as addresses only what is configured.
		const asked = name === "native" && family === 4 ? "127.0.0.2" : LOOPBACK[family];
		client.send([{ to: { address: asked, port }, bytes: new Uint8Array([5]) }]);
		await other.until(() => other.heard.length > 0);
		const [request] = other.heard as ReceivedDatagram[];
		expect(request?.to).toBe(asked);
		server.send([{ to: client.local, bytes: new Uint8Array([6]), from: request?.to ?? null }]);
		await one.until(() => one.heard.length > 0);
		expect(one.heard[0]).toMatchObject({ from: { address: asked, port }, bytes: new Uint8Array([6]) });
	});

	it("that cannot leave are told as failed, and the socket goes on", async () => {
		const [one, other] = [ears(), ears()];
		const client = socket(one.listener);
		const server = socket(other.listener, { use: "server" });
		client.send([
			{ to: server.local, bytes: new Uint8Array(70_000) },
			{ to: server.local, bytes: new Uint8Array([1]) },
		]);
		await Promise.all([one.until(() => one.heard.length > 0), other.until(() => other.heard.length > 0)]);
		expect(one.heard[0]).toEqual({ failed: "EMSGSIZE", to: LOOPBACK[family] });
		server.send([{ to: client.local, bytes: new Uint8Array(70_000) }]);
		await other.until(() => other.heard.length > 1);
		expect(other.heard[1]).toEqual({ failed: "EMSGSIZE", to: LOOPBACK[family] });
	});

	// Node tells an unconnected socket of no ICMP errors.
	if (name === "native")
		it("to a closed port come back as refused, whom it was for included", async () => {
			const one = ears();
			const client = socket(one.listener);
			const nobody = socket(ears().listener);
			nobody.close();
			client.send([{ to: nobody.local, bytes: new Uint8Array([1]) }]);
			await one.until(() => one.heard.length > 0);
			expect(one.heard[0]).toEqual({ failed: "ECONNREFUSED", to: LOOPBACK[family] });
		});

	// Nor are its sockets lent this way.
	if (name === "native")
		it("go on while a trace borrows the client's socket, whose answers are not told", async () => {
			const [one, other] = [ears(), ears()];
			const client = socket(one.listener);
			const server = socket(other.listener, { use: "server" });
			const channel = client.borrow?.(borrowRequest(family, server.local, backend));
			if (channel === undefined || isSystemError(channel)) throw new Error("not lent");
			const flow = { transport: "udp", protocol: 17, sourcePort: 0, destinationPort: server.local.port } as const;
			const probe = new Uint8Array(12).fill(7);
			channel.send([{ sequence: 3, ttl: 9, packet: { ...flow, bytes: probe } }]);
			client.send([{ to: server.local, bytes: new Uint8Array(12).fill(8), id: 3 }]);
			await other.until(() => other.heard.length === 2);
			server.send((other.heard as ReceivedDatagram[]).map(({ bytes }) => ({ to: client.local, bytes })));
			await one.until(() => one.heard.some((news) => "bytes" in news));
			const inputs = channel.read();
			expect(inputs).toMatchObject([
				{ type: "sent", sequence: 3, stamp: "user" },
				{ type: "sent", sequence: 3, stamp: "kernel" },
				{ type: "reply", reply: { payload: probe, stamp: "kernel" } },
			]);
			expect(one.heard).toMatchObject([{ sent: 3 }, { bytes: new Uint8Array(12).fill(8), stamp: "kernel" }]);
			channel.close();
		});

	it("cannot be had on an address of somebody else, or a port that is taken", () => {
		const { listener } = ears();
		const address = family === 4 ? "203.0.113.77" : "2001:db8::77";
		const foreign = openDatagram(backend, { family, address, port: 0, use: "client" }, listener);
		expect(foreign).toMatchObject({ code: "addressNotAvailable", errnoName: "EADDRNOTAVAIL", address });
		const { port } = socket(listener).local;
		const taken = openDatagram(backend, { family, address: LOOPBACK[family], port, use: "server" }, listener);
		expect(taken).toMatchObject({ code: "addressNotAvailable", errnoName: "EADDRINUSE" });
	});

	it("nothing is told after close, and closing twice is no harm", async () => {
		const [one, other] = [ears(), ears()];
		const client = socket(one.listener);
		const server = socket(other.listener);
		client.send([{ to: server.local, bytes: new Uint8Array([1]) }]);
		server.close();
		server.close();
		client.close();
		client.send([{ to: server.local, bytes: new Uint8Array([2]) }]);
		await new Promise((resolve) => setImmediate(resolve));
		expect([one.heard, other.heard]).toEqual([[], []]);
	});
}

describe.each([4, 6] as const)("streams, IPv%i", (family) => {
	const { clock } = backendNamed("portable");

	/** A listener that keeps what it hears. */
	function stream() {
		const told: { opened: boolean; bytes: number[]; closed: StreamFailure | null | undefined } = {
			opened: false,
			bytes: [],
			closed: undefined,
		};
		let wake = () => {};
		const listener: StreamListener = {
			opened: () => {
				told.opened = true;
				wake();
			},
			received: (bytes) => {
				told.bytes.push(...bytes);
				wake();
			},
			closed: (failure) => {
				told.closed = failure;
				wake();
			},
		};
		const until = async (enough: () => boolean) => {
			while (!enough()) await new Promise<void>((resolve) => (wake = resolve));
		};
		return { told, listener, until };
	}

	const place = { protocol: "tcp", family, address: LOOPBACK[family], port: 0, most: 2, idleMs: 60_000 } as const;

	it("carry bytes both ways and end in order", async () => {
		const served = stream();
		const server = await listenForStreams(
			place,
			(accepted) => ({
				...served.listener,
				received: (bytes, at) => {
					served.listener.received(bytes, at);
					accepted.send(bytes);
				},
			}),
			clock,
		);
		if (!("local" in server)) throw new Error("did not listen");
		const asked = stream();
		const request = { protocol: "tcp", to: server.local, source: null, serverName: "" } as const;
		const client = openStream(request, asked.listener, clock);
		client.send(new Uint8Array([1, 2, 3]));
		await asked.until(() => asked.told.bytes.length === 3);
		expect(asked.told).toEqual({ opened: true, bytes: [1, 2, 3], closed: undefined });
		client.end();
		await Promise.all([
			asked.until(() => asked.told.closed !== undefined),
			served.until(() => served.told.closed !== undefined),
		]);
		expect([asked.told.closed, served.told.closed]).toEqual([null, null]);
		server.close();
	});

	it("that are refused say so, and that never stood", async () => {
		const server = await listenForStreams(place, () => stream().listener, clock);
		if (!("local" in server)) throw new Error("did not listen");
		const taken = await listenForStreams({ ...place, port: server.local.port }, () => stream().listener, clock);
		expect(taken).toMatchObject({ errnoName: "EADDRINUSE" });
		server.close();
		const asked = stream();
		openStream({ protocol: "tcp", to: server.local, source: null, serverName: "" }, asked.listener, clock);
		await asked.until(() => asked.told.closed !== undefined);
		expect(asked.told.opened).toBe(false);
		expect(asked.told.closed).toMatchObject({ errnoName: "ECONNREFUSED", address: LOOPBACK[family] });
	});

	it("over TLS tell that the connection below stands, whatever becomes of the handshake", async () => {
		const server = await listenForStreams(place, () => stream().listener, clock);
		if (!("local" in server)) throw new Error("did not listen");
		const asked = stream();
		const request = { protocol: "tls", to: server.local, source: null, serverName: "localhost" } as const;
		const client = await new Promise<StreamTransport>((resolve) => {
			const connected = () => resolve(opening);
			const opening = openStream(request, { ...asked.listener, connected }, clock);
		});
		expect(asked.told).toEqual({ opened: false, bytes: [], closed: undefined });
		client.destroy();
		server.close();
	});

	const elsewhere = family === 6 ? "IPv6 has one loopback address" : null;
	it.skipIf(elsewhere !== null)(
		skippable("over TLS go to the address, whatever the certificate is for", elsewhere),
		async () => {
			const { certificate, key } = testPems();
			const server = await listenForStreams(
				{ ...place, address: "127.0.0.2", protocol: "tls", certificate, key },
				() => stream().listener,
				clock,
			);
			if (!("local" in server)) throw new Error("did not listen");
			for (const [serverName, end] of [
				["127.0.0.1", null],
				["127.0.0.2", { code: "tls", reason: "ERR_TLS_CERT_ALTNAME_INVALID" }],
			] as const) {
				const asked = stream();
				const request = {
					protocol: "tls",
					to: server.local,
					source: null,
					serverName,
					authorities: certificate,
				} as const;
				const client = openStream(request, asked.listener, clock);
				await asked.until(() => asked.told.opened || asked.told.closed !== undefined);
				if (end === null) expect(asked.told).toMatchObject({ opened: true });
				else expect(asked.told.closed).toMatchObject(end);
				client.destroy();
			}
			server.close();
		},
	);

	it("a key that is none is no reason to fall", async () => {
		const wrong = { ...place, protocol: "tls", certificate: "x", key: "y" } as const;
		expect(await listenForStreams(wrong, () => stream().listener, clock)).toMatchObject({ code: "tls" });
	});
});
