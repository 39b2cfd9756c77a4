import {
	decodeIcmp,
	decodeIpv4,
	decodeIpv6,
	decodeTcp,
	decodeUdp,
	decodeUdpLite,
	IP_PROTOCOL,
	isDecodeError,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { ChannelInput, IcmpErrorReply, ProbeSend } from "../channel.ts";
import { probeContext } from "../context.ts";
import type { TraceEvent } from "../events.ts";
import { findMethod } from "../methods/index.ts";
import { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "../options.ts";
import { NO_CRYPTO } from "../path.fixture.ts";
import { Tracer } from "../tracer.ts";
import { ipPacket } from "./packets.ts";

type Packet = Extract<TraceEvent, { type: "packet" }>;

const ADDRESSES = {
	4: ["192.0.2.1", "203.0.113.7", "198.51.100.9"],
	6: ["2001:db8::1", "2001:db8:7::7", "2001:db8:9::9"],
} as const;

/** A traced method whose packets are captured; `packets` collects them. */
function capturing(name: string, family: 4 | 6, kind: string, changes: Partial<TraceOptions> = {}) {
	const [source, target, router] = ADDRESSES[family];
	const method = findMethod(name);
	const need = method?.channels.find((row) => row.kind === kind);
	if (method === undefined || need === undefined) throw new Error(name);
	const basics = { method: name, family, target, targetName: target, queries: 1, maxTtl: 2, capture: true } as const;
	const options = { ...DEFAULT_TRACE_OPTIONS, ...basics, ...changes };
	const channel = { kind: need.kind, source, sourcePorts: need.ports === "one" ? [50_000] : [] };
	const parts = { method, need, channel, key: 7, secret: new Uint8Array(32), crypto: NO_CRYPTO };
	const tracer = new Tracer({ method, options, context: probeContext(options, parts) });
	const packets: Packet[] = [];
	const probes: ProbeSend[] = [];
	const step = (input: ChannelInput | { type: "start" } | { type: "stop" }, now: number): void => {
		for (const output of tracer.step(input, now)) {
			if (output.type === "send") probes.push(...output.probes);
			if (output.type === "event" && output.event.type === "packet") packets.push(output.event);
		}
	};
	step({ type: "start" }, 0);
	return { step, packets, probes, source, target, router };
}

function sent(sequence: number, at: number, stamp: "kernel" | "user", sourcePort: number | null = null): ChannelInput {
	return { type: "sent", sequence, at, stamp, sourcePort };
}

/** Time Exceeded as an error queue tells it of a UDP probe. */
function errorQueueReply(from: string, destination: string, payload: Uint8Array, at: number): IcmpErrorReply {
	return {
		type: "icmpError",
		at,
		stamp: "kernel",
		from,
		ttl: 63,
		tos: 0,
		socket: null,
		icmp: { type: from.includes(":") ? 3 : 11, code: 0 },
		mtu: null,
		quoted: {
			protocol: IP_PROTOCOL.udp,
			source: null,
			destination,
			sourcePort: 50_000,
			destinationPort: 33_434,
			segment: null,
			payload,
			bytes: null,
			ip: null,
		},
		extensions: [],
	};
}

describe.each([4, 6] as const)("a capture over IPv%i", (family) => {
	it("tells a probe with the kernel's stamp, whole, and once", () => {
		const { step, packets, probes, source, target } = capturing("udp", family, "errorQueue");
		step(sent(0, 100, "user"), 100);
		expect(packets).toEqual([]);
		step(sent(0, 150, "kernel"), 200);
		step(sent(0, 160, "kernel"), 200);
		expect(packets).toHaveLength(1);
		const [packet] = packets;
		expect(packet).toMatchObject({ atNs: 150, direction: "out", rebuilt: true, note: "udp probe 0, ttl 1" });
		const ip = family === 4 ? decodeIpv4(packet!.bytes) : decodeIpv6(packet!.bytes);
		if (isDecodeError(ip)) throw new Error("no packet");
		expect(ip.header).toMatchObject({ source, destination: target });
		expect(decodeUdp(ip.payload)).toMatchObject({
			header: { sourcePort: 50_000, destinationPort: 33_434 },
			payload: probes[0]!.packet.bytes,
		});
	});

	it("rebuilds an error from what the error queue tells, and says whose answer it is", () => {
		const { step, packets, probes, source, target, router } = capturing("udp", family, "errorQueue");
		step(sent(0, 100, "kernel"), 100);
		step({ type: "reply", reply: errorQueueReply(router, target, probes[0]!.packet.bytes, 900) }, 900);
		step({ type: "reply", reply: errorQueueReply(router, target, probes[0]!.packet.bytes, 950) }, 950);
		step({ type: "reply", reply: errorQueueReply(router, router, probes[0]!.packet.bytes, 960) }, 960);
		const answers = packets.filter(({ direction }) => direction === "in");
		expect(answers.map(({ note }) => note)).toEqual([
			"udp: time exceeded from hop 1 about probe 0, ttl 1",
			"udp: duplicate: time exceeded from hop 1 about probe 0, ttl 1",
			"udp: ignored: otherTarget",
		]);
		const ip = family === 4 ? decodeIpv4(answers[0]!.bytes) : decodeIpv6(answers[0]!.bytes);
		if (isDecodeError(ip)) throw new Error("no packet");
		expect(ip.header).toMatchObject({ source: router, destination: source });
		const icmp = decodeIcmp(family, ip.payload, { source: router, destination: source });
		expect(icmp).toMatchObject({ checksumValid: true, body: { quoted: packets[0]!.bytes } });
	});

	it("rebuilds UDP-Lite as such: what its checksum covers on the way out, protocol 136 on the way in", () => {
		const { step, packets, target } = capturing("udplite", family, "errorQueue", { methodOptions: { coverage: "12" } });
		step(sent(0, 100, "kernel"), 100);
		const head = { at: 300, stamp: "kernel", from: target, ttl: 60, tos: 0, socket: null } as const;
		const ports = { protocol: IP_PROTOCOL.udpLite, sourcePort: 53, destinationPort: 50_000 };
		step(
			{ type: "reply", reply: { type: "packet", ...head, ...ports, segment: null, payload: new Uint8Array(4) } },
			300,
		);
		const [out, back] = packets.map(({ bytes }) => {
			const ip = family === 4 ? decodeIpv4(bytes) : decodeIpv6(bytes);
			if (isDecodeError(ip)) throw new Error("no packet");
			return { protocol: "protocol" in ip ? ip.protocol : ip.header.protocol, ...decodeUdpLite(ip.payload) };
		});
		expect(out).toMatchObject({ protocol: IP_PROTOCOL.udpLite, header: { destinationPort: 53, coverage: 12 } });
		expect(back).toMatchObject({ protocol: IP_PROTOCOL.udpLite, header: { destinationPort: 50_000, coverage: 0 } });
	});

	it("keeps a captured answer as it came", () => {
		const { step, packets, target, router } = capturing("udp", family, "errorQueue");
		const bytes = Uint8Array.of(1, 2, 3);
		step({ type: "reply", reply: { ...errorQueueReply(router, target, new Uint8Array(0), 5), bytes } }, 5);
		expect(packets.at(-1)).toMatchObject({ bytes, rebuilt: false, direction: "in" });
	});

	it("gives up on stamps that never come, and tells all before the end", () => {
		const { step, packets, probes } = capturing("udp", family, "errorQueue");
		step(sent(0, 100, "user"), 100);
		step({ type: "foreign", count: 1 }, 150_000_000);
		expect(packets.map(({ atNs }) => atNs)).toContain(100);
		step({ type: "stop" }, 160_000_000);
		expect(packets.filter(({ direction }) => direction === "out")).toHaveLength(probes.length);
	});

	it("leaves out what did not leave", () => {
		const { step, packets } = capturing("udp", family, "errorQueue");
		const error = { code: "noRoute", call: "sendmsg", address: null, errno: 101, errnoName: "ENETUNREACH" } as const;
		step({ type: "sendFailed", sequence: 0, error, transient: false }, 1);
		step({ type: "stop" }, 2);
		expect(packets.map(({ note }) => note)).not.toContain("udp probe 0, ttl 1");
	});

	it("rebuilds the SYN of a connect and what came of it", () => {
		const { step, packets, target } = capturing("tcpconnect", family, "errorQueue");
		step(sent(0, 100, "user", 40_000), 100);
		const head = { at: 300, stamp: "user", from: target, ttl: null, tos: null, socket: 0 } as const;
		step({ type: "reply", reply: { type: "connect", ...head, outcome: "refused", rttNs: null } }, 300);
		const segments = packets.slice(0, 2).map(({ bytes }) => {
			const ip = family === 4 ? decodeIpv4(bytes) : decodeIpv6(bytes);
			if (isDecodeError(ip)) throw new Error("no packet");
			return decodeTcp(ip.payload);
		});
		expect(segments).toMatchObject([
			{ header: { sourcePort: 40_000, flags: 0x002 } },
			{ header: { destinationPort: 40_000, flags: 0x014 } },
		]);
		expect(packets[1]?.note).toBe("tcpconnect: RST from target about probe 0, ttl 1");
	});

	it("counts a source route to the length that --mtu begins with: Ethernet's, where the link does not say", () => {
		const gateways = [ADDRESSES[family][2]];
		const { step, packets } = capturing("udp", family, "raw", { pathMtu: true, gateways });
		step(sent(0, 100, "kernel"), 100);
		expect(packets[0]?.bytes).toHaveLength(1500);
	});

	it("shows a source route: to the first gateway, the target at the end", () => {
		const [source, target, gateway] = ADDRESSES[family];
		const frame = { family, source, target, tos: 0, flowLabel: 0, dontFragment: false, gateways: [gateway] };
		const packet = {
			transport: "ip",
			protocol: 17,
			sourcePort: 0,
			destinationPort: 0,
			bytes: new Uint8Array(8),
		} as const;
		const bytes = ipPacket(frame, { sequence: 0, ttl: 1, packet });
		const ip = family === 4 ? decodeIpv4(bytes) : decodeIpv6(bytes);
		if (isDecodeError(ip)) throw new Error("no packet");
		expect(ip.header.destination).toBe(gateway);
		expect(bytes).toHaveLength(family === 4 ? 20 + 8 + 8 : 40 + 40 + 8);
		expect(ip.payload).toHaveLength(8);
	});
});
