import { type Instant, MILLISECOND } from "@whither/core";
import {
	decodeTcp,
	encodeTcp,
	isDecodeError,
	TCP_FLAGS,
	type TcpHeader,
	type TcpOption,
	tcpOption,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";
import { buildPacket, readPacket } from "./packet.ts";
import { Random } from "./random.ts";
import type { HostSpec, TcpSpec } from "./scenario.ts";
import { synOptions } from "./syn-options.ts";
import { TcpEndpoint } from "./tcp-endpoint.ts";

const { syn, ack, psh, fin, rst, ece, cwr } = TCP_FLAGS;
const ENDS = { family: 4, source: "192.0.2.1", destination: "192.0.2.2" } as const;
const SEQUENCE = 1000;
const SERVER = 5000;

interface Heard {
	readonly at: Instant;
	readonly header: TcpHeader;
	readonly text: string;
}

/** A host with one open port, and a client that writes its segments by hand. */
class Desk {
	readonly heard: Heard[] = [];
	readonly endpoint: TcpEndpoint;
	readonly #timers = new EventQueue<() => void>();

	constructor(tcp: TcpSpec = {}) {
		const host: HostSpec = { kind: "host", tcpPorts: { open: [80] }, tcp: { initialSequence: SERVER, ...tcp } };
		this.endpoint = new TcpEndpoint({
			...{ node: "server", host, ttl: 64, random: new Random(1), nextIdentification: () => 1 },
			send: (bytes, at) => {
				const tcp = decodeTcp(readPacket(bytes)!.payload);
				if (isDecodeError(tcp)) throw new Error("no TCP");
				this.heard.push({ at, header: tcp.header, text: String.fromCharCode(...tcp.payload) });
			},
			schedule: (at, action) => this.#timers.push(at, action),
		});
	}

	/** Sends a segment and says whether the endpoint took it. */
	send(
		flags: number,
		fields: { sequence?: number; length?: number; options?: readonly TcpOption[]; at?: Instant } = {},
	) {
		const { sequence = SEQUENCE + 1, length = 0, options = [], at = 0 } = fields;
		const acknowledgment = flags & ack ? SERVER + 1 : 0;
		const header = { ...ENDS, sourcePort: 4000, destinationPort: 80, sequence, acknowledgment, flags, options };
		const packet = buildPacket({ ...ENDS, protocol: 6, ttl: 64 }, encodeTcp(header, new Uint8Array(length)));
		return this.endpoint.receive(readPacket(packet)!, at);
	}

	/** SYN and the acknowledgment of its answer, `rtt` later. */
	connect(options = synOptions(4, 77), rtt = 100 * MILLISECOND): void {
		this.send(syn, { sequence: SEQUENCE, options });
		this.send(ack, { at: rtt });
		this.heard.length = 0;
	}

	/** Lets time pass. */
	wait(until: Instant): void {
		for (let next = this.#timers.nextAt; next !== null && next <= until; next = this.#timers.nextAt) {
			this.#timers.pop()?.item();
		}
	}

	/** Left edges of the blocks of each acknowledgment so far, relative to the gap. */
	get edges(): number[][] {
		return this.heard.map(({ header }) =>
			header.options.flatMap((option) =>
				option.name === "sack" ? option.value.map(({ start }) => start - SEQUENCE - 1) : [],
			),
		);
	}
}

const names = (header: TcpHeader) => header.options.map(({ name }) => name).filter((name) => name !== "noOperation");

describe("the handshake", () => {
	it("answers a SYN with what was offered of options, and echoes its timestamp", () => {
		const desk = new Desk();
		desk.send(syn, { sequence: SEQUENCE, options: synOptions(4, 77) });
		const [answer] = desk.heard;
		expect(answer?.header).toMatchObject({ flags: syn | ack, sequence: SERVER, acknowledgment: SEQUENCE + 1 });
		expect(names(answer!.header)).toEqual(["maximumSegmentSize", "sackPermitted", "timestamps", "windowScale"]);
		expect(answer?.header.options).toContainEqual(
			expect.objectContaining({ value: expect.objectContaining({ echo: 77 }) }),
		);
	});

	it("answers a bare SYN with the MSS alone", () => {
		const desk = new Desk({ mss: 1234 });
		desk.send(syn, { sequence: SEQUENCE });
		expect(desk.heard[0]?.header.options.filter(({ name }) => name !== "noOperation")).toEqual([
			tcpOption("maximumSegmentSize", 1234),
		]);
	});

	it("leaves out what the host does not speak", () => {
		const desk = new Desk({ sack: false, timestamps: false });
		desk.send(syn, { sequence: SEQUENCE, options: synOptions(4, 77) });
		expect(names(desk.heard[0]!.header)).toEqual(["maximumSegmentSize", "windowScale"]);
	});

	it("agrees to ECN only where the host speaks it", () => {
		for (const [tcp, flags] of [
			[{ ecn: true }, syn | ack | ece],
			[{}, syn | ack],
		] as const) {
			const desk = new Desk(tcp);
			desk.send(syn | ece | cwr, { sequence: SEQUENCE });
			expect(desk.heard[0]?.header.flags).toBe(flags);
		}
	});

	it("takes nothing that belongs to no connection", () => {
		const desk = new Desk();
		expect(desk.send(ack)).toBe(false);
		expect(desk.send(rst)).toBe(false);
	});

	it("is answered the same way when a SYN is repeated", () => {
		const desk = new Desk();
		desk.send(syn, { sequence: SEQUENCE });
		desk.send(syn, { sequence: SEQUENCE });
		expect(desk.heard[1]?.header).toEqual(desk.heard[0]?.header);
		expect(desk.endpoint.connections).toHaveLength(1);
	});

	it("is undone by a reset, and begun anew by another SYN", () => {
		const desk = new Desk();
		desk.send(syn, { sequence: SEQUENCE });
		desk.send(syn, { sequence: 9 });
		expect(desk.heard[1]?.header.acknowledgment).toBe(10);
		desk.send(rst, { sequence: 10 });
		expect(desk.endpoint.connections.map(({ state }) => state)).toEqual(["reset"]);
		expect(desk.send(ack, { sequence: 10 })).toBe(false);
	});
});

describe("data behind a hole", () => {
	const probe = (desk: Desk, offset: number, at = 200 * MILLISECOND) =>
		desk.send(psh | ack, { sequence: SEQUENCE + 1 + offset, length: 1, at });

	it("is acknowledged at once three times, newest block first, and then after a millisecond together", () => {
		const desk = new Desk();
		desk.connect();
		for (const offset of [2, 4, 6, 8]) probe(desk, offset);
		expect(desk.edges).toEqual([[2], [4, 2], [6, 4, 2]]);
		desk.wait(201 * MILLISECOND);
		expect(desk.edges.at(-1)).toEqual([8, 6, 4]);
		expect(desk.heard.at(-1)?.at).toBe(201 * MILLISECOND);
		expect(desk.endpoint.connections[0]).toMatchObject({ state: "established", delivered: 0 });
	});

	it("waits no longer than a twentieth of the round trip", () => {
		const desk = new Desk();
		desk.connect(synOptions(4, 77), 10 * MILLISECOND);
		for (const offset of [2, 4, 6, 8]) probe(desk, offset);
		desk.wait(200.5 * MILLISECOND);
		expect(desk.heard).toHaveLength(4);
	});

	it("is acknowledged before a block would be pushed out of the four", () => {
		const desk = new Desk();
		desk.connect();
		for (const offset of [2, 4, 6, 8, 10]) probe(desk, offset);
		expect(desk.edges).toEqual([[2], [4, 2], [6, 4, 2], [8, 6, 4]]);
	});

	it("is acknowledged at once every time where acknowledgments do not wait, or blocks are not agreed on", () => {
		for (const tcp of [{ compressesSacks: false }, { sack: false }] as const) {
			const desk = new Desk(tcp);
			desk.connect();
			for (const offset of [2, 4, 6, 8, 10]) probe(desk, offset);
			expect(desk.heard).toHaveLength(5);
			expect(desk.heard.every(({ header }) => header.acknowledgment === SEQUENCE + 1)).toBe(true);
			expect(desk.edges.at(-1)).toEqual("sack" in tcp ? [] : [10, 8, 6]);
		}
	});

	it("has four blocks to an acknowledgment without timestamps", () => {
		const desk = new Desk({ timestamps: false, compressesSacks: false });
		desk.connect();
		for (const offset of [2, 4, 6, 8, 10]) probe(desk, offset);
		expect(desk.edges.at(-1)).toEqual([10, 8, 6, 4]);
	});

	it("is told twice when it came twice", () => {
		const desk = new Desk();
		desk.connect();
		for (const offset of [2, 4, 2]) probe(desk, offset);
		expect(desk.edges.at(-1)).toEqual([2, 2, 4]);
	});

	it("echoes the last timestamp that came in order, and drops segments with an older one", () => {
		const desk = new Desk({ compressesSacks: false });
		desk.connect();
		const stamped = (value: number) => [tcpOption("timestamps", { value, echo: 0 })];
		const echo = () => {
			const option = desk.heard.at(-1)?.header.options.find(({ name }) => name === "timestamps");
			return option?.name === "timestamps" ? option.value.echo : null;
		};
		desk.send(psh | ack, { sequence: SEQUENCE + 3, length: 1, options: stamped(90) });
		expect(echo()).toBe(77);
		desk.send(psh | ack, { sequence: SEQUENCE + 5, length: 1, options: stamped(76) });
		expect(desk.edges.at(-1)).toEqual([2]);
	});

	it("is forgotten at the end, which is acknowledged and answered", () => {
		const desk = new Desk();
		desk.connect();
		probe(desk, 2);
		desk.send(fin | ack);
		expect(desk.heard.at(-1)?.header).toMatchObject({ flags: fin | ack, acknowledgment: SEQUENCE + 2 });
		expect(desk.endpoint.connections).toEqual([{ node: "server", port: 80, state: "closed", delivered: 0 }]);
	});

	it("is delivered, and counted, when the hole is filled", () => {
		const desk = new Desk();
		desk.connect();
		probe(desk, 1);
		probe(desk, 0);
		expect(desk.endpoint.connections[0]?.delivered).toBe(2);
	});
});

describe("a server with a will of its own", () => {
	it("speaks first", () => {
		const desk = new Desk({ speaksFirst: "220 hello" });
		desk.send(syn, { sequence: SEQUENCE });
		desk.send(ack);
		expect(desk.heard.at(-1)).toMatchObject({ text: "220 hello", header: { sequence: SERVER + 1 } });
	});

	it("resets after its time", () => {
		const desk = new Desk({ resetsAfterMs: 5 });
		desk.connect();
		desk.wait(105 * MILLISECOND);
		expect(desk.heard.at(-1)?.header.flags).toBe(rst | ack);
		expect(desk.send(psh | ack, { length: 1 })).toBe(false);
	});
});
