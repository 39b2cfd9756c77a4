import { type ChannelInput, type Instant, MILLISECOND, SECOND } from "@whither/core";
import { decodeTcp, encodeTcp, isDecodeError, TCP_FLAGS, type TcpHeader } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { Internet } from "./internet.ts";
import { readPacket } from "./packet.ts";
import type { HostSpec, LinkSpec, RouterSpec, TcpSpec } from "./scenario.ts";
import { path } from "./scenarios/path.ts";
import { SessionChannel } from "./session-channel.ts";

const { syn, ack, psh, fin, rst } = TCP_FLAGS;

interface Setting {
	readonly target?: Omit<HostSpec, "kind">;
	readonly router?: Omit<RouterSpec, "kind">;
	readonly source?: TcpSpec;
	readonly connections?: number;
	readonly link?: Omit<LinkSpec, "between">;
}

/** source - r1 - target with 10 ms a link, and connections to port 80. */
class Desk {
	readonly internet: Internet;
	readonly channel: SessionChannel;
	readonly inputs: ChannelInput[] = [];

	constructor(family: 4 | 6, setting: Setting = {}) {
		const { target = { tcpPorts: { open: [80] } }, router = {}, connections = 1, link = {} } = setting;
		const topology = path({ routers: 1, delayMs: 10, target, router: { r1: router }, link: { 0: link } });
		const source: HostSpec = { kind: "host", ...(setting.source && { tcp: setting.source }) };
		const scenario = {
			...{ name: "", about: "", ...topology, nodes: { ...topology.nodes, source } },
			...{ trace: { from: "source", to: "target" }, lab: true as const },
			expect: { reached: true, stopReason: "reached", hops: [] },
		} as const;
		this.internet = new Internet({ scenario, family, seed: 1 });
		this.channel = new SessionChannel({
			...{ internet: this.internet, node: "source", target: this.internet.address("target"), port: 80, connections },
			need: { kind: "session", transport: "ip", protocol: 6, ports: "none" },
			...{ sourcePort: null, tos: 0xb9, flowLabel: 0, dontFragment: false, portCount: 0, seed: 3, now: 0 },
		});
	}

	/** Lets time pass, and everything that comes with it be read. */
	advance(to: Instant): this {
		this.internet.advance(to);
		this.inputs.push(...this.channel.read());
		return this;
	}

	/** Segments that the source put on its link, in order. */
	get sent(): TcpHeader[] {
		return this.internet.packets
			.filter(({ node, action }) => node === "source" && action === "send")
			.flatMap(({ packet }) => {
				const tcp = decodeTcp(readPacket(packet)!.payload);
				return isDecodeError(tcp) ? [] : [tcp.header];
			});
	}

	get opened() {
		const input = this.inputs.find(({ type }) => type === "opened");
		if (input?.type !== "opened") throw new Error(`no connection: ${JSON.stringify(this.inputs)}`);
		return input.sessions;
	}

	/** Sends one byte behind a hole. */
	probe(ttl: number, now: Instant, tos?: number): void {
		const [session] = this.opened;
		const { family } = this.internet;
		const source = this.channel.source;
		const destination = this.internet.address("target");
		const ports = { sourcePort: session!.sourcePort, destinationPort: 80 };
		const numbers = { sequence: (session!.sendNext + 2) >>> 0, acknowledgment: session!.receiveNext };
		const fields = { family, source, destination, ...ports, ...numbers, flags: psh | ack };
		const bytes = encodeTcp(fields, Uint8Array.of(1));
		const packet = { transport: "ip", protocol: 6, ...ports, bytes } as const;
		this.channel.send([{ sequence: 0, ttl, packet, ...(tos === undefined ? {} : { tos }) }], now);
	}
}

describe.each([4, 6] as const)("a session over IPv%i", (family) => {
	it("stands after one round trip, and tells what was agreed", () => {
		const desk = new Desk(family).advance(40 * MILLISECOND);
		const [first, second] = desk.sent;
		expect(desk.sent.map(({ flags }) => flags)).toEqual([syn, ack]);
		expect(desk.opened).toEqual([
			{
				sourcePort: first?.sourcePort,
				sendNext: second?.sequence,
				receiveNext: second?.acknowledgment,
				synAckTtl: 63,
				window: 64_240,
				mss: family === 4 ? 1460 : 1440,
				sackOffered: true,
				sackPermitted: true,
				timestamps: { value: expect.any(Number), echo: expect.any(Number) },
				rttNs: 40 * MILLISECOND,
			},
		]);
	});

	it("opens several connections and tells of them when all stand", () => {
		const desk = new Desk(family, { connections: 3 }).advance(40 * MILLISECOND);
		expect(desk.opened.map(({ sourcePort }) => sourcePort)).toEqual(desk.channel.sourcePorts);
		expect(new Set(desk.channel.sourcePorts).size).toBe(3);
	});

	it("begins with the sequence number it is told, and goes on past the end", () => {
		const desk = new Desk(family, { source: { initialSequence: 0xffff_ffff } }).advance(40 * MILLISECOND);
		expect(desk.opened[0]?.sendNext).toBe(0);
	});

	it("has no timestamps where its own host speaks none", () => {
		const desk = new Desk(family, { source: { timestamps: false } }).advance(40 * MILLISECOND);
		expect(desk.opened[0]?.timestamps).toBeNull();
	});

	it("hands up errors and acknowledgments about its probes", () => {
		const desk = new Desk(family).advance(40 * MILLISECOND);
		desk.probe(1, 40 * MILLISECOND);
		desk.probe(64, 40 * MILLISECOND, 0);
		desk.advance(100 * MILLISECOND);
		const replies = desk.inputs.flatMap((input) => (input.type === "reply" ? [input.reply] : []));
		expect(replies.map(({ type }) => type)).toEqual(["icmpError", "packet"]);
		const tos = desk.internet.packets
			.filter(({ node }) => node === "source")
			.map(({ packet }) => readPacket(packet)?.tos);
		// The kernel's own segments keep the code point and not the mark.
		expect(tos.slice(0, 4)).toEqual([0xb8, 0, 0xb8, 0xb9]);
	});

	it("ends with one FIN, both ways, and without a reset", () => {
		const desk = new Desk(family).advance(40 * MILLISECOND);
		desk.probe(64, 40 * MILLISECOND);
		desk.advance(100 * MILLISECOND).channel.close(100 * MILLISECOND);
		desk.advance(10 * SECOND);
		expect(desk.sent.map(({ flags }) => flags)).toEqual([syn, ack, psh | ack, fin | ack, ack]);
		expect(desk.sent[3]?.sequence).toBe(desk.opened[0]?.sendNext);
		expect(desk.internet.connections).toEqual([{ node: "target", port: 80, state: "closed", delivered: 0 }]);
	});

	it("acknowledges what the server says", () => {
		const desk = new Desk(family, { target: { tcpPorts: { open: [80] }, tcp: { speaksFirst: "hello" } } });
		desk.advance(200 * MILLISECOND);
		const [, last] = desk.sent.slice(-2);
		expect(last?.acknowledgment).toBe((desk.opened[0]!.receiveNext + 5) >>> 0);
	});

	it("is refused by a reset", () => {
		const desk = new Desk(family, { target: {} }).advance(SECOND);
		const from = desk.internet.address("target");
		expect(desk.inputs).toEqual([{ type: "openFailed", failure: { why: "refused", from } }]);
		expect(desk.sent.some(({ flags }) => flags & rst)).toBe(false);
	});

	it("fails on an ICMP error about its SYN", () => {
		const router = { unreachable: [{ to: "target", code: "adminProhibited" }] } as const;
		const desk = new Desk(family, { router }).advance(SECOND);
		const icmp = family === 4 ? { type: 3, code: 13 } : { type: 1, code: 1 };
		expect(desk.inputs).toMatchObject([{ type: "openFailed", failure: { why: "unreachable", icmp } }]);
	});

	it("repeats a SYN that nobody answers once, and says nothing", () => {
		const desk = new Desk(family, { target: { tcpPorts: { filtered: [80] } } }).advance(10 * SECOND);
		expect(desk.sent.map(({ flags }) => flags)).toEqual([syn, syn]);
		expect(desk.inputs).toEqual([]);
	});

	it("repeats a FIN that is lost", () => {
		const desk = new Desk(family).advance(40 * MILLISECOND);
		// Somebody else takes what comes for the target from now on.
		desk.internet.listen("target", () => true);
		desk.channel.close(100 * MILLISECOND);
		desk.advance(20 * SECOND);
		expect(desk.sent.filter(({ flags }) => flags & fin)).toHaveLength(6);
	});
});
