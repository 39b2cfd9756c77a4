import type { StunAddress } from "@whither/wire";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeMachine, FakeNetwork, hostAt } from "./fake-machine.fixture.ts";
import type { IceConnectionEvent, IceDatagram, IceOrder } from "./ice-io.ts";
import { IceRun } from "./ice-run.ts";

const HOST = hostAt("192.0.2.1");
const SERVER = { address: "203.0.113.1", port: 3478 };
const RELAYED = { address: "203.0.113.1", port: 50_000 };
/** A phone that knows no ICE: it receives at one port, and sends from another. */
const PHONE = { address: "198.51.100.9", port: 7000 };
const MEDIA = Uint8Array.of(0x80, 0, 1);

let network: FakeNetwork;
let machine: FakeMachine;
let heard: { readonly from: StunAddress; readonly bytes: Uint8Array }[];

beforeEach(() => {
	network = new FakeNetwork();
	machine = new FakeMachine(network, [HOST], 1);
	heard = [];
	network.receivers.set(`${PHONE.address} ${PHONE.port}`, (from, bytes) => heard.push({ from, bytes }));
});

function opened(order: Partial<IceOrder> = {}) {
	const events: IceConnectionEvent[] = [];
	const data: IceDatagram[] = [];
	const listener = {
		event: (event: IceConnectionEvent) => events.push(event),
		data: (one: IceDatagram) => data.push(one),
	};
	return { events, data, connection: new IceRun({ role: "controlling", ...order }, listener, machine) };
}

const media = () => heard.filter(({ bytes }) => bytes[0] === MEDIA[0]);

describe("a connection with a peer that speaks no ICE", () => {
	it("sends where the peer said, hears it from whichever port, and leaves nothing behind", async () => {
		const { connection, data, events } = opened();
		await network.pass(10);
		// What it said of ICE before does not count any more.
		connection.peer({ ufrag: "peer", pwd: "0123456789012345678901" });
		connection.withoutIce({ to: PHONE });
		expect(connection.state).toBe("completed");
		connection.send(MEDIA);
		await network.pass(10);
		expect(media()).toMatchObject([{ from: { address: HOST.address } }]);
		const base = events.find((event) => event.kind === "base");
		const to = { address: HOST.address, port: base?.at.port ?? 0 };
		network.carry({ ...PHONE, port: 7900 }, to, MEDIA);
		await network.pass(10);
		expect(data).toMatchObject([
			{ stream: 0, component: 1, from: { ...PHONE, port: 7900 }, kind: "rtp", bytes: MEDIA },
		]);
		expect(connection.flow()).toMatchObject({ remote: PHONE, relay: null, stun: null });
		const closing = connection.close();
		await network.pass(10);
		await closing;
		expect(machine.open.size).toBe(0);
	});

	it("goes by the relay that its description named, which may send there by then", async () => {
		const relays = [{ legs: [{ transport: "udp", server: SERVER }], credentials: undefined }] as const;
		const { connection } = opened({ relays });
		await network.pass(10);
		const [relay] = machine.relays;
		relay?.allocate(RELAYED);
		connection.withoutIce({ to: PHONE, named: RELAYED });
		connection.send(MEDIA);
		await network.pass(10);
		expect(relay?.permitted).toContain(PHONE.address);
		expect(relay?.sent.some(({ bytes }) => bytes[0] === MEDIA[0])).toBe(true);
		expect([connection.flow()?.relay?.relayed, connection.flow()?.stun]).toEqual([RELAYED, null]);
		const closing = connection.close();
		await network.pass(5000);
		await closing;
	});

	it("stays while nothing comes, and shows the NAT that it is there", async () => {
		const { connection } = opened();
		await network.pass(10);
		connection.withoutIce({ to: PHONE });
		await network.pass(60_000);
		expect(connection.state).toBe("completed");
		expect(heard.length).toBeGreaterThanOrEqual(3);
		await connection.close();
	});
});
