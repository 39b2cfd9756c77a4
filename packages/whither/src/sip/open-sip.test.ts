import { decodeUtf8 } from "@whither/wire";
import { describe, expect, it, vi } from "vitest";
import { SipAgent } from "./agent/agent.ts";
import type { SipEvent } from "./agent/agent-io.ts";
import { openSipOn } from "./open-sip.ts";
import type { SipOrder, SipUser } from "./sip-io.ts";
import type { SipNames } from "./transport/locate.ts";
import { bytesOf, FakeMachine } from "./transport/machine.fixture.ts";

const BODY = { type: "application/sdp", text: "v=0\r\n" };
const ACCOUNT = { address: "sip:me@example.com", outboundProxy: "sip:proxy.example.com;transport=tcp;lr" };

interface World {
	readonly user: SipUser;
	readonly machine: FakeMachine;
	readonly events: SipEvent[];
	readonly log: string[];
	readonly isClosed: () => boolean;
}

async function opened(order: Partial<SipOrder>, react: (user: SipUser, event: SipEvent) => void = () => {}) {
	const [machine, events, log] = [new FakeMachine(), [] as SipEvent[], [] as string[]];
	let isClosed = false;
	const names: SipNames & { close(): void } = {
		own: (name) => (name === "proxy.example.com" ? ["198.51.100.1"] : []),
		naptr: async () => [],
		srv: async () => [],
		addresses: async () => {
			throw new Error("a defect");
		},
		close: () => {
			isClosed = true;
		},
	};
	const user = await openSipOn(
		machine,
		names,
		{ account: ACCOUNT, product: "test", ...order },
		{
			event: (event) => {
				events.push(event);
				react(user as SipUser, event);
			},
			failed: (hop, why) => log.push(`failed ${hop.address} ${why}`),
			message: ({ direction, hop, bytes }) =>
				log.push(`${direction} ${hop.transport} ${hop.address} ${decodeUtf8(bytes).split("\r\n")[0]}`),
		},
	);
	if ("code" in user) throw new Error(user.code);
	return { user, machine, events, log, isClosed: () => isClosed } satisfies World;
}

/** Lets whatever waits for a promise go on. */
async function settled(): Promise<void> {
	for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** 200 to the last request on the first stream. */
function answered({ machine }: World, fields: readonly string[]): void {
	const [stream] = machine.streams;
	const lines = stream?.sent.at(-1)?.split("\r\n") ?? [];
	const copied = lines.filter((line) => /^(Via|From|Call-ID|CSeq|Contact):/.test(line));
	const to = lines.find((line) => line.startsWith("To:"));
	const text = ["SIP/2.0 200 OK", ...copied, `${to};tag=them`, ...fields, "Content-Length: 0", "", ""].join("\r\n");
	stream?.listener.received(bytesOf(text), machine.now());
}

describe("a user agent on a machine", () => {
	it("finds its proxy, sends by the connection there, and tells what came and went", async () => {
		const world = await opened({});
		world.user.register(600);
		await settled();
		expect(world.machine.streams.map(({ to }) => `${to?.transport} ${to?.address} ${to?.port}`)).toEqual([
			"tcp 198.51.100.1 5060",
		]);
		answered(world, ["Expires: 600"]);
		expect(world.log).toEqual([
			"out tcp 198.51.100.1 REGISTER sip:example.com SIP/2.0",
			"in tcp 198.51.100.1 SIP/2.0 200 OK",
		]);
		expect(world.events).toMatchObject([{ kind: "registered", expiresSeconds: 600 }]);
	});

	it("keeps up the way to its registrar for as long as it is registered", async () => {
		const world = await opened({});
		world.user.register();
		await settled();
		world.machine.streams[0]?.listener.opened({
			local: { address: "192.0.2.1", port: 1 },
			remote: { address: "198.51.100.1", port: 5060 },
		});
		answered(world, ["Expires: 600"]);
		world.machine.pass(190_000);
		expect(world.machine.streams[0]?.sent.slice(1)).toEqual(["\r\n\r\n"]);
		expect(world.machine.streams[0]?.state).toBe("open");
	});

	it("numbers its calls, each of which ends where its URI leads nowhere, whatever goes wrong in looking it up", async () => {
		const world = await opened({ account: { address: "sip:me@example.com" } });
		const calls = ["sip:a@nowhere.example", "sip:b@nowhere.example"].map((to) => world.user.call(to, { body: BODY }));
		await settled();
		expect(calls).toEqual([1, 2]);
		expect(world.events).toMatchObject([
			{ kind: "ended", call: 1, end: { code: "notFound" } },
			{ kind: "ended", call: 2, end: { code: "notFound" } },
		]);
	});

	it("does what is wanted of it from within an event after that event", async () => {
		const order: string[] = [];
		const world = await opened({}, (user, event) => {
			if (event.kind !== "ended") return;
			order.push(`${event.call} begins`);
			if (event.call < 3) user.call("no URI", { body: BODY });
			order.push(`${event.call} is over`);
		});
		world.user.call("no URI", { body: BODY });
		expect(order).toEqual([1, 2, 3].flatMap((call) => [`${call} begins`, `${call} is over`]));
	});

	it("passes over a message that meets a defect of ours, and goes on", async () => {
		const world = await opened({});
		const step = vi.spyOn(SipAgent.prototype, "step").mockImplementationOnce(() => {
			throw new Error("a defect");
		});
		const [socket] = world.machine.sockets;
		const from = { address: "198.51.100.9", port: 5060 };
		const said = () =>
			socket?.listener.received([{ from, to: null, bytes: bytesOf("hello"), at: world.machine.now(), stamp: "user" }]);
		said();
		said();
		step.mockRestore();
		expect(world.log).toEqual(["in udp 198.51.100.9 hello", "failed 198.51.100.9 defect", "in udp 198.51.100.9 hello"]);
	});

	it("is closed at once where there is nothing to end, and hears nothing more", async () => {
		const world = await opened({});
		await world.user.close();
		expect(world.events).toEqual([{ kind: "closed" }]);
		expect(world.machine.sockets.every(({ isOpen }) => !isOpen)).toBe(true);
		expect(world.isClosed()).toBe(true);
		expect(world.machine.timers).toBe(0);
		world.user.call("sip:a@example.com", { body: BODY });
		await world.user.close();
		expect(world.events).toHaveLength(1);
	});

	it("is closed within five seconds where nobody answers", async () => {
		const world = await opened({});
		world.user.register();
		await settled();
		answered(world, ["Expires: 600"]);
		const done = world.user.close();
		world.machine.pass(4_499);
		expect(world.isClosed()).toBe(false);
		world.machine.pass(1);
		await done;
		expect(world.isClosed()).toBe(true);
		world.machine.pass(1_000);
		expect(world.machine.timers).toBe(0);
	});
});
