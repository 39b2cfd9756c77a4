import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { attributeOf, encodeStun, type StunAddress, type StunItem } from "@whither/wire";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { nativeObstacle } from "../../testing/backend-cases.ts";
import {
	bundleWorker,
	closed,
	Heard,
	LiveClient,
	LOOPBACK,
	messageOf,
	openRelay,
	openUdp,
	type RelayWish,
} from "./live-relay.fixture.ts";

const CHANNEL = 0x4000;
const peerItem = (value: StunAddress): StunItem => ({ name: "xorPeerAddress", value });
const dataOf = (bytes: Uint8Array) => [...bytes.subarray(4)];

let bundle: Awaited<ReturnType<typeof bundleWorker>>;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
	bundle = await bundleWorker();
});
afterAll(() => bundle?.remove());
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function relay(wish: RelayWish) {
	const opened = await openRelay(bundle.url, wish);
	closing.push(() => opened.workers.close());
	const client = async (address?: string) => {
		const one = await LiveClient.open(opened.server, address);
		closing.push(() => closed(one.heard.socket));
		return one;
	};
	const peer = async () => {
		const socket = await openUdp(wish.family, LOOPBACK[wish.family]);
		closing.push(() => closed(socket));
		const { address, port } = socket.address();
		return { heard: new Heard(socket), at: { address, port } };
	};
	return { ...opened, client, peer };
}

const TITLE = "workers of the data path, IPv%i,";
describe.skipIf(nativeObstacle !== null).each([4, 6] as const)(skippable(TITLE, nativeObstacle), (family) => {
	test("relay both ways, on a channel and in indications, and the machine is asked but once for each way", async () => {
		const { workers, client, peer } = await relay({ family });
		const [one, other] = [await client(), await peer()];
		const relayed = await one.allocate();
		await one.bind(CHANNEL, other.at);
		for (let index = 0; index < 10; index++) {
			one.onChannel(CHANNEL, Uint8Array.of(index, 1));
			expect([...(await other.heard.next())]).toEqual([index, 1]);
			expect(other.heard.lastFrom).toMatchObject(relayed);
			other.heard.send(relayed, Uint8Array.of(index, 2, 3));
			expect([...(await one.heard.next())]).toEqual([0x40, 0, 0, 3, index, 2, 3]);
		}
		one.indicate([peerItem(other.at), { name: "data", value: Uint8Array.of(9) }]);
		expect([...(await other.heard.next())]).toEqual([9]);
		one.indicate([
			peerItem(other.at),
			{ name: "dontFragment", value: true },
			{ name: "data", value: Uint8Array.of(8) },
		]);
		expect([...(await other.heard.next())]).toEqual([8]);
		const [counters] = await workers.counters();
		expect(counters?.server.usage).toMatchObject({
			sentPackets: 12,
			sentBytes: 22,
			receivedPackets: 10,
			receivedBytes: 30,
		});
		expect(counters?.dataPath).toMatchObject({ fastToPeers: 9, fastToClients: 9, relays: 1, dropped: {} });
	});

	test("tell of a peer that is not there, and lose nothing to others because of it", async () => {
		const { client, peer } = await relay({ family });
		const [one, other, gone] = [await client(), await peer(), await peer()];
		await one.allocate();
		await one.bind(CHANNEL, other.at);
		await one.bind(CHANNEL + 1, gone.at);
		await closed(gone.heard.socket);
		closing.splice(closing.length - 1);
		const wanted = Array.from({ length: 50 }, (_, index) => index);
		for (const index of wanted) {
			one.onChannel(CHANNEL + 1, Uint8Array.of(index));
			one.onChannel(CHANNEL, Uint8Array.of(index));
		}
		expect((await other.heard.many(50)).map(([index]) => index)).toEqual(wanted);
		const told = await one.indication();
		expect(attributeOf(told, "icmp")).toMatchObject(family === 4 ? { type: 3, code: 3 } : { type: 1, code: 4 });
		expect(attributeOf(told, "xorPeerAddress")).toEqual(gone.at);
		expect((await one.ask("refresh")).class).toBe("success");
	});

	test("keep the port above an even one for whoever shows the token", async () => {
		const { client } = await relay({ family, count: 2 });
		const [one, other] = [await client(), await client()];
		const answer = await one.ask("allocate", [
			{ name: "requestedTransport", value: 17 },
			{ name: "evenPort", value: true },
		]);
		const token = attributeOf(answer, "reservationToken");
		const { port = 1 } = attributeOf(answer, "xorRelayedAddress") ?? {};
		expect(port % 2).toBe(0);
		if (token === undefined) throw new Error("there is no token");
		expect(await other.allocate({ name: "reservationToken", value: token })).toMatchObject({ port: port + 1 });
	});

	test("pass on runs of datagrams whole and in order, whatever their lengths", async () => {
		const { workers, client, peer } = await relay({ family });
		const [one, other] = [await client(), await peer()];
		const relayed = await one.allocate();
		await one.bind(CHANNEL, other.at);
		const lengthOf = (index: number) => (index % 41 === 40 ? 17 : index % 100 < 60 ? 900 : 33);
		const run = Array.from({ length: 600 }, (_, index) => new Uint8Array(lengthOf(index)).fill(index % 251));
		for (const data of run) one.onChannel(CHANNEL, data);
		const came = await other.heard.many(run.length);
		expect(came.map((bytes) => [bytes.length, bytes[0], bytes.at(-1)])).toEqual(
			run.map((data) => [data.length, data[0], data[0]]),
		);
		for (const data of run) other.heard.send(relayed, data);
		const back = await one.heard.many(run.length);
		expect(back.map((bytes) => [bytes.length - 4, bytes[4], bytes.at(-1)])).toEqual(
			run.map((data) => [data.length, data[0], data[0]]),
		);
		const [counters] = await workers.counters();
		expect(counters?.dataPath.segmented).toBeGreaterThan(0);
		expect(counters?.dataPath.dropped).toEqual({});
	});

	test("serve a session while strangers send rubbish", async () => {
		const { server, client, peer } = await relay({ family });
		const [one, other, stranger] = [await client(), await peer(), await client()];
		await one.allocate();
		await one.bind(CHANNEL, other.at);
		const rubbish = Array.from({ length: 64 }, (_, index) => new Uint8Array(20 + index).fill(index * 4));
		for (let round = 0; round < 20; round++) {
			for (let index = 0; index < 500; index++) stranger.heard.send(server, rubbish[index % 64] as Uint8Array);
			one.onChannel(CHANNEL, Uint8Array.of(round));
			expect([...(await other.heard.next())]).toEqual([round]);
		}
	});

	test("answer Binding requests, plain ones and others", async () => {
		const { workers, client } = await relay({ family });
		const one = await client();
		const { address, port } = one.heard.socket.address();
		const ask = async (attributes: readonly StunItem[]) => {
			one.raw(
				encodeStun({ class: "request", method: "binding", transactionId: new Uint8Array(12).fill(7), attributes }),
			);
			return messageOf(await one.heard.next());
		};
		for (const items of [[], [{ name: "fingerprint" }], [{ name: "priority", value: 1 }]] as const)
			expect(attributeOf(await ask(items), "xorMappedAddress")).toEqual({ address, port });
		expect((await workers.counters())[0]?.dataPath).toMatchObject({ bindings: 3, fastBindings: 2 });
	});

	test("take another port where one is somebody else's, and say so where there is none", async () => {
		const [taken, free] = await neighbours(family);
		const { client } = await relay({ family, config: { relayPorts: { first: taken, last: free } } });
		const [one, other] = [await client(), await client()];
		expect(await one.allocate()).toMatchObject({ port: free });
		await expect(other.allocate()).rejects.toThrow("508");
	});

	test("count allocations together", async () => {
		const { workers, client } = await relay({ family, count: 2, quotas: { perUser: 2 } });
		const clients = [await client(), await client(), await client()];
		await clients[0]?.allocate();
		await clients[1]?.allocate();
		await expect(clients[2]?.allocate()).rejects.toThrow("486");
		await clients[0]?.ask("refresh", [{ name: "lifetime", value: 0 }]);
		await clients[2]?.allocate();
		await clients[2]?.ask("refresh", [{ name: "lifetime", value: 0 }]);
		workers.drain({ seconds: 600 });
		// Answered after what was asked before.
		await workers.counters();
		await expect(clients[0]?.allocate()).rejects.toThrow("508");
	});
});

/** Two ports side by side, the first of which is in use until the test is over. */
async function neighbours(family: 4 | 6): Promise<readonly [number, number]> {
	for (;;) {
		const socket = await openUdp(family, LOOPBACK[family]);
		closing.push(() => closed(socket));
		const { port } = socket.address();
		if (port % 2 === 0) return [port, port + 1];
	}
}

describe.skipIf(nativeObstacle !== null)(skippable("workers of the data path", nativeObstacle), () => {
	test("share clients by their addresses, and answer from the address that was asked", async () => {
		const { workers, client, peer } = await relay({ family: 4, count: 2, wildcard: true });
		const other = await peer();
		for (let host = 1; host <= 16; host++) {
			const one = await client(`127.0.1.${host}`);
			await one.allocate();
			await one.bind(CHANNEL, other.at);
			one.onChannel(CHANNEL, Uint8Array.of(host));
			const data = await other.heard.next();
			expect([...data]).toEqual([host]);
			other.heard.send(other.heard.lastFrom, Uint8Array.of(host, 1));
			expect(dataOf(await one.heard.next())).toEqual([host, 1]);
			expect(one.heard.lastFrom.address).toBe("127.0.0.1");
		}
		const counters = await workers.counters();
		expect(counters.map(({ server }) => server.allocations).reduce((sum, each) => sum + each)).toBe(16);
		for (const { server } of counters) expect(server.allocations).toBeGreaterThan(0);
	});

	test("are told of at once when one dies", async () => {
		const file = fileURLToPath(bundle.url).replace("worker.mjs", "dying.mjs");
		writeFileSync(
			file,
			`import { parentPort } from "node:worker_threads";
			parentPort.on("message", ({ type }) => {
				if (type === "open") parentPort.postMessage({ type: "opened", locals: [], descriptors: [], wake: -1 });
				else if (type === "serve") parentPort.postMessage({ type: "serving" });
				else throw new Error("no more");
			});`,
		);
		const { workers } = await openRelay(pathToFileURL(file), { family: 4 });
		workers.users({});
		expect(await workers.failed).toEqual({ code: "internal", where: "worker", about: "no more" });
		expect(await workers.counters()).toEqual([]);
		await workers.close();
	});

	test("leave with their process", async () => {
		const file = fileURLToPath(bundle.url).replace("worker.mjs", "leaving.mjs");
		const dist = new URL("../../../dist/turn/", import.meta.url);
		writeFileSync(
			file,
			`import { openTurnWorkers } from ${JSON.stringify(new URL("data-path/workers.js", dist).href)};
			import { createTurnLedger } from ${JSON.stringify(new URL("ledger.js", dist).href)};
			const config = { secret: new Uint8Array(32), realm: "r", users: {}, relays: [{ address: "127.0.0.1" }] };
			const places = [{ transport: "udp", family: 4, address: "127.0.0.1", port: 34781 }];
			const ledger = createTurnLedger({}, new Uint8Array(32));
			const workers = await openTurnWorkers({ config, places, binding: null, ledger }, 2);
			console.log(workers.listening.length);
			setTimeout(() => process.exit(7), 100);`,
		);
		const ended = promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
		await expect(ended).rejects.toMatchObject({ code: 7, stdout: "1\n" });
	});
});
