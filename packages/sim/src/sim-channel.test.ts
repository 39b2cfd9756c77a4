import {
	type ChannelInput,
	type ChannelNeed,
	type IcmpErrorReply,
	MILLISECOND,
	type PacketReply,
	type ProbePacket,
	type Reply,
} from "@whither/core";
import { encodeIcmpEcho, encodeTcp, encodeUdp, TCP_FLAGS } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { Internet } from "./internet.ts";
import type { HostSpec, NoiseSpec, RouterSpec } from "./scenario.ts";
import { path } from "./scenarios/path.ts";
import { SimChannel } from "./sim-channel.ts";

const FAMILIES = [4, 6] as const;
const UDP: ChannelNeed = { kind: "errorQueue", transport: "udp", protocol: 17, ports: "one" };
const RAW_UDP: ChannelNeed = { kind: "raw", transport: "ip", protocol: 17, ports: "one" };
const PING: ChannelNeed = { kind: "errorQueue", transport: "ping", protocol: 1, ports: "one" };
const CONNECT: ChannelNeed = { kind: "errorQueue", transport: "tcpConnect", protocol: 6, ports: "perProbe" };

interface Setting {
	readonly target?: Omit<HostSpec, "kind">;
	readonly router?: Omit<RouterSpec, "kind">;
	readonly noise?: readonly NoiseSpec[];
	readonly dontFragment?: boolean;
	readonly lastMtu?: number;
}

/** source - r1 - target with 1 ms a link, and a channel on the source. */
class Lab {
	readonly internet: Internet;
	readonly channel: SimChannel;
	readonly target: string;

	constructor(family: 4 | 6, need: ChannelNeed, setting: Setting = {}) {
		const topology = path({
			routers: 1,
			target: setting.target ?? {},
			router: { r1: setting.router ?? {} },
			link: { 0: { delayMs: 1, mtu: setting.lastMtu ?? 1500 } },
		});
		const scenario = {
			name: "test",
			about: "",
			...topology,
			trace: { from: "source", to: "target" },
			noise: setting.noise ?? [],
			lab: true,
			expect: { reached: true, stopReason: "reached", hops: [] },
		} as const;
		this.internet = new Internet({ scenario, family, seed: 1 });
		this.target = this.internet.address("target");
		this.channel = new SimChannel({
			internet: this.internet,
			node: "source",
			need,
			target: this.target,
			sourcePort: null,
			tos: 0,
			flowLabel: 0,
			dontFragment: setting.dontFragment ?? false,
			portCount: 3,
			seed: 1,
		});
	}

	/** Sends one probe and gives everything that comes of it. */
	send(ttl: number, packet: Pick<ProbePacket, "bytes"> & Partial<ProbePacket>, sequence = 0): ChannelInput[] {
		const transport = packet.transport ?? "udp";
		const protocol = packet.protocol ?? 17;
		const whole = { sourcePort: 0, destinationPort: 33434, transport, protocol, ...packet };
		this.channel.send([{ sequence, ttl, packet: whole }], 0);
		for (let next = this.internet.nextAt; next !== null; next = this.internet.nextAt) this.internet.advance(next);
		return [...this.channel.read()];
	}

	ends() {
		return { family: this.internet.family, source: this.channel.source, destination: this.target };
	}
}

function replies(inputs: readonly ChannelInput[]): Reply[] {
	return inputs.flatMap((input) => (input.type === "reply" ? [input.reply] : []));
}

const PAYLOAD = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

describe.each(FAMILIES)("a simulated UDP socket with its error queue (IPv%i)", (family) => {
	it("says that the probe left and gives errors with nothing but the quoted payload", () => {
		const lab = new Lab(family, UDP);
		const inputs = lab.send(1, { bytes: PAYLOAD });
		expect(inputs[0]).toEqual({ type: "sent", sequence: 0, at: 0, stamp: "kernel", sourcePort: null });
		const [reply] = replies(inputs) as [IcmpErrorReply];
		expect(reply).toMatchObject({ type: "icmpError", at: 2 * MILLISECOND, stamp: "kernel", socket: null, ttl: 64 });
		expect(reply.from).toBe(family === 4 ? "10.16.0.2" : "fd00:16::2");
		expect(reply.quoted).toEqual({
			protocol: 17,
			source: null,
			destination: lab.target,
			sourcePort: null,
			destinationPort: 33434,
			segment: null,
			payload: PAYLOAD,
			bytes: null,
			ip: null,
		});
	});

	it("has an empty payload of an eight-byte quote", () => {
		const [reply] = replies(new Lab(family, UDP, { router: { quoteBytes: 8 } }).send(1, { bytes: PAYLOAD }));
		expect((reply as IcmpErrorReply).quoted.payload.length).toBe(0);
	});

	it("hears nothing of a quote that is shorter still", () => {
		expect(replies(new Lab(family, UDP, { router: { quoteBytes: 7 } }).send(1, { bytes: PAYLOAD }))).toEqual([]);
	});

	it("keeps payload and extension apart", () => {
		const [reply] = replies(new Lab(family, UDP, { router: { mpls: [{ label: 5 }] } }).send(1, { bytes: PAYLOAD }));
		const error = reply as IcmpErrorReply;
		expect(error.extensions.map((extension) => extension.kind)).toEqual(["mpls"]);
		expect([...error.quoted.payload]).toEqual([...PAYLOAD]);
	});

	it("receives datagrams without their header", () => {
		const [reply] = replies(new Lab(family, UDP, { target: { udp: "echo" } }).send(9, { bytes: PAYLOAD }));
		expect(reply).toMatchObject({ type: "packet", protocol: 17, sourcePort: 33434, segment: null, payload: PAYLOAD });
	});

	it("is not told of errors about other ports, hosts and protocols, nor of broken ones", () => {
		const kinds = [
			"wrongPort",
			"otherFlow",
			"otherProtocol",
			"fakeTarget",
			"garbage",
			"truncated",
			"badChecksum",
		] as const;
		const noise = kinds.map((what) => ({ at: "r1", what, copies: 5 }));
		expect(replies(new Lab(family, UDP, { noise }).send(1, { bytes: PAYLOAD })).length).toBe(1);
	});

	it("cannot tell a forged error about its own port by itself", () => {
		const noise = [{ at: "r1", what: "wrongKey" } as const];
		expect(replies(new Lab(family, UDP, { noise }).send(1, { bytes: PAYLOAD })).length).toBe(2);
	});

	it("opens a socket for each probe where it is told to, and says which one heard", () => {
		const lab = new Lab(family, { ...UDP, ports: "perProbe" });
		expect(lab.channel.sourcePorts).toEqual([]);
		const first = lab.send(1, { bytes: PAYLOAD }, 4);
		const second = lab.send(9, { bytes: PAYLOAD }, 5);
		expect(replies([...first, ...second]).map((reply) => reply.socket)).toEqual([4, 5]);
		const ports = [...first, ...second].flatMap((input) => (input.type === "sent" ? [input.sourcePort] : []));
		expect(new Set(ports).size).toBe(2);
		expect(ports).not.toContain(null);
	});

	it("refuses what does not fit its own link", () => {
		const lab = new Lab(family, UDP, { dontFragment: true, lastMtu: 1280 });
		const [input] = lab.send(1, { bytes: new Uint8Array(1300) });
		expect(input).toMatchObject({ type: "sendFailed", sequence: 0, error: { code: "messageTooLong", errno: 90 } });
	});
});

describe.each(FAMILIES)("a simulated ping socket (IPv%i)", (family) => {
	const protocol = family === 4 ? 1 : 58;
	const echo = (lab: Lab) => encodeIcmpEcho(family, { id: 0, sequence: 6, payload: PAYLOAD, ...lab.ends() });

	it("writes its own id and gives echo replies with their header", () => {
		const lab = new Lab(family, PING);
		const [reply] = replies(lab.send(9, { transport: "ping", protocol, bytes: echo(lab) }));
		const { segment, payload } = reply as PacketReply;
		expect(segment![0]).toBe(family === 4 ? 0 : 129);
		expect(((segment![4]! << 8) | segment![5]!) as number).toBe(lab.channel.sourcePorts[0]);
		expect([...payload]).toEqual([...PAYLOAD]);
	});

	it("gives errors from the quoted ICMP header on", () => {
		const lab = new Lab(family, PING);
		const [reply] = replies(lab.send(1, { transport: "ping", protocol, bytes: echo(lab) }));
		const { quoted } = reply as IcmpErrorReply;
		expect(quoted.segment![0]).toBe(family === 4 ? 8 : 128);
		expect(quoted).toMatchObject({ protocol, source: null, ip: null });
	});

	it("does not hear of other ids and answers to nothing", () => {
		const noise = (["wrongPort", "strayEcho", "otherFlow"] as const).map((what) => ({ at: "r1", what }));
		const lab = new Lab(family, PING, { noise });
		expect(replies(lab.send(1, { transport: "ping", protocol, bytes: echo(lab) })).length).toBe(1);
	});
});

describe.each(FAMILIES)("a simulated connect() (IPv%i)", (family) => {
	const probe = { transport: "tcpConnect", protocol: 6, destinationPort: 443, bytes: new Uint8Array(0) } as const;

	it("connects to an open port, acknowledges and leaves nothing half open", () => {
		const lab = new Lab(family, CONNECT, { target: { tcpPorts: { open: [443] } } });
		const [reply] = replies(lab.send(9, probe, 3));
		expect(reply).toMatchObject({ type: "connect", outcome: "connected", rttNs: 4 * MILLISECOND, socket: 3 });
		const sent = lab.internet.packets.filter(({ node, action }) => node === "source" && action === "send");
		expect(sent.length).toBe(3);
	});

	it("is refused by a closed port and hears nothing of a filtered one", () => {
		const [refused] = replies(new Lab(family, CONNECT).send(9, probe));
		expect(refused).toMatchObject({ type: "connect", outcome: "refused", rttNs: null });
		const filtered = new Lab(family, CONNECT, { target: { tcpDefault: "filtered" } });
		expect(replies(filtered.send(9, probe))).toEqual([]);
		const sent = filtered.internet.packets.filter(({ node, action }) => node === "source" && action === "send");
		expect(sent.map(({ at }) => at / MILLISECOND)).toEqual([0, 1000]);
	});

	it("is told of the hop by its error queue, once", () => {
		const [reply, ...more] = replies(new Lab(family, CONNECT, { router: { copies: 3 } }).send(1, probe, 8));
		expect(more).toEqual([]);
		expect(reply).toMatchObject({ type: "icmpError", socket: 8, quoted: { protocol: 6, ip: null } });
		expect((reply as IcmpErrorReply).quoted.segment?.length).toBe(40);
	});

	it("believes no error with a sequence number that it never sent", () => {
		const noise = [{ at: "r1", what: "wrongKey", copies: 5 } as const];
		expect(replies(new Lab(family, CONNECT, { noise }).send(1, probe)).length).toBe(1);
	});
});

describe.each(FAMILIES)("a simulated raw socket (IPv%i)", (family) => {
	it("sends the transport header it is given and hears the whole quote", () => {
		const lab = new Lab(family, RAW_UDP);
		const ports = { sourcePort: lab.channel.sourcePorts[0]!, destinationPort: 33434 };
		const bytes = encodeUdp({ ...lab.ends(), ...ports }, PAYLOAD);
		const [reply] = replies(lab.send(1, { transport: "ip", bytes }));
		const { quoted } = reply as IcmpErrorReply;
		expect(quoted).toMatchObject({ source: lab.channel.source, ...ports, ip: { tos: 0, ttl: 1 } });
		expect([...quoted.segment!]).toEqual([...bytes]);
	});

	it("counts what is no packet for a trace and hears all else", () => {
		const noise = (["badChecksum", "otherFlow", "strayEcho"] as const).map((what) => ({ at: "r1", what }));
		const lab = new Lab(family, RAW_UDP, { noise });
		const ports = { sourcePort: 1, destinationPort: 2 };
		const inputs = lab.send(1, { transport: "ip", bytes: encodeUdp({ ...lab.ends(), ...ports }, PAYLOAD) });
		expect(inputs.map((input) => input.type).sort()).toEqual(["foreign", "reply", "reply", "reply", "sent"]);
	});

	it("holds a port for each probe and leaves it to the host to reset what the target opens", () => {
		const lab = new Lab(
			family,
			{ kind: "raw", transport: "ip", protocol: 6, ports: "perProbe" },
			{
				target: { tcpPorts: { open: [443] } },
			},
		);
		expect(new Set(lab.channel.sourcePorts).size).toBe(3);
		const ports = { sourcePort: lab.channel.sourcePorts[1]!, destinationPort: 443 };
		const fields = { ...lab.ends(), ...ports, sequence: 7, flags: TCP_FLAGS.syn, window: 100 };
		const inputs = lab.send(9, { transport: "ip", protocol: 6, bytes: encodeTcp(fields, new Uint8Array(0)) });
		expect(replies(inputs)[0]).toMatchObject({ type: "packet", protocol: 6, sourcePort: 443 });
		const reset = lab.internet.packets.filter(({ node, action }) => node === "target" && action === "deliver")[1];
		expect(reset?.packet.at(-7)).toBe(TCP_FLAGS.rst);
	});
});
