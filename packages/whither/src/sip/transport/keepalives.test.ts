import { SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { bytesOf, FakeMachine } from "./machine.fixture.ts";
import { hears, MESSAGE, opened, opens, PING, send, TCP, UDP } from "./transports.fixture.ts";

describe("keepalives", () => {
	it("are asked for with two empty lines, which are answered with one", async () => {
		const { machine, received } = await opened();
		const stream = machine.comes("203.0.113.9", 33_333);
		hears(stream, PING);
		expect(stream.sent).toEqual(["\r\n"]);
		expect(received).toEqual([]);
	});

	it("leave on a connection that has brought nothing for long, as long as something depends on it", async () => {
		const { machine, transports } = await opened();
		transports.need(true);
		send(transports, TCP);
		opens(machine.streams[0]);
		machine.pass(75_000);
		expect(machine.streams[0]?.sent).toEqual([MESSAGE]);
		machine.pass(25_000);
		expect(machine.streams[0]?.sent).toEqual([MESSAGE, PING]);
	});

	it("that nobody has ever answered prove nothing", async () => {
		const { machine, transports, failed } = await opened();
		transports.need(true);
		send(transports, TCP);
		opens(machine.streams[0]);
		machine.pass(600_000);
		expect(failed).toEqual([]);
		expect(machine.streams[0]?.state).toBe("open");
	});

	it("that have been answered before, and are no longer, mean that it is broken", async () => {
		const { machine, transports, failed } = await opened();
		transports.need(true);
		send(transports, TCP);
		opens(machine.streams[0]);
		machine.pass(100_000);
		hears(machine.streams[0], "\r\n", machine.now());
		machine.pass(100_000);
		expect(failed).toEqual([]);
		machine.pass(10_000);
		expect(failed).toEqual([{ to: TCP, why: "no answer to keepalives" }]);
	});

	it("leave every 25 s by UDP to whom something was sent, from the same socket, until nothing depends on it", async () => {
		const machine = new FakeMachine();
		machine.ours = ["192.0.2.1", "192.0.2.2"];
		machine.ways.set("198.51.100.1", "192.0.2.2");
		const { transports } = await opened({}, machine);
		// A registration is there once it has been answered.
		send(transports, UDP);
		transports.need(false);
		transports.need(true);
		machine.pass(50_000);
		expect(machine.sockets[1]?.sent.map(({ text }) => text)).toEqual([MESSAGE, PING, PING]);
		transports.need(false);
		machine.pass(100_000);
		expect(machine.sockets[1]?.sent).toHaveLength(3);
		transports.need(true);
		machine.pass(100_000);
		expect(machine.sockets[1]?.sent).toHaveLength(3);
		expect(machine.sockets[0]?.sent).toEqual([]);
	});

	it("leave for nobody who was only answered, however many ask", async () => {
		const { machine, transports } = await opened();
		transports.need(true);
		send(transports, UDP);
		const answer = bytesOf("SIP/2.0 200 OK\r\n\r\n");
		for (let host = 1; host <= 40; host++) transports.send(answer, { ...UDP, address: `203.0.113.${host}` });
		machine.pass(25_000);
		const kept = machine.sockets[0]?.sent.filter(({ text }) => text === PING).map(({ to }) => to);
		expect(kept).toEqual(["198.51.100.1 5060"]);
	});
});

describe("datagrams", () => {
	const datagram = (text: string) => ({
		from: { address: "203.0.113.9", port: 5060 },
		to: null,
		bytes: bytesOf(text),
		at: SECOND,
		stamp: "user" as const,
	});

	it("are told with our address, in memory of their own", async () => {
		const { machine, received } = await opened();
		const one = datagram(MESSAGE);
		machine.sockets[0]?.listener.received([one]);
		one.bytes.fill(0);
		const from = { transport: "udp", address: "203.0.113.9", port: 5060, ours: "192.0.2.1" };
		expect(received).toEqual([{ text: MESSAGE, from }]);
	});

	it.each([
		["nothing", ""],
		["empty lines", PING],
		["zeros", "\0\0\0\0"],
		["STUN", "\x00\x01\x00\x00\x21\x12\xa4\x42xxxxxxxxxxxx"],
	])("that hold %s are no messages", async (_, text) => {
		const { machine, received } = await opened();
		machine.sockets[0]?.listener.received([datagram(text)]);
		expect(received).toEqual([]);
	});

	it("leave from the address that the other end knows", async () => {
		const machine = new FakeMachine();
		machine.ours = ["192.0.2.1", "192.0.2.2"];
		const { transports } = await opened({}, machine);
		send(transports, { ...UDP, ours: "192.0.2.2" });
		expect(machine.sockets.map(({ sent }) => sent.length)).toEqual([0, 1]);
	});

	it("that cannot get there are told by their hop; full queues are not", async () => {
		const { machine, failed } = await opened();
		const error = { call: "icmp", address: null, errno: 111, errnoName: "ECONNREFUSED", code: "systemCall" } as const;
		machine.sockets[0]?.listener.failed(error, { address: "198.51.100.1", port: 5060 });
		machine.sockets[0]?.listener.failed({ ...error, code: "noBuffers" }, { address: "198.51.100.1", port: 5060 });
		expect(failed).toEqual([{ to: UDP, why: "ECONNREFUSED" }]);
	});

	it("of a family that there is no socket of are told to have no way, and not at once", async () => {
		const { machine, transports, failed } = await opened();
		send(transports, { ...UDP, address: "2001:db8::9" });
		expect(failed).toEqual([]);
		machine.pass(0);
		expect(failed).toMatchObject([{ why: "ENETUNREACH" }]);
	});
});
