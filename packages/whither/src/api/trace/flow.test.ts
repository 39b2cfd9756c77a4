import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { MediaSocket } from "@whither/net/media";
import { afterEach, describe, expect, it, vi } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { openMediaSocket } from "../media-socket.ts";
import { traceFlow } from "./flow.ts";

const obstacle = process.platform === "linux" ? null : "needs Linux";
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
});

/** The far end: sends back what comes; `heard`: the first byte of each. */
function echo(family: 4 | 6): MediaSocket & { readonly heard: number[] } {
	const heard: number[] = [];
	const socket = openMediaSocket(
		{ family, address: LOOPBACK[family] },
		{
			received: ({ from, bytes }) => {
				heard.push(bytes[0] ?? -1);
				socket.send(from, bytes);
			},
		},
	);
	closing.push(() => socket.close());
	return Object.assign(socket, { heard });
}

function media(family: 4 | 6, received: (first: number | undefined) => void = () => {}): MediaSocket {
	const socket = openMediaSocket({ family }, { received: ({ bytes }) => received(bytes[0]) });
	closing.push(() => socket.close());
	return socket;
}

async function dgram(): Promise<Socket> {
	const socket = createSocket("udp4");
	closing.push(() => socket.close());
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	return socket;
}

describe.skipIf(obstacle !== null)(skippable("traceFlow", obstacle), () => {
	it.each([4, 6] as const)("finds who sends back, on the socket's own port, IPv%i", async (family) => {
		const far = echo(family);
		const got: (number | undefined)[] = [];
		const socket = media(family, (first) => got.push(first));
		socket.send(far.local, Uint8Array.of(0x80));
		const run = traceFlow(socket, far.local, { method: "udp" });
		const events: string[] = [];
		for await (const event of run) events.push(event.type);
		expect(await run.result).toMatchObject({
			schema: "whither.trace/1",
			channel: "borrowed",
			method: "udp",
			family,
			target: { name: LOOPBACK[family], address: LOOPBACK[family], port: far.local.port },
			source: { address: LOOPBACK[family], port: socket.local.port },
			reached: true,
			options: { queries: 1 },
			hops: [{ ttl: 1, probes: [{ from: LOOPBACK[family], status: "reply", stamps: "kernel" }] }],
		});
		expect(events[0]).toBe("start");
		await vi.waitFor(() => expect(got).toEqual([0x80]));
		// RFC 7983 section 7: from 4 to 15 nothing begins that travels beside media.
		expect(far.heard.length).toBeGreaterThan(1);
		for (const first of far.heard.slice(1)) expect(first >= 4 && first <= 15).toBe(true);
	});

	it("borrows a socket of node:dgram, whose owner hears nothing of it", async () => {
		const far = echo(4);
		const socket = await dgram();
		const heard = vi.fn();
		socket.on("message", heard).on("error", heard);
		const result = await traceFlow(socket, far.local, { method: "udp", queries: 2 }).result;
		expect(result).toMatchObject({ channel: "borrowed", reached: true, source: { port: socket.address().port } });
		expect(heard).not.toHaveBeenCalled();
	});

	it("can be run several times at once on one socket, to one end and to others", async () => {
		const [one, two, socket] = [echo(4), echo(4), media(4)];
		const runs = [one, two, one].map(({ local }) => traceFlow(socket, local, { method: "udp" }).result);
		const ports = (await Promise.all(runs)).map(({ reached, target }) => [reached, target.port]);
		expect(ports).toEqual([
			[true, one.local.port],
			[true, two.local.port],
			[true, one.local.port],
		]);
	});

	it("ends with what is known when it is stopped, or when the socket is closed", async () => {
		const socket = media(4);
		const nobody = { address: "127.0.0.1", port: media(4).local.port };
		const run = traceFlow(socket, nobody, { waitMs: 60_000 });
		for await (const event of run) if (event.type === "start") break;
		run.stop();
		expect(await run.result).toMatchObject({ stopReason: "interrupted" });
		const cut = traceFlow(socket, nobody, { waitMs: 60_000 });
		for await (const event of cut) if (event.type === "start") break;
		socket.close();
		expect(await cut.result).toMatchObject({ stopReason: "error", warnings: [{ code: "channelFault" }] });
	});

	it.each([
		["a name", { address: "a.test", port: 9 }, {}, "badOption"],
		["IPv4 in disguise", { address: "::ffff:127.0.0.1", port: 9 }, {}, "badOption"],
		["another family", { address: "::1", port: 9 }, {}, "unsupportedProtocol"],
		["no port", { address: "127.0.0.1", port: 0 }, {}, "badOption"],
		["a method of many ports", { address: "127.0.0.1", port: 9 }, { method: "udp-classic" }, "badOption"],
		["an unknown method", { address: "127.0.0.1", port: 9 }, { method: "x" }, "unknownMethod"],
		["a number out of range", { address: "127.0.0.1", port: 9 }, { queries: 0 }, "badOption"],
	] as const)("refuses %s", async (_, remote, options, code) => {
		await expect(traceFlow(media(4), remote, options).result).rejects.toMatchObject({ name: "WhitherError", code });
	});

	it("says what is wrong with a dgram socket that cannot be lent", async () => {
		const unbound = createSocket("udp4");
		const remote = { address: "127.0.0.1", port: 9 };
		await expect(traceFlow(unbound, remote).result).rejects.toThrow("is not bound yet");
		unbound.close();
		await expect(traceFlow(unbound, remote).result).rejects.toThrow("is closed");
	});

	it("says what is wrong with a media socket that cannot be opened", () => {
		const listener = { received: () => {} };
		expect(() => openMediaSocket({ family: 4, address: "192.0.2.1" }, listener)).toThrow(
			"cannot be used on this machine",
		);
		expect(() => openMediaSocket({ family: 6, zone: "nosuch0" }, listener)).toThrow("does not exist");
	});
});
