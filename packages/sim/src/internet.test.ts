import { MILLISECOND } from "@whither/core";
import { decodeIcmp, encodeUdp, type IcmpMessage, isDecodeError } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { Internet } from "./internet.ts";
import type { NodeHook } from "./node.ts";
import { buildPacket, type IpPacket, readPacket } from "./packet.ts";
import type { LinkSpec, RouterSpec, Scenario } from "./scenario.ts";

const FAMILIES = [4, 6] as const;

interface Heard {
	readonly atMs: number;
	readonly packet: IpPacket;
}

/** source - r1 - r2 - target, with r2's settings and link faults of the caller's. */
class Lab {
	readonly internet: Internet;
	readonly heard: Heard[] = [];

	constructor(
		family: 4 | 6,
		router: Omit<RouterSpec, "kind"> = {},
		lastLink: Omit<LinkSpec, "between"> = {},
		hooks: Readonly<Record<string, readonly NodeHook[]>> = {},
	) {
		const scenario: Scenario = {
			name: "test",
			about: "",
			nodes: {
				source: { kind: "host" },
				r1: { kind: "router" },
				r2: { kind: "router", ...router },
				target: { kind: "host" },
			},
			links: [
				{ between: ["source", "r1"], delayMs: 1 },
				{ between: ["r1", "r2"], delayMs: 2 },
				{ between: ["r2", "target"], delayMs: 3, ...lastLink },
			],
			trace: { from: "source", to: "target" },
			lab: true,
			expect: { reached: true, stopReason: "reached", hops: [] },
		};
		this.internet = new Internet({ scenario, family, hooks });
		this.internet.listen("source", (packet, at) => {
			this.heard.push({ atMs: at / MILLISECOND, packet });
			return true;
		});
	}

	/** Sends a datagram of so many bytes in all and lets everything happen. */
	send(ttl: number, more: { length?: number; dontFragment?: boolean; atMs?: number } = {}): Heard[] {
		const { internet } = this;
		const { family } = internet;
		const ends = { source: internet.address("source"), destination: internet.address("target") };
		const payload = new Uint8Array((more.length ?? 100) - (family === 4 ? 28 : 48)).fill(7);
		const datagram = encodeUdp({ family, ...ends, sourcePort: 1000, destinationPort: 33434 }, payload);
		const at = (more.atMs ?? 0) * MILLISECOND;
		const fields = { family, ...ends, protocol: 17, ttl, dontFragment: more.dontFragment ?? false };
		internet.send("source", buildPacket(fields, datagram), at);
		const before = this.heard.length;
		for (let next = internet.nextAt; next !== null; next = internet.nextAt) internet.advance(next);
		return this.heard.slice(before);
	}
}

function icmp(packet: IpPacket): IcmpMessage {
	const message = decodeIcmp(packet.family, packet.payload, packet);
	if (isDecodeError(message)) throw new Error("no ICMP");
	expect(message.checksumValid).toBe(true);
	return message;
}

function quoted(packet: IpPacket): Uint8Array {
	const { body } = icmp(packet);
	if (body.kind !== "error") throw new Error("no ICMP error");
	return body.quoted;
}

describe.each(FAMILIES)("a router (IPv%i)", (family) => {
	it("reports a packet whose TTL ran out, from the interface towards the sender, after one round trip", () => {
		const lab = new Lab(family);
		const [first] = lab.send(1);
		expect(first?.atMs).toBe(2);
		expect(first?.packet.source).toBe(family === 4 ? "10.16.0.2" : "fd00:16::2");
		expect(icmp(first!.packet)).toMatchObject(family === 4 ? { type: 11, code: 0 } : { type: 3, code: 0 });
		const [second] = lab.send(2);
		expect(second?.packet.source).toBe(family === 4 ? "10.16.4.2" : "fd00:16:0:1::2");
		expect(second?.packet.ttl).toBe(63);
	});

	it("quotes the packet as it arrived, with the TTL counted down", () => {
		const [heard] = new Lab(family).send(2);
		const inside = readPacket(quoted(heard!.packet))!;
		expect(inside.ttl).toBe(1);
		expect(inside.bytes.length).toBe(100);
	});

	it("quotes no more than 576 bytes, 1280 in IPv6, or as little as it is told", () => {
		const [long] = new Lab(family).send(2, { length: 1400 });
		expect(long?.packet.bytes.length).toBe(family === 4 ? 576 : 1280);
		const [short] = new Lab(family, { quoteBytes: 8 }).send(2);
		expect(quoted(short!.packet).length).toBe(family === 4 ? 28 : 48);
	});

	it("forwards what is within its TTL to the target, which says port unreachable", () => {
		const [heard] = new Lab(family).send(3);
		expect(heard?.atMs).toBe(12);
		expect(icmp(heard!.packet)).toMatchObject(family === 4 ? { type: 3, code: 3 } : { type: 1, code: 4 });
	});

	it("can be silent, silent about one protocol, slow, and repeat itself", () => {
		expect(new Lab(family, { silent: true }).send(2)).toEqual([]);
		expect(new Lab(family, { silent: "tcp" }).send(2).length).toBe(1);
		expect(new Lab(family, { icmpDelayMs: 30 }).send(2)[0]?.atMs).toBe(36);
		expect(new Lab(family, { copies: 3 }).send(2).length).toBe(3);
	});

	it("answers six of ten at once when it has Linux's limit", () => {
		const lab = new Lab(family, { icmpLimit: "linux" });
		const answers = Array.from({ length: 10 }, () => lab.send(2).length);
		expect(answers).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
	});

	it("refuses by route before the TTL counts, and by filter after it", () => {
		const net = new Lab(family, { unreachable: [{ to: "target", code: "net" }] });
		expect(icmp(net.send(2)[0]!.packet)).toMatchObject(family === 4 ? { type: 3, code: 0 } : { type: 1, code: 0 });
		const filter = new Lab(family, { unreachable: [{ to: "target", code: "adminProhibited" }] });
		expect(icmp(filter.send(2)[0]!.packet).type).toBe(family === 4 ? 11 : 3);
		expect(icmp(filter.send(3)[0]!.packet)).toMatchObject(family === 4 ? { type: 3, code: 13 } : { type: 1, code: 1 });
	});

	it("drops what goes into a black hole without a word", () => {
		expect(new Lab(family, { blackhole: ["target"] }).send(9)).toEqual([]);
	});

	it("tells the MTU when a packet that must not be cut is too long", () => {
		const [heard] = new Lab(family, {}, { mtu: 1300 }).send(9, { length: 1301, dontFragment: true });
		const message = icmp(heard!.packet);
		expect(message).toMatchObject(family === 4 ? { type: 3, code: 4 } : { type: 2, code: 0 });
		expect(message.body).toMatchObject({ mtu: 1300 });
		expect(new Lab(family, {}, { mtu: 1300 }).send(9, { length: 1300, dontFragment: true }).length).toBe(1);
	});

	it("adds a label stack and its interface where it is told to", () => {
		const labels = [{ label: 16, ttl: 9 }, { label: 17 }];
		const [heard] = new Lab(family, { mpls: labels, interfaceInfo: true, nodeName: "two" }).send(2);
		const { body } = icmp(heard!.packet);
		if (body.kind !== "error") throw new Error("no ICMP error");
		expect(body.extensions.map((extension) => extension.kind)).toEqual(["mpls", "interface", "node"]);
		expect(body.extensions[0]).toMatchObject({
			labels: [
				{ label: 16, trafficClass: 0, bottom: false, ttl: 9 },
				{ label: 17, trafficClass: 0, bottom: true, ttl: 1 },
			],
		});
		const address = family === 4 ? "10.16.4.2" : "fd00:16:0:1::2";
		expect(body.extensions[1]).toMatchObject({ role: "incoming", index: 2, address, name: "link1", mtu: 1500 });
	});

	it("can write extensions as it was done before 2007", () => {
		const [heard] = new Lab(family, { mpls: [{ label: 16 }], extensionLayout: "old" }).send(2);
		const { payload } = heard!.packet;
		expect(payload[family === 4 ? 5 : 4]).toBe(0);
		expect(payload[8 + 128]! >> 4).toBe(2);
	});
});

describe("an internet", () => {
	it("cuts and joins IPv4 packets on a link with a small MTU", () => {
		const lab = new Lab(4, {}, { mtu: 600 });
		expect(lab.send(9, { length: 1400 }).length).toBe(1);
		const pieces = lab.internet.packets.filter(({ node, action }) => node === "target" && action === "deliver");
		expect(pieces.length).toBe(3);
	});

	it("loses packets in the direction it is told to", () => {
		expect(new Lab(4, {}, { oneWay: { r2: { loss: 1 } } }).send(3)).toEqual([]);
		expect(new Lab(4, {}, { oneWay: { target: { loss: 1 } } }).send(2).length).toBe(1);
	});

	it("sends no error about an error", () => {
		const lab = new Lab(4);
		const [heard] = lab.send(2);
		const { internet } = lab;
		const fields = { family: 4, protocol: 1, ttl: 1 } as const;
		const ends = { source: internet.address("source"), destination: internet.address("target") };
		internet.send("source", buildPacket({ ...fields, ...ends }, heard!.packet.payload), 0);
		internet.advance(Number.MAX_SAFE_INTEGER);
		expect(lab.heard.length).toBe(1);
		expect(internet.packets.at(-1)).toMatchObject({ action: "drop", detail: "TTL ran out, no error about an error" });
	});

	it("asks the hooks of a node in, forward and out, and lets them change and drop packets", () => {
		const places: string[] = [];
		const hook: NodeHook = (packet, { point, inLink, outLink }) => {
			places.push(`${point} ${inLink} ${outLink}`);
			if (point !== "forward") return packet;
			return readPacket(packet)?.protocol === 17 ? { drop: "no UDP here" } : packet;
		};
		const lab = new Lab(4, {}, {}, { r2: [hook] });
		expect(lab.send(3)).toEqual([]);
		expect(places).toEqual(["in 1 null", "forward 1 2"]);
		expect(lab.internet.packets.at(-1)).toMatchObject({ node: "r2", action: "drop", detail: "no UDP here" });
		expect(lab.send(2).length).toBe(1);
		expect(places.slice(2)).toEqual(["in 1 null", "out null 1"]);
	});

	it("knows nobody by a wrong name", () => {
		expect(() => new Lab(4).internet.listen("nobody", () => true)).toThrow(RangeError);
	});
});
