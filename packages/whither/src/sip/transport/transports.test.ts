import { describe, expect, it } from "vitest";
import { FakeMachine } from "./machine.fixture.ts";
import { hears, MESSAGE, opened, opens, send, TCP, TLS } from "./transports.fixture.ts";
import { SipTransports } from "./transports.ts";

describe("the places", () => {
	it("are UDP and TCP at every address, and TLS may be spoken without being listened for", async () => {
		const machine = new FakeMachine();
		machine.ours = ["192.0.2.1", "2001:db8::1"];
		const { transports } = await opened({}, machine);
		expect(transports.local.map(({ transport, address, port }) => `${transport} ${address} ${port}`)).toEqual([
			"udp 192.0.2.1 40001",
			"udp 2001:db8::1 40002",
			"tcp 192.0.2.1 50001",
			"tcp 2001:db8::1 50002",
			"tls 192.0.2.1 5061",
			"tls 2001:db8::1 5061",
		]);
	});

	it("of TLS want a certificate, and what was opened before is closed again", async () => {
		const machine = new FakeMachine();
		const places = (["udp", "tls"] as const).map((transport) => ({ transport, address: null, port: 0 }));
		const failure = await SipTransports.open({ places }, { received: () => {}, failed: () => {} }, machine);
		expect(failure).toMatchObject({ code: "noCertificate" });
		expect(machine.sockets.every(({ isOpen }) => !isOpen)).toBe(true);
		expect(machine.timers).toBe(0);
	});

	it("are those that are left, where an address has gone that nobody asked for by itself", async () => {
		const machine = new FakeMachine();
		machine.ours = ["192.0.2.1", "2001:db8::1"];
		machine.gone.add("192.0.2.1");
		const { transports } = await opened({}, machine);
		expect(transports.local.map(({ address }) => address)).toEqual(["2001:db8::1", "2001:db8::1", "2001:db8::1"]);
		const places = [{ transport: "udp", address: "192.0.2.1", port: 5060 } as const];
		const failure = await SipTransports.open({ places }, { received: () => {}, failed: () => {} }, machine);
		expect(failure).toMatchObject({ code: "cannotListen", place: places[0] });
		machine.gone.add("2001:db8::1");
		expect(await SipTransports.open({}, { received: () => {}, failed: () => {} }, machine)).toEqual({
			code: "noAddress",
		});
		expect(machine.timers).toBe(1);
	});

	it("are none where there is no address", async () => {
		const machine = new FakeMachine();
		machine.ours = [];
		const failure = await SipTransports.open({}, { received: () => {}, failed: () => {} }, machine);
		expect(failure).toEqual({ code: "noAddress" });
	});
});

describe("a connection", () => {
	it("is opened when something is to be sent, and used again for the same hop", async () => {
		const { machine, transports } = await opened();
		send(transports, TCP);
		send(transports, TCP);
		expect(machine.streams).toHaveLength(1);
		expect(machine.streams[0]?.sent).toEqual([MESSAGE, MESSAGE]);
		send(transports, { ...TCP, port: 5070 });
		send(transports, { ...TLS, serverName: "other.example" });
		send(transports, TLS);
		send(transports, TLS);
		expect(machine.streams.map(({ to }) => `${to?.transport} ${to?.port} ${to?.serverName}`)).toEqual([
			"tcp 5060 undefined",
			"tcp 5070 undefined",
			"tls 5061 other.example",
			"tls 5061 example.com",
		]);
	});

	it("tells its messages with its number, and an answer goes back on it", async () => {
		const { machine, transports, received } = await opened();
		const stream = machine.comes("203.0.113.9", 33_333);
		hears(stream, MESSAGE);
		const from = received[0]?.from ?? TCP;
		expect(from).toMatchObject({ transport: "tcp", address: "203.0.113.9", port: 33_333, ours: "192.0.2.1" });
		send(transports, { ...from, port: 5060 });
		expect(stream.sent).toEqual([MESSAGE]);
		expect(machine.streams).toHaveLength(1);
	});

	it("that has gone is opened anew for an answer, to where its hop says", async () => {
		const { machine, transports, received, failed } = await opened();
		const stream = machine.comes("203.0.113.9", 33_333);
		hears(stream, MESSAGE);
		stream.listener.closed(null);
		expect(failed).toMatchObject([{ to: { port: 33_333, connection: received[0]?.from.connection } }]);
		send(transports, { ...(received[0]?.from ?? TCP), port: 5060 });
		expect(machine.streams[1]?.to).toMatchObject({ address: "203.0.113.9", port: 5060 });
	});

	it("that another opened is used for what goes to that very place, but for no name", async () => {
		const machine = new FakeMachine();
		const place = { address: null, port: 0 };
		const tls = { certificate: "c", key: "k" };
		const { transports } = await opened({ places: [{ transport: "tls", ...place }], tls }, machine);
		const stream = machine.comes("203.0.113.9", 33_333);
		const there = { transport: "tls", address: "203.0.113.9", port: 33_333 } as const;
		send(transports, { ...there, serverName: "bank.example" });
		expect(stream.sent).toEqual([]);
		send(transports, { ...there, serverName: "203.0.113.9" });
		expect(stream.sent).toEqual([MESSAGE]);
	});

	it("that does not come to stand is told after a while, by its hop", async () => {
		const { machine, transports, failed } = await opened();
		send(transports, TCP);
		machine.pass(7_999);
		expect(failed).toEqual([]);
		machine.pass(1);
		expect(failed).toEqual([{ to: TCP, why: "ETIMEDOUT" }]);
		expect(machine.streams[0]?.state).toBe("destroyed");
	});

	it("that breaks is told by the system's name, once", async () => {
		const { machine, transports, failed } = await opened();
		send(transports, TLS);
		const error = { code: "tls", reason: "CERT_HAS_EXPIRED", about: "certificate has expired" } as const;
		machine.streams[0]?.listener.closed(error);
		machine.streams[0]?.listener.closed(null);
		expect(failed).toEqual([{ to: TLS, why: "CERT_HAS_EXPIRED" }]);
	});

	it("whose other end takes nothing is given up", async () => {
		const { machine, transports, failed } = await opened();
		send(transports, TCP);
		opens(machine.streams[0]);
		if (machine.streams[0] !== undefined) machine.streams[0].waitingBytes = 600_000;
		send(transports, TCP);
		expect(failed).toEqual([{ to: TCP, why: "it takes nothing" }]);
	});

	it("on which no message can be found any more is given up, after those that could", async () => {
		const { machine, transports, received, failed } = await opened();
		send(transports, TCP);
		hears(machine.streams[0], `${MESSAGE}GET / HTTP/1.1\r\nHost: x\r\n\r\n`);
		expect(received.map(({ text }) => text)).toEqual([MESSAGE]);
		expect(failed).toHaveLength(1);
		expect(machine.streams[0]?.state).toBe("destroyed");
	});

	it("makes room where there are sixty-four, the one that was used longest ago", async () => {
		const { machine, transports } = await opened();
		for (let port = 1; port <= 64; port++) {
			machine.pass(1);
			send(transports, { ...TCP, port });
		}
		send(transports, { ...TCP, port: 1 });
		machine.pass(1);
		send(transports, { ...TCP, port: 65 });
		const gone = machine.streams.filter(({ state }) => state !== "open");
		expect(gone.map(({ to }) => to?.port)).toEqual([2]);
	});

	it("ends two minutes after its last message where nothing depends on it", async () => {
		const { machine, transports, failed } = await opened();
		send(transports, TCP);
		opens(machine.streams[0]);
		machine.pass(120_000);
		expect(machine.streams[0]?.state).toBe("open");
		machine.pass(5_000);
		expect(machine.streams[0]?.state).toBe("closing");
		expect(failed).toEqual([]);
	});
});

describe("closing", () => {
	it("ends everything, after what was sent, or a moment later", async () => {
		const { machine, transports, failed } = await opened();
		send(transports, TCP);
		opens(machine.streams[0]);
		transports.close();
		expect(machine.sockets.every(({ isOpen }) => !isOpen)).toBe(true);
		expect(machine.closedServers).toBe(1);
		expect(machine.streams[0]?.state).toBe("closing");
		machine.pass(1_000);
		expect(machine.streams[0]?.state).toBe("destroyed");
		expect(machine.timers).toBe(0);
		expect(failed).toEqual([]);
	});

	it("does not wait for an end that has gone", async () => {
		const { machine, transports } = await opened();
		send(transports, TCP);
		opens(machine.streams[0]);
		transports.close();
		machine.streams[0]?.listener.closed(null);
		expect(machine.timers).toBe(0);
	});
});
