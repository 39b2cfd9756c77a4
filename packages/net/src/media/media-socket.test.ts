import type { ChannelNeed } from "@whither/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import type { ChannelRequest } from "../channel/channel.ts";
import { isSystemError } from "../errors.ts";
import { openWorkspace, type Workspace } from "../native/workspace.ts";
import {
	type IncomingMedia,
	type MediaListener,
	type MediaSocket,
	openMediaOn,
	openMediaSocket,
} from "./media-socket.ts";

const obstacle = process.platform === "linux" ? null : "needs Linux";
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const NEED: ChannelNeed = { kind: "borrowed", transport: "udp", protocol: 17, ports: "one" };

const opened: MediaSocket[] = [];
afterEach(() => {
	for (const socket of opened.splice(0)) socket.close();
});

function open(family: 4 | 6, listener: Partial<MediaListener> = {}): MediaSocket {
	const socket = openMediaSocket({ family, address: LOOPBACK[family] }, { received: () => {}, ...listener });
	if (isSystemError(socket)) throw new Error(`${socket.call} ${socket.errnoName}`);
	opened.push(socket);
	return socket;
}

function request(socket: MediaSocket, changes: Partial<ChannelRequest> = {}): ChannelRequest {
	return {
		need: NEED,
		family: socket.family,
		target: LOOPBACK[socket.family],
		port: 9,
		source: null,
		interface: null,
		sourcePort: null,
		tos: 0,
		flowLabel: 0,
		dontFragment: false,
		bypassRouting: false,
		gateways: [],
		looseMatch: false,
		capture: false,
		fwmark: null,
		portCount: 1,
		connections: 1,
		clock: socket.clock,
		...changes,
	};
}

describe.skipIf(obstacle !== null)(skippable("a media socket", obstacle), () => {
	it.each([4, 6] as const)("carries datagrams in order, single and in batches, IPv%i", async (family) => {
		const got: IncomingMedia[] = [];
		const there = open(family, { received: (datagram) => got.push(datagram) });
		const here = open(family);
		const packets = Array.from({ length: 40 }, (_, index) => Uint8Array.of(0x80, index));
		for (const bytes of packets.slice(0, 10)) expect(here.send(there.local, bytes)).toBeNull();
		const rest = packets.slice(10).map((bytes) => ({ to: there.local, bytes }));
		expect(here.sendBatch(rest)).toEqual([]);
		await vi.waitFor(() => expect(got.length).toBe(40));
		expect(got.map(({ bytes }) => bytes)).toEqual(packets);
		expect(got[0]).toMatchObject({ from: here.local, kind: "rtp", ttl: 64, tos: 0 });
		expect(here.counters).toEqual({ sent: 40, received: 0, sentAgain: 0, dropped: 0 });
		expect(there.counters.received).toBe(40);
	});

	it("tells of a far end that refuses, and sends to others all the same", async () => {
		const refused: string[] = [];
		const got: number[] = [];
		const gone = open(4);
		const there = open(4, { received: ({ bytes }) => got.push(bytes[0] ?? -1) });
		const here = open(4, {
			refused: ({ icmp, quoted }) => refused.push(`${icmp.type}/${icmp.code} ${quoted.destinationPort}`),
		});
		gone.close();
		for (let round = 0; round < 20; round++) {
			const pair = [
				{ to: gone.local, bytes: Uint8Array.of(99) },
				{ to: there.local, bytes: Uint8Array.of(round) },
			];
			expect(here.sendBatch(pair)).toEqual([]);
		}
		await vi.waitFor(() => expect([got.length, refused.length]).toEqual([20, 20]));
		expect(got).toEqual(Array.from({ length: 20 }, (_, index) => index));
		expect(new Set(refused)).toEqual(new Set([`3/3 ${gone.local.port}`]));
		expect(here.counters.sentAgain).toBeGreaterThan(0);
	});

	it.each([4, 6] as const)(
		"tells when datagrams with an id left, and whom refusals are about, IPv%i",
		async (family) => {
			const sent: [id: number, at: number][] = [];
			const got: IncomingMedia[] = [];
			const refused: unknown[] = [];
			const gone = open(family);
			const there = open(family, { received: (datagram) => got.push(datagram) });
			const here = openMediaOn(
				{ workspace: openWorkspace() as Workspace, clock: there.clock },
				{ family, address: LOOPBACK[family] },
				{
					received: () => {},
					sent: (id, at) => sent.push([id, at]),
					refused: ({ to, error: { code, errnoName } }) => refused.push([to, code, errnoName]),
				},
			);
			if (isSystemError(here)) throw new Error(here.errnoName);
			opened.push(here);
			gone.close();
			for (let round = 0; round < 10; round++) {
				const { local: to } = there;
				const ids = round % 2 === 0 ? [{ id: 100 - round }, {}] : [{}, { id: 100 - round }];
				const both = ids.map((id, place) => ({ to, bytes: Uint8Array.of(round, place), ...id }));
				expect(here.sendBatch([...both, { to: gone.local, bytes: Uint8Array.of(round), id: 1_000 + round }])).toEqual(
					[],
				);
			}
			await vi.waitFor(() => expect([got.length, sent.length, refused.length]).toEqual([20, 20, 10]));
			expect(new Set(refused.map((one) => JSON.stringify(one)))).toEqual(
				new Set([JSON.stringify([gone.local, "systemCall", "ECONNREFUSED"])]),
			);
			const asked = Array.from({ length: 10 }, (_, round) => [100 - round, 1_000 + round]).flat();
			expect(sent.map(([id]) => id)).toEqual(asked);
			for (const { bytes, at } of got) {
				const [round = 0, place] = bytes;
				const left = sent.find(([id]) => id === 100 - round)?.[1] ?? Number.NaN;
				if (place === round % 2) expect(left).toBeLessThanOrEqual(at);
			}
		},
	);

	it("says of each datagram that cannot leave why, and sends the others", async () => {
		const got: number[] = [];
		const there = open(4, { received: ({ bytes }) => got.push(bytes.length) });
		const here = open(4);
		const { local: to } = there;
		const unsent = here.sendBatch([
			{ to, bytes: new Uint8Array(1) },
			{ to: { address: "::1", port: 9 }, bytes: new Uint8Array(2) },
			{ to, bytes: new Uint8Array(65_508) },
			{ to: { address: "255.255.255.255", port: 9 }, bytes: new Uint8Array(4) },
			{ to, bytes: new Uint8Array(5) },
		]);
		const why = unsent.map(({ index, error }) => [index, error.errnoName]).sort();
		expect(why).toEqual([
			[1, "EAFNOSUPPORT"],
			[2, "EMSGSIZE"],
			[3, "EACCES"],
		]);
		await vi.waitFor(() => expect(got).toEqual([1, 5]));
	});

	it("survives a listener that throws, or sends, or closes", async () => {
		const got: number[] = [];
		const thrown = vi.fn();
		process.once("uncaughtException", thrown);
		const listeners = process.listeners("uncaughtException");
		const there: MediaSocket = open(4, {
			received: ({ bytes, from }) => {
				const [number = 0] = bytes;
				got.push(number);
				there.send(from, bytes);
				if (number === 1) throw new Error("the owner's");
				if (number === 3) there.close();
			},
		});
		const here = open(4);
		// Only the test's own listener may hear it.
		process.removeAllListeners("uncaughtException").on("uncaughtException", thrown);
		for (let number = 0; number < 6; number++) here.send(there.local, Uint8Array.of(number));
		await vi.waitFor(() => expect(thrown).toHaveBeenCalledOnce());
		await vi.waitFor(() => expect(got).toEqual([0, 1, 2, 3]));
		process.removeAllListeners("uncaughtException");
		for (const listener of listeners) if (listener !== thrown) process.on("uncaughtException", listener);
		expect(there.send(here.local, Uint8Array.of(1))?.errnoName).toBe("EBADF");
	});

	it("is lent for UDP of its own family alone, IPv4 in disguise excluded, and not once it is closed", () => {
		const v6 = open(6);
		const refusal = (changes: Partial<ChannelRequest>) => {
			const channel = v6.borrow(request(v6, changes));
			if (!isSystemError(channel)) channel.close();
			return isSystemError(channel) ? channel.errnoName : null;
		};
		expect(refusal({})).toBeNull();
		expect(refusal({ family: 4, target: "127.0.0.1" })).toBe("EAFNOSUPPORT");
		expect(refusal({ target: "::ffff:127.0.0.1" })).toBe("EAFNOSUPPORT");
		expect(refusal({ need: { ...NEED, transport: "ping" } })).toBe("EPROTONOSUPPORT");
		v6.close();
		expect(refusal({})).toBe("EBADF");
	});

	it("tells the traces on it when it is closed", () => {
		const socket = open(4);
		const channel = socket.borrow(request(socket));
		if (isSystemError(channel)) throw new Error(channel.errnoName);
		socket.close();
		expect(channel.read()).toMatchObject([{ type: "fault", error: { call: "lent socket", errnoName: "EBADF" } }]);
		channel.close();
	});

	it("has its own TOS, with which probes leave too", async () => {
		const got: IncomingMedia[] = [];
		const there = open(4, { received: (datagram) => got.push(datagram) });
		const socket = openMediaSocket({ family: 4, address: "127.0.0.1", tos: 0xb8 }, { received: () => {} });
		if (isSystemError(socket)) throw new Error(socket.errnoName);
		opened.push(socket);
		expect(socket.tos).toBe(0xb8);
		const channel = socket.borrow(request(socket, { port: there.local.port }));
		if (isSystemError(channel)) throw new Error(channel.errnoName);
		const packet = { transport: "udp", protocol: 17, sourcePort: 0, destinationPort: there.local.port } as const;
		channel.send([{ sequence: 0, ttl: 3, packet: { ...packet, bytes: Uint8Array.of(1, 2, 3) } }]);
		socket.send(there.local, Uint8Array.of(9));
		await vi.waitFor(() => expect(got.length).toBe(2));
		expect(got.map(({ tos, ttl }) => [tos, ttl])).toEqual([
			[0xb8, 3],
			[0xb8, 64],
		]);
		channel.close();
	});
});
