import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { encodeStun, type StunAddress } from "@whither/wire";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { type BackendCase, casesOf, nativeObstacle } from "../testing/backend-cases.ts";
import { bundleChild, type LiveChild } from "../testing/live-run.ts";
import { buildChain, type Chain, isThere, liveObstacle } from "../testing/namespaces.ts";
import { type IceTcpBase, type IceTcpPlace, openIceTcpBase } from "./tcp-base.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
/** Whoever connects shows that it speaks ICE. */
const CHECK = encodeStun({ class: "request", method: "binding", transactionId: new Uint8Array(12), attributes: [] });
const open: { close(): void }[] = [];

afterEach(() => {
	for (const one of open.splice(0)) one.close();
});

interface News {
	readonly from: StunAddress;
	readonly bytes?: Uint8Array;
	readonly error?: string;
}

/** A base whose news a test can await. */
async function baseOf({ name, family }: BackendCase, more: Partial<IceTcpPlace> & Pick<IceTcpPlace, "tcpType">) {
	process.env[BACKEND_VARIABLE] = name;
	const backend = openBackend();
	delete process.env[BACKEND_VARIABLE];
	if (isSystemError(backend)) throw new Error(backend.call);
	const news: News[] = [];
	let wake = () => {};
	const add = (one: News) => {
		news.push(one);
		wake();
	};
	const place = { family, address: LOOPBACK[family], ...more };
	const base = await openIceTcpBase(backend, place, {
		received: (from, bytes) => add({ from, bytes }),
		refused: (from, { errnoName }) => add({ from, error: errnoName }),
	});
	if (isSystemError(base)) throw new Error(base.errnoName);
	open.push(base);
	const next = async (): Promise<News> => {
		while (news.length === 0) await new Promise<void>((resolve) => (wake = resolve));
		return news.shift() as News;
	};
	return { base, next };
}

const placeOf = ({ local: { address, port } }: IceTcpBase): StunAddress => ({ address, port });

const TITLE = "TCP candidates by the $name backend, IPv$family";
describe.skipIf(nativeObstacle !== null).each(casesOf("native"))(skippable(TITLE, nativeObstacle), carriesPackets);
describe.each(casesOf("portable"))(TITLE, carriesPackets);

function carriesPackets(how: BackendCase): void {
	it("carry packets of any length from one that connects to one that listens, and back, in order", async () => {
		const passive = await baseOf(how, { tcpType: "passive" });
		const active = await baseOf(how, { tcpType: "active" });
		expect(active.base.local).toEqual({ address: LOOPBACK[how.family], port: 9 });
		const to = placeOf(passive.base);
		const packets = [CHECK, Uint8Array.of(128, 1), new Uint8Array(65_535).fill(129), Uint8Array.of(130)];
		for (const packet of packets) expect(active.base.send(to, packet)).toBeNull();
		const got = [];
		for (const _ of packets) got.push(await passive.next());
		expect(got.map(({ bytes }) => bytes?.length)).toEqual(packets.map(({ length }) => length));
		expect(got.map(({ bytes }) => bytes?.at(-1))).toEqual(packets.map((packet) => packet.at(-1)));
		const from = got[0]?.from as StunAddress;
		expect(got.every((one) => one.from.port === from.port && one.from.address === LOOPBACK[how.family])).toBe(true);
		expect(passive.base.send(from, Uint8Array.of(7))).toBeNull();
		expect(await active.next()).toEqual({ from: to, bytes: Uint8Array.of(7) });
	});

	it("say that nobody listens, once a second at most", async () => {
		const { base: gone } = await baseOf(how, { tcpType: "passive" });
		const to = placeOf(gone);
		gone.close();
		const { base, next } = await baseOf(how, { tcpType: "active" });
		expect(base.send(to, CHECK)).toBeNull();
		expect(await next()).toEqual({ from: to, error: "ECONNREFUSED" });
		expect(base.send(to, CHECK)).toMatchObject({ errnoName: "ECONNREFUSED" });
	});

	it("that listen send to nobody who has not connected", async () => {
		const { base } = await baseOf(how, { tcpType: "passive" });
		expect(base.send({ address: LOOPBACK[how.family], port: 9 }, CHECK)).toMatchObject({ errnoName: "ENOTCONN" });
	});

	it("tell that the other end has closed, and send nothing there any more", async () => {
		const passive = await baseOf(how, { tcpType: "passive" });
		const active = await baseOf(how, { tcpType: "active" });
		active.base.send(placeOf(passive.base), CHECK);
		const { from } = await passive.next();
		active.base.close();
		expect(await passive.next()).toEqual({ from, error: "ENOTCONN" });
		expect(passive.base.send(from, CHECK)).toMatchObject({ errnoName: "ENOTCONN" });
	});

	it("have nothing to do with strangers that speak something else", async () => {
		const { base, next } = await baseOf(how, { tcpType: "passive" });
		const stranger = connect(base.local.port, base.local.address);
		stranger.on("error", () => {});
		// As a length this is more than the whole request, so it goes on.
		stranger.write(`${"GET / HTTP/1.1\r\n".repeat(2_000)}\r\n`);
		stranger.resume();
		await once(stranger, "close");
		expect(await next()).toMatchObject({ error: "EPROTO" });
	});

	it("take only so many connections", async () => {
		const { base } = await baseOf(how, { tcpType: "passive", most: 1 });
		const first = connect(base.local.port, base.local.address);
		open.push({ close: () => first.destroy() });
		await once(first, "connect");
		const second = connect(base.local.port, base.local.address);
		second.on("error", () => {});
		second.resume();
		await once(second, "close");
	});

	it("drop what a peer does not read, and hold no more than they may", async () => {
		const server = createServer((socket) => socket.pause());
		open.push(server);
		const peers: Socket[] = [];
		server.on("connection", (socket) => peers.push(socket));
		open.push({ close: () => peers.forEach((socket) => void socket.destroy()) });
		await new Promise<void>((resolve) => server.listen(0, LOOPBACK[how.family], resolve));
		const to = { address: LOOPBACK[how.family], port: (server.address() as AddressInfo).port };
		const { base } = await baseOf(how, { tcpType: "active" });
		const results = Array.from({ length: 17 }, () => base.send(to, CHECK)?.code ?? null);
		expect(results).toEqual([...Array.from({ length: 16 }, () => null), "noBuffers"]);
		while (peers.length === 0) await new Promise(setImmediate);
		const packet = new Uint8Array(60_000);
		let sent = 0;
		while (base.send(to, packet) === null) {
			if (++sent > 1_000) throw new Error("it takes everything");
			await new Promise(setImmediate);
		}
	});
}

describe.each(casesOf("portable"))("a candidate of both kinds by the $name backend, IPv$family", (how) => {
	it("cannot be had: Node's sockets share no port", async () => {
		await expect(baseOf(how, { tcpType: "so" })).rejects.toThrow("EPROTONOSUPPORT");
	});
});

const BOTH = "candidates that listen and connect on one port, IPv$family";
describe.skipIf(nativeObstacle !== null).each(casesOf("native"))(skippable(BOTH, nativeObstacle), (how) => {
	it("meet on those ports, whoever comes first", async () => {
		const [one, other] = [await baseOf(how, { tcpType: "so" }), await baseOf(how, { tcpType: "so" })];
		const [here, there] = [placeOf(one.base), placeOf(other.base)];
		one.base.send(there, CHECK);
		other.base.send(here, CHECK);
		expect(await other.next()).toEqual({ from: here, bytes: CHECK });
		expect(await one.next()).toEqual({ from: there, bytes: CHECK });
		for (let round = 0; round < 3; round++) {
			one.base.send(there, Uint8Array.of(128, round));
			expect(await other.next()).toEqual({ from: here, bytes: Uint8Array.of(128, round) });
			other.base.send(here, Uint8Array.of(129, round));
			expect(await one.next()).toEqual({ from: there, bytes: Uint8Array.of(129, round) });
		}
	});

	it("try again where the other is not there yet", async () => {
		const { base: before } = await baseOf(how, { tcpType: "so" });
		const there = placeOf(before);
		before.close();
		const one = await baseOf(how, { tcpType: "so" });
		one.base.send(there, CHECK);
		// Long enough for the first attempt to be refused: on loopback that takes no time.
		for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
		const other = await baseOf(how, { tcpType: "so", port: there.port });
		expect(await other.next()).toEqual({ from: placeOf(one.base), bytes: CHECK });
	});
});

const obstacle = liveObstacle() ?? (isThere("nft") ? null : "it needs nft (Debian package nftables)");
describe.skipIf(obstacle !== null)(skippable("candidates that connect to each other at once", obstacle), () => {
	let chain: Chain;
	let child: LiveChild;
	beforeAll(async () => {
		chain = buildChain("meet", 0);
		child = await bundleChild();
	});
	afterAll(() => {
		chain.destroy();
		child.remove();
	});
	const nft = (rules: string) => execFileSync("ip", ["netns", "exec", chain.client, "nft", rules], { stdio: "pipe" });

	it.each([4, 6] as const)("meet half-way over IPv%i: neither accepts, and there is one connection", async (family) => {
		// Each end's first SYN is lost, as on a NAT that knows nothing of the other yet: both are connecting when the next come.
		nft("add table inet first; add chain inet first in { type filter hook input priority 0; }");
		nft("add rule inet first in tcp flags & (syn | ack) == syn drop");
		const command = ["netns", "exec", chain.client, process.execPath, child.file, "meet", String(family)];
		const running = spawn("ip", command, { stdio: ["ignore", "pipe", "inherit"] });
		const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
		expect(await lines.next()).toMatchObject({ value: '"connecting"' });
		nft("delete table inet first");
		const { value } = await lines.next();
		expect(JSON.parse(value)).toEqual({ heard: ["one", "other"], accepted: 0 });
	});
});
