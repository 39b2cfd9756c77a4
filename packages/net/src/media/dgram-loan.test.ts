import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { isSystemError } from "../errors.ts";
import { type DgramLoan, lendDgram } from "./dgram-loan.ts";

const obstacle = process.platform === "linux" ? null : "needs Linux";
const sockets = new Set<Socket>();
afterEach(() => {
	vi.useRealTimers();
	for (const socket of sockets) socket.close();
	sockets.clear();
});

async function bound(type: "udp4" | "udp6" = "udp4"): Promise<Socket> {
	const [address, family] = type === "udp4" ? ["127.0.0.1", 4] : ["::1", 6];
	// Every name is this machine's.
	const socket = createSocket({ type, lookup: (_name, _options, done) => done(null, address, family) });
	sockets.add(socket);
	socket.once("close", () => sockets.delete(socket));
	const listening = once(socket, "listening");
	socket.bind(0, address);
	await listening;
	return socket;
}

function lend(socket: Socket): DgramLoan {
	const loan = lendDgram(socket);
	if (isSystemError(loan)) throw new Error(`${loan.call} ${loan.errnoName}`);
	return loan;
}

/** What a socket hears from now on, as text. */
function heardBy(socket: Socket): string[] {
	const heard: string[] = [];
	socket.on("message", (message, { address, family, port, size }) => {
		heard.push(`${message} ${family} ${address} ${size} ${port === 0}`);
	});
	return heard;
}

describe.skipIf(obstacle !== null)(skippable("a dgram socket on loan", obstacle), () => {
	it.each(["udp4", "udp6"] as const)(
		"sends and hears as before, whatever form `send` is called in, %s",
		async (type) => {
			const [here, there] = [await bound(type), await bound(type)];
			const [heard, back] = [heardBy(there), heardBy(here)];
			const { port, address } = there.address();
			const loan = lend(here);
			const sent = vi.fn();
			here.send("one", port, address, sent);
			here.send(Buffer.from("two"), port, address);
			here.send(Buffer.from("- three -"), 2, 5, port, address, sent);
			here.send(["fo", Buffer.from("ur")], port, address, sent);
			here.send("five", port, "a.test", sent);
			await vi.waitFor(() => expect(sent).toHaveBeenCalledTimes(4));
			expect(sent.mock.calls.map(([error]) => error)).toEqual([null, null, null, null]);
			await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(4));
			const family = type === "udp4" ? "IPv4" : "IPv6";
			for (const [index, word] of ["one", "two", "three", "four"].entries()) {
				expect(heard[index]).toBe(`${word} ${family} ${address} ${word.length} false`);
			}
			there.send("back", here.address().port, here.address().address);
			await vi.waitFor(() => expect(back).toEqual([`back ${family} ${address} 4 false`]));
			loan.giveBack();
		},
	);

	it("calls back with errors like Node's own, and throws as Node does", async () => {
		const socket = await bound();
		lend(socket).giveBack();
		const failed = await new Promise<NodeJS.ErrnoException | null>((resolve) =>
			socket.send("x", 9, "255.255.255.255", resolve),
		);
		expect(failed).toMatchObject({ code: "EACCES", syscall: "send", message: "send EACCES 255.255.255.255:9" });
		expect(() => socket.send("x", 70_000, "127.0.0.1")).toThrow(RangeError);
	});

	it("loses nothing to a far end that refuses, of which Node says nothing", async () => {
		const [here, there, gone] = [await bound(), await bound(), await bound()];
		const { port: nobody } = gone.address();
		await new Promise<void>((resolve) => gone.close(resolve));
		const [heard, failed] = [heardBy(there), vi.fn()];
		here.on("error", failed);
		const loan = lend(here);
		for (let round = 0; round < 30; round++) {
			here.send("lost", nobody, "127.0.0.1");
			here.send(String(round), there.address().port, "127.0.0.1", (error) => error && failed(error));
		}
		await vi.waitFor(() => expect(heard.length).toBe(30));
		expect(failed).not.toHaveBeenCalled();
		loan.giveBack();
	});

	it("works when it is connected, towards that end alone", async () => {
		const [here, there] = [await bound(), await bound()];
		const heard = heardBy(there);
		const connected = once(here, "connect");
		here.connect(there.address().port, "127.0.0.1");
		await connected;
		const loan = lend(here);
		here.send("one");
		here.send(Buffer.from("- two"), 2, 3);
		await vi.waitFor(() => expect(heard.map((line) => line.split(" ")[0])).toEqual(["one", "two"]));
		const need = { kind: "borrowed", transport: "udp", protocol: 17, ports: "one" } as const;
		const request = { need, family: 4, target: "127.0.0.1", port: 1 } as Parameters<typeof loan.socket.borrow>[0];
		expect(loan.socket.borrow(request)).toMatchObject({ code: "unsupportedProtocol", errnoName: "EISCONN" });
		loan.giveBack();
	});

	it("is shared by those who borrow it at one time, and Node's again a second after the last", async () => {
		const [here, there] = [await bound(), await bound()];
		const own = here.send;
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		const [one, two] = [lend(here), lend(here)];
		expect(two.socket).toBe(one.socket);
		const guarded = here.send;
		expect(guarded).not.toBe(own);
		one.giveBack();
		one.giveBack();
		vi.advanceTimersByTime(5_000);
		expect(here.send).toBe(guarded);
		two.giveBack();
		vi.advanceTimersByTime(999);
		expect(here.send).toBe(guarded);
		vi.advanceTimersByTime(1);
		expect(here.send).toBe(own);
		vi.useRealTimers();
		const back = heardBy(here);
		there.send("again", here.address().port, "127.0.0.1");
		await vi.waitFor(() => expect(back.length).toBe(1));
		expect(two.socket.send({ address: "127.0.0.1", port: 9 }, new Uint8Array(1))?.errnoName).toBe("EBADF");
	});

	it("comes back without errors of Node's, though some were pending", async () => {
		const [here, gone] = [await bound(), await bound()];
		const { port: nobody } = gone.address();
		await new Promise<void>((resolve) => gone.close(resolve));
		const failed = vi.fn();
		here.on("error", failed);
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		lend(here).giveBack();
		here.send("lost", nobody, "127.0.0.1");
		vi.advanceTimersByTime(1_000);
		vi.useRealTimers();
		const error = await new Promise((resolve) => here.send("x", here.address().port, "127.0.0.1", resolve));
		expect(error).toBeNull();
		expect(failed).not.toHaveBeenCalled();
	});

	it("ends its loan when its owner closes it", async () => {
		const socket = await bound();
		const loan = lend(socket);
		await new Promise<void>((resolve) => socket.close(resolve));
		expect(loan.socket.send({ address: "127.0.0.1", port: 9 }, new Uint8Array(1))?.errnoName).toBe("EBADF");
		loan.giveBack();
	});

	it("must be bound, open, and Node's own", async () => {
		const unbound = createSocket("udp4");
		expect(lendDgram(unbound)).toMatchObject({ call: "lend dgram", errnoName: "EINVAL" });
		unbound.close();
		expect(lendDgram(unbound)).toMatchObject({ errnoName: "EBADF" });
		const foreign = { address: () => ({ address: "127.0.0.1", port: 1, family: "IPv4" }) } as unknown as Socket;
		expect(lendDgram(foreign)).toMatchObject({ code: "unsupportedPlatform", errnoName: "ENOSYS" });
	});
});
