import { execFileSync } from "node:child_process";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { attributeOf, type StunItem } from "@whither/wire";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { nativeObstacle } from "../../testing/backend-cases.ts";
import { isThere } from "../../testing/namespaces.ts";
import { openTestService } from "../../testing/turn-service.ts";
import { type Journal, type Journey, travel } from "./hand-over.fixture.ts";
import { selector } from "./listeners.ts";
import { bundleWorker, closed, Heard, LiveClient, openRelay, openUdp, type RelayWish } from "./live-relay.fixture.ts";
import type { TurnWorkers } from "./worker-io.ts";

const CHANNEL = 0x4000;
const UDP: StunItem = { name: "requestedTransport", value: 17 };
const ASKS: StunItem = { name: "mobilityTicket", value: new Uint8Array(0) };
/** Addresses of loopback: with two workers both have some of them. */
const HOSTS = Array.from({ length: 8 }, (_, index) => `127.0.3.${index + 1}`);
const NETWORKS = Array.from({ length: 8 }, (_, index) => `2001:db8:${index + 1}::1`);

let bundle: Awaited<ReturnType<typeof bundleWorker>>;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
	bundle = await bundleWorker();
});
afterAll(() => bundle?.remove());
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

const netnsObstacle =
	nativeObstacle ??
	(process.getuid?.() === 0 && isThere("unshare") && isThere("ip")
		? null
		: "addresses of IPv6 beside ::1 need a network namespace: root, unshare (util-linux) and ip (iproute2)");

/** The journey as a program in a namespace of its own, whose loopback interface has the addresses. */
async function travelInNamespace(journey: Journey): Promise<Journal> {
	const file = fileURLToPath(bundle.url).replace("worker.mjs", "journey.mjs");
	await build({
		stdin: {
			contents: `import { travel } from "./hand-over.fixture.ts";
				console.log(JSON.stringify(await travel(JSON.parse(process.argv[2]))));`,
			resolveDir: fileURLToPath(new URL(".", import.meta.url)),
			loader: "ts",
		},
		bundle: true,
		platform: "node",
		format: "esm",
		conditions: ["source"],
		external: ["koffi", "esbuild"],
		outfile: file,
		logLevel: "error",
	});
	const addresses = journey.sources.map((address) => `ip address add ${address}/64 dev lo nodad`);
	const script = ["ip link set lo up", ...addresses, 'exec "$0" "$1" "$2"'].join(" && ");
	const program = [process.execPath, file, JSON.stringify(journey)];
	const told = execFileSync("unshare", ["--net", "sh", "-c", script, ...program], { timeout: 30_000 });
	return JSON.parse(told.toString()) as Journal;
}

function expectWhole({ stops, confirmed, left, refusals, dropped }: Journal, sources: readonly string[]): void {
	expect(stops.map(({ from }) => from)).toEqual(sources);
	expect(new Set(stops.map(({ relayed }) => relayed)).size).toBe(1);
	expect(new Set(stops.map(({ allocations }) => String(allocations))).size).toBe(1);
	for (const { echoes } of stops) expect(echoes).toEqual(Array.from({ length: 20 }, (_, index) => index));
	const owner = stops[0]?.allocations.indexOf(1) ?? -1;
	for (const { elsewhere, guests } of stops) {
		expect([guests[owner], elsewhere[owner]]).toEqual([elsewhere[1 - owner], 0]);
		expect(guests[1 - owner]).toBe(0);
	}
	// It was both at home and elsewhere.
	expect(new Set(stops.map(({ guests }) => guests[owner]))).toEqual(new Set([0, 1]));
	expect(stops.at(-1)?.handedOver).toBeGreaterThan(20);
	expect(confirmed).toBe(true);
	expect(left).toEqual({ allocations: [0, 0], elsewhere: [0, 0], guests: [0, 0] });
	expect(Object.keys(refusals).filter((code) => code !== "401" && code !== "438")).toEqual([]);
	expect(dropped).toEqual({});
}

describe.skipIf(nativeObstacle !== null)(skippable("a session that moves between two workers", nativeObstacle), () => {
	test.each([false, true])("keeps relaying over IPv4, listeners on every address: %s", async (wildcard) => {
		const journal = await travel({ family: 4, sources: HOSTS, wildcard, worker: bundle.url.href });
		expectWhole(journal, HOSTS);
	});
});

describe.skipIf(netnsObstacle !== null)(skippable("a session that moves between two workers", netnsObstacle), () => {
	test.each([false, true])("keeps relaying over IPv6, listeners on every address: %s", async (wildcard) => {
		const journal = await travelInNamespace({ family: 6, sources: NETWORKS, wildcard, worker: bundle.url.href });
		expectWhole(journal, NETWORKS);
	});
});

/** Two workers, and clients of addresses that are each worker's. */
async function relay(wish: Partial<RelayWish> = {}) {
	const opened = await openRelay(bundle.url, { family: 4, count: 2, ...wish });
	closing.push(() => opened.workers.close());
	const client = async (worker: 0 | 1, index = 0) => {
		const host = HOSTS.filter((address) => workerOf(address) === worker)[index];
		const one = await LiveClient.open(opened.server, host);
		closing.push(() => closed(one.heard.socket));
		return one;
	};
	const peer = async () => {
		const socket = await openUdp(4, "127.0.0.1");
		closing.push(() => closed(socket));
		const { address, port } = socket.address();
		return { heard: new Heard(socket), at: { address, port } };
	};
	return { ...opened, client, peer };
}

/** What the kernel's program gives for an address of IPv4, worked out from its instructions. */
function workerOf(address: string): number {
	const program = new DataView(selector(4, 2).buffer);
	const source = new DataView(Uint8Array.from(address.split("."), Number).buffer).getUint32(0);
	let a = 0;
	for (let at = 0; at < program.byteLength; at += 8) {
		const [code, k] = [program.getUint16(at, true), program.getUint32(at + 4, true)];
		if (code === 0x20) a = source;
		else if (code === 0x24) a = Math.imul(a, k) >>> 0;
		else if (code === 0x74) a >>>= k;
		else if (code === 0x94) a %= k;
	}
	return a;
}

/** Tables of both workers, once they are so, or as they are in the end. */
async function tables(workers: TurnWorkers, wanted: string): Promise<string> {
	for (let look = 0; ; look++) {
		const counters = await workers.counters();
		const now = counters
			.map(({ server, dataPath }) => `${server.allocations} ${dataPath.elsewhere} ${dataPath.guests}`)
			.join(", ");
		if (now === wanted || look === 100) return now;
	}
}

function itemIn(answer: Awaited<ReturnType<LiveClient["ask"]>>, name: "mobilityTicket" | "reservationToken"): StunItem {
	const value = attributeOf(answer, name);
	if (value === undefined) throw new Error(`no ${name} was given: ${attributeOf(answer, "errorCode")?.code}`);
	return { name, value };
}

const codeOf = (answer: Awaited<ReturnType<LiveClient["ask"]>>) =>
	attributeOf(answer, "errorCode")?.code ?? answer.class;

describe.skipIf(nativeObstacle !== null)(skippable("two workers of the data path", nativeObstacle), () => {
	test("give a reserved port to whoever shows its token, also to the one that has not reserved it", async () => {
		const { workers, client, peer } = await relay();
		const [one, other, there] = [await client(0), await client(1), await peer()];
		const answer = await one.ask("allocate", [UDP, { name: "evenPort", value: true }]);
		const { port = 1 } = attributeOf(answer, "xorRelayedAddress") ?? {};
		const relayed = await other.allocate(itemIn(answer, "reservationToken"));
		expect(relayed).toMatchObject({ port: port + 1 });
		expect(await tables(workers, "2 0 1, 0 1 0")).toBe("2 0 1, 0 1 0");
		await other.bind(CHANNEL, there.at);
		other.onChannel(CHANNEL, Uint8Array.of(1, 2));
		expect([...(await there.heard.next())]).toEqual([1, 2]);
		expect(there.heard.lastFrom).toMatchObject(relayed);
		there.heard.send(relayed, Uint8Array.of(3));
		expect([...(await other.heard.next())]).toEqual([0x40, 0, 0, 1, 3]);
		expect(codeOf(await other.ask("refresh"))).toBe("success");
		expect(codeOf(await other.ask("refresh", [{ name: "lifetime", value: 0 }]))).toBe("success");
		expect(await tables(workers, "1 0 0, 0 0 0")).toBe("1 0 0, 0 0 0");
		// The 5-tuple is its own worker's again.
		await other.allocate();
		expect(await tables(workers, "1 0 0, 1 0 0")).toBe("1 0 0, 1 0 0");
	});

	test("refresh and end an allocation that has moved, and go on with whoever is at the 5-tuple after it", async () => {
		const { workers, client, peer } = await relay();
		const [one, other, third, there] = [await client(0), await client(1), await client(1, 1), await peer()];
		const ticket = itemIn(await one.ask("allocate", [UDP, ASKS]), "mobilityTicket");
		await one.bind(CHANNEL, there.at);
		const next = itemIn(await other.ask("refresh", [ticket]), "mobilityTicket");
		for (let index = 0; index < 100; index++) other.onChannel(CHANNEL, Uint8Array.of(index));
		expect((await there.heard.many(100)).map(([index]) => index)).toEqual(Array.from({ length: 100 }, (_, at) => at));
		const [owner] = await workers.counters();
		expect(owner?.dataPath.fastToPeers).toBeGreaterThan(90);
		expect(codeOf(await other.ask("refresh", [{ name: "lifetime", value: 700 }]))).toBe("success");
		// From one address of the other worker to another: the entry goes along.
		const last = itemIn(await third.ask("refresh", [next]), "mobilityTicket");
		expect(await tables(workers, "1 0 1, 0 1 0")).toBe("1 0 1, 0 1 0");
		expect(codeOf(await other.ask("refresh"))).toBe(437);
		await other.allocate();
		expect(await tables(workers, "1 0 1, 1 1 0")).toBe("1 0 1, 1 1 0");
		// Home again.
		expect(codeOf(await one.ask("refresh", [last]))).toBe("success");
		expect(await tables(workers, "1 0 0, 1 0 0")).toBe("1 0 0, 1 0 0");
	});

	test("keep nothing of a ticket that is used up, and nothing of strangers who show one", async () => {
		const { workers, client } = await relay();
		const [one, other] = [await client(0), await client(1)];
		const ticket = itemIn(await one.ask("allocate", [UDP, ASKS]), "mobilityTicket");
		await one.ask("refresh", [{ name: "lifetime", value: 0 }]);
		expect(codeOf(await other.ask("refresh", [ticket]))).toBe(400);
		expect(await tables(workers, "0 0 0, 0 0 0")).toBe("0 0 0, 0 0 0");
		const stranger = await client(1, 1);
		const before = (await workers.counters()).map(({ dataPath }) => dataPath.handedOver);
		const unsigned = stranger.askUnsigned("refresh", [ticket]);
		expect(codeOf(await unsigned)).toBe(401);
		expect((await workers.counters()).map(({ dataPath }) => dataPath.handedOver)).toEqual(before);
	});
});

/** A client on a connection; each answer comes in one piece. */
async function onStream(port: number): Promise<LiveClient> {
	const stream = connect(port, "127.0.0.1");
	await once(stream, "connect");
	closing.push(() => stream.destroy());
	const from = { address: "127.0.0.1", port };
	const socket = {
		on: (_: string, heard: (bytes: Uint8Array, from: object) => void) => stream.on("data", (data) => heard(data, from)),
		send: (bytes: Uint8Array) => stream.write(bytes),
	};
	return new LiveClient(socket as unknown as Socket, from);
}

describe.skipIf(nativeObstacle !== null)(
	skippable("a client that goes from UDP to a connection", nativeObstacle),
	() => {
		test.each([
			[0, "success", "success"],
			[2, 400, 400],
		] as const)("with %i threads for UDP clients: %s, and %s on the way back", async (workers, there, back) => {
			const server = await openTestService({ workers, workerUrl: new URL(bundle.url), config: { realm: "r" } });
			closing.push(() => server.service.close());
			const place = { address: "127.0.0.1", port: server.port("udp", 4) };
			const one = await LiveClient.open(place);
			const other = await LiveClient.open(place);
			for (const { heard } of [one, other]) closing.push(() => closed(heard.socket));
			const ticket = itemIn(await one.ask("allocate", [UDP, ASKS]), "mobilityTicket");
			const stream = await onStream(server.port("tcp", 4));
			expect(codeOf(await stream.ask("refresh", [ticket]))).toBe(there);
			const own = there === "success" ? await stream.ask("refresh", [ASKS]) : await stream.ask("allocate", [UDP, ASKS]);
			expect(codeOf(await other.ask("refresh", [itemIn(own, "mobilityTicket")]))).toBe(back);
		});
	},
);
