import { createSocket, type Socket } from "node:dgram";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { openTestService, type TestService, TURN_USER, tlsObstacle } from "../testing/turn-service.ts";
import type { IceRelayLeg } from "./ice-io.ts";
import { openRelayRace, type RelayRace, type RelayRaceEvent, type RelayRaceOrder } from "./relay-race.ts";

type Told<Kind extends RelayRaceEvent["kind"]> = Extract<RelayRaceEvent, { readonly kind: Kind }>;
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const open: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close();
});

/** A race whose events a test can await. */
function race(legs: readonly IceRelayLeg[], more: Partial<RelayRaceOrder> = {}) {
	const events: RelayRaceEvent[] = [];
	const data: Uint8Array[] = [];
	let wake = () => {};
	const add = (change: () => void) => {
		change();
		wake();
	};
	const started: RelayRace = openRelayRace(
		{ legs, credentials: TURN_USER, ...more },
		{ received: ({ bytes }) => add(() => data.push(bytes)), event: (event) => add(() => events.push(event)) },
		backend,
	);
	open.push(() => started.destroy());
	const until = async (enough: () => boolean): Promise<void> => {
		while (!enough()) await new Promise<void>((resolve) => (wake = resolve));
	};
	const told = async <Kind extends RelayRaceEvent["kind"]>(kind: Kind): Promise<Told<Kind>> => {
		await until(() => events.some((event) => event.kind === kind));
		return events.find((event): event is Told<Kind> => event.kind === kind) as Told<Kind>;
	};
	return { race: started, events, data, until, told };
}

/** Somebody who takes datagrams and says nothing. */
async function openSilence(family: 4 | 6): Promise<{ readonly leg: IceRelayLeg; readonly heard: Uint8Array[] }> {
	const socket: Socket = createSocket(`udp${family}`);
	const heard: Uint8Array[] = [];
	socket.on("message", (bytes) => heard.push(bytes));
	await new Promise<void>((resolve) => socket.bind(0, LOOPBACK[family], resolve));
	open.push(() => socket.close());
	return { leg: { transport: "udp", server: { address: LOOPBACK[family], port: socket.address().port } }, heard };
}

/** A port that nobody has. */
async function closedPort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, LOOPBACK[4], resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function service(): Promise<TestService> {
	const one = await openTestService();
	open.push(() => one.service.close());
	return one;
}

function legOf(one: TestService, transport: IceRelayLeg["transport"], family: 4 | 6 = 4): IceRelayLeg {
	const { server, serverName, authorities } = one.order(transport, family);
	return { transport, server, ...(serverName ? { serverName } : {}), ...(authorities ? { authorities } : {}) };
}

/** As the service counts them. */
const allocations = async ({ service }: TestService) => (await service.counters()).server.allocations;

let backend: Backend;
beforeAll(() => {
	const opened = openBackend();
	if (isSystemError(opened)) throw new Error(opened.call);
	backend = opened;
});

describe("a relay that is raced for", () => {
	it("is that of the first leg where that answers, and no other is tried", async () => {
		const one = await service();
		const legs = [legOf(one, "udp"), legOf(one, "tcp")];
		const { race: running, told, events, until, data } = race(legs, { allocation: { family: "both" } });
		const { relayed } = await told("allocated");
		expect(relayed.map(({ address }) => address).sort()).toEqual([LOOPBACK[4], LOOPBACK[6]]);
		expect(running.leg).toEqual(legs[0]);
		const peer = createSocket("udp4");
		open.push(() => peer.close());
		peer.on("message", (bytes, from) => peer.send(bytes, from.port, from.address));
		await new Promise<void>((resolve) => peer.bind(0, LOOPBACK[4], resolve));
		running.send({ address: LOOPBACK[4], port: peer.address().port }, Uint8Array.of(1, 2, 3));
		await until(() => data.length > 0);
		expect(data[0]).toEqual(Uint8Array.of(1, 2, 3));
		running.close();
		expect(await told("closed")).toMatchObject({ confirmed: true });
		expect(events.some(({ kind }) => kind === "legFailed")).toBe(false);
	});

	it("is that of the next leg where the first says nothing", async () => {
		const one = await service();
		const silence = await openSilence(4);
		const { race: running, told, events } = race([silence.leg, legOf(one, "tcp", 6)]);
		await told("allocated");
		expect(running.leg).toMatchObject({ transport: "tcp" });
		expect(running.server).toMatchObject({ address: LOOPBACK[6], port: one.port("tcp", 6) });
		expect(silence.heard.length).toBeGreaterThan(0);
		expect(events.some(({ kind }) => kind === "legFailed")).toBe(false);
	});

	it("is that of the other family before another address of one that says nothing", async () => {
		const one = await service();
		const [first, second] = [await openSilence(4), await openSilence(4)];
		const { race: running, told } = race([first.leg, second.leg, legOf(one, "udp", 6)], { delayMs: 400 });
		await told("allocated");
		expect(running.server).toMatchObject({ address: LOOPBACK[6] });
		expect([first.heard.length > 0, second.heard.length]).toEqual([true, 0]);
	});

	it("is that of the next leg at once where the first is refused, and why is told", async () => {
		const one = await service();
		const dead: IceRelayLeg = { transport: "tcp", server: { address: LOOPBACK[4], port: await closedPort() } };
		// So long a delay would not be waited for by any test.
		const { race: running, told } = race([dead, legOf(one, "udp", 6)], { delayMs: 3_600_000, timeoutMs: 7_200_000 });
		expect(await told("legFailed")).toMatchObject({
			leg: dead,
			end: { kind: "failed", why: "unreachable", cause: { errnoName: "ECONNREFUSED" } },
		});
		await told("allocated");
		expect(running.leg?.transport).toBe("udp");
	});

	it("that two legs give is given back by the one that comes second", async () => {
		const one = await service();
		const { race: running, told } = race([legOf(one, "tcp"), legOf(one, "udp"), legOf(one, "tcp", 6)], { delayMs: 0 });
		await told("allocated");
		running.close();
		expect(await told("closed")).toMatchObject({ confirmed: true });
		while ((await allocations(one)) > 0) await new Promise(setImmediate);
	});

	it("is refused where every leg is, and the reason is what the server says", async () => {
		const one = await service();
		const dead: IceRelayLeg = { transport: "tcp", server: { address: LOOPBACK[6], port: await closedPort() } };
		const credentials = { ...TURN_USER, password: "wrong" };
		const { told } = race([dead, legOf(one, "udp"), legOf(one, "tcp")], { credentials });
		const { why, error, failures } = await told("failed");
		expect([why, error?.code]).toEqual(["unauthorized", 401]);
		expect(failures.map(({ end }) => end.kind === "failed" && end.why).sort()).toEqual([
			...["unauthorized", "unauthorized", "unreachable"],
		]);
	});

	it("is not waited for longer than one likes", async () => {
		const silences = [await openSilence(4), await openSilence(6)];
		const { told } = race(
			silences.map(({ leg }) => leg),
			{ delayMs: 0, timeoutMs: 1 },
		);
		const { why, failures } = await told("failed");
		expect(why).toBe("timeout");
		expect(failures.length).toBeGreaterThan(0);
		expect(failures.map(({ end }) => end.kind)).toEqual(failures.map(() => "late"));
	});

	it("may be given up before it is there", async () => {
		const one = await service();
		const { race: running, told } = race([legOf(one, "udp")]);
		running.close();
		expect(await told("closed")).toMatchObject({ confirmed: true });
		expect(await allocations(one)).toBe(0);
		expect(() => race([])).toThrow(RangeError);
	});
});

describe.skipIf(tlsObstacle !== null)(skippable("a relay behind TLS", tlsObstacle), () => {
	it("is found where UDP is silent and a certificate does not hold", async () => {
		const one = await service();
		const { leg } = await openSilence(4);
		const { authorities: _, ...distrusted } = legOf(one, "tls");
		const { race: running, told } = race([leg, distrusted, legOf(one, "tls", 6)]);
		expect(await told("legFailed")).toMatchObject({ leg: distrusted, end: { cause: { code: "tls" } } });
		await told("allocated");
		expect(running.leg?.server).toMatchObject({ address: LOOPBACK[6] });
	});
});
