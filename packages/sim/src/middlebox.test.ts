import {
	decodeIcmp,
	decodeQuoted,
	decodeTcp,
	encodeIcmpError,
	encodeTcp,
	encodeUdp,
	isDecodeError,
	tcpOption,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import { middleboxHooks } from "./middlebox.ts";
import { natAddress } from "./nat.ts";
import type { NatSpec } from "./nat-spec.ts";
import type { HookPlace } from "./node.ts";
import { buildPacket, hasGoodChecksum, type IpPacket, icmpProtocol, readPacket } from "./packet.ts";
import type { RouterSpec, Scenario } from "./scenario.ts";
import { ENDS, path } from "./scenarios/path.ts";
import { synOptions } from "./syn-options.ts";
import { nodeAddress } from "./topology.ts";

const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];
const NOTHING = new Uint8Array(0);

function scenarioOf(r1: Omit<RouterSpec, "kind">): Scenario {
	const expectation = { reached: true, stopReason: "reached", hops: [] } as const;
	return { name: "", about: "", ...path({ routers: 2, router: { r1 } }), trace: ENDS, lab: true, expect: expectation };
}

/** Sends packets through r1, whose link 0 is inside and link 1 outside. */
function through(scenario: Scenario, family: Family) {
	const hooks = middleboxHooks(scenario, "r1", family);
	return (packet: IpPacket, way: "out" | "in"): IpPacket | string => {
		const links = way === "out" ? { inLink: 0, outLink: 1 } : { inLink: 1, outLink: 0 };
		let current = packet;
		for (const point of ["in", "forward", "out"] as const) {
			for (const hook of hooks) {
				const place: HookPlace = { node: "r1", at: 0, ...links, point, packet: current };
				const verdict = hook(current.bytes, place);
				if ("drop" in verdict) return verdict.drop;
				// Whatever a hook has read already must be what its bytes say.
				const read = readPacket(verdict instanceof Uint8Array ? verdict : verdict.bytes);
				if (!(verdict instanceof Uint8Array)) expect(verdict).toEqual(read);
				if (read === null) return "broken";
				current = read;
			}
		}
		return current;
	};
}

function passed(result: IpPacket | string): IpPacket {
	if (typeof result === "string") throw new Error(result);
	expect(hasGoodChecksum(result)).toBe(true);
	return result;
}

function ends(scenario: Scenario, family: Family) {
	return { source: nodeAddress(scenario, "source", family), destination: nodeAddress(scenario, "target", family) };
}

function syn(scenario: Scenario, family: Family, more: { flags?: number; tos?: number } = {}): IpPacket {
	const fields = { family, ...ends(scenario, family), sourcePort: 5555, destinationPort: 443, sequence: 9 };
	const segment = encodeTcp({ ...fields, flags: more.flags ?? 2, options: synOptions(family, 7) }, NOTHING);
	return readPacket(buildPacket({ ...fields, protocol: 6, ttl: 9, tos: more.tos ?? 0 }, segment))!;
}

function optionNames(packet: IpPacket): string[] {
	const tcp = decodeTcp(packet.payload);
	if (isDecodeError(tcp)) throw new Error("no TCP");
	return tcp.header.options.map(({ name }) => name);
}

describe.each(FAMILIES)("IPv%i through a middlebox", (family) => {
	it("has options overwritten or cut out of SYNs, lengths and checksums right", () => {
		const padded = scenarioOf({ strips: { options: ["timestamps"] } });
		const overwritten = passed(through(padded, family)(syn(padded, family), "out"));
		expect(overwritten.bytes).toHaveLength(syn(padded, family).bytes.length);
		expect(optionNames(overwritten).filter((name) => name === "noOperation")).toHaveLength(11);
		const cut = scenarioOf({ strips: { options: ["timestamps"], by: "cut" } });
		const shorter = passed(through(cut, family)(syn(cut, family), "out"));
		expect(shorter.bytes).toHaveLength(syn(cut, family).bytes.length - 8);
		expect(optionNames(shorter)).not.toContain("timestamps");
	});

	it("has options taken out one way only", () => {
		const scenario = scenarioOf({ strips: { options: ["sackPermitted"], way: "back" } });
		expect(optionNames(passed(through(scenario, family)(syn(scenario, family), "out")))).toContain("sackPermitted");
	});

	it("has its MSS clamped, and only ever made smaller", () => {
		for (const [clampsMss, mss] of [
			[1300, 1300],
			[1500, family === 4 ? 1460 : 1440],
		] as const) {
			const scenario = scenarioOf({ clampsMss });
			const tcp = decodeTcp(passed(through(scenario, family)(syn(scenario, family), "out")).payload);
			if (isDecodeError(tcp)) throw new Error("no TCP");
			expect(tcp.header.options).toContainEqual(tcpOption("maximumSegmentSize", mss));
		}
	});

	it("has its TOS byte bleached in part or whole", () => {
		for (const [bleaches, tos] of [
			["dscp", 0x02],
			["ecn", 0xb8],
			["tos", 0],
		] as const) {
			const scenario = scenarioOf({ bleaches });
			expect(passed(through(scenario, family)(syn(scenario, family, { tos: 0xba }), "out")).tos).toBe(tos);
		}
	});

	it("is dropped for an ECN mark, or for a SYN that offers ECN", () => {
		const marked = scenarioOf({ dropsEcn: "marked" });
		expect(through(marked, family)(syn(marked, family, { tos: 1 }), "out")).toContain("ECN");
		passed(through(marked, family)(syn(marked, family, { flags: 0xc2 }), "out"));
		const negotiating = scenarioOf({ dropsEcn: "negotiating" });
		expect(through(negotiating, family)(syn(negotiating, family, { flags: 0xc2 }), "out")).toContain("ECN");
		passed(through(negotiating, family)(syn(negotiating, family, { tos: 1 }), "out"));
	});
});

/** An ICMP error from r2 about a packet as it is outside. */
function errorAbout(scenario: Scenario, family: Family, packet: IpPacket): IpPacket {
	const source = nodeAddress(scenario, "r2", family);
	const fields = { type: family === 4 ? 11 : 3, code: 0, source, destination: packet.source };
	const message = encodeIcmpError(family, { ...fields, quoted: packet.bytes });
	return readPacket(buildPacket({ family, ...fields, protocol: icmpProtocol(family), ttl: 64 }, message))!;
}

function quotedBy(packet: IpPacket, family: Family) {
	const { source, destination } = packet;
	const icmp = decodeIcmp(family, packet.payload, { source, destination });
	if (isDecodeError(icmp) || icmp.body.kind !== "error" || !icmp.checksumValid) throw new Error("no good ICMP error");
	const quoted = decodeQuoted(family, icmp.body.quoted);
	if (isDecodeError(quoted)) throw new Error("nothing quoted");
	return { quoted, bytes: icmp.body.quoted };
}

describe.each(FAMILIES)("IPv%i through address translation", (family) => {
	const nats = {
		masquerade: { kind: "masquerade", outside: "r2" },
		oneToOne: { kind: "oneToOne", host: "source", outside: "r2" },
	} as const satisfies Record<string, NatSpec>;

	it.each(["masquerade", "oneToOne"] as const)("%s: gets its answers back", (kind) => {
		const scenario = scenarioOf({ nat: nats[kind] });
		const pass = through(scenario, family);
		const probe = syn(scenario, family);
		const out = passed(pass(probe, "out"));
		const outside = natAddress(scenario, "r1", nats[kind], family);
		expect(out).toMatchObject({ source: outside, destination: probe.destination });
		const port = new DataView(out.payload.buffer, out.payload.byteOffset).getUint16(0);
		expect(port === 5555).toBe(kind === "oneToOne");
		const back = { family, source: out.destination, destination: out.source };
		const segment = encodeTcp({ ...back, sourcePort: 443, destinationPort: port, sequence: 1, flags: 18 }, NOTHING);
		const answer = passed(pass(readPacket(buildPacket({ ...back, protocol: 6, ttl: 60 }, segment))!, "in"));
		expect(answer.destination).toBe(probe.source);
		expect(new DataView(answer.payload.buffer, answer.payload.byteOffset).getUint16(2)).toBe(5555);
	});

	it("keeps two flows apart and a flow together", () => {
		const scenario = scenarioOf({ nat: nats.masquerade });
		const pass = through(scenario, family);
		const ports = [7, 8, 7].map((sourcePort) => {
			const fields = { family, ...ends(scenario, family), sourcePort, destinationPort: 33434 };
			const packet = buildPacket({ ...fields, protocol: 17, ttl: 2 }, encodeUdp(fields, Uint8Array.of(1, 2, 3)));
			const { payload } = passed(pass(readPacket(packet)!, "out"));
			return new DataView(payload.buffer, payload.byteOffset).getUint16(0);
		});
		expect(ports[0]).toBe(ports[2]);
		expect(ports[0]).not.toBe(ports[1]);
	});

	it("has errors about it restored to the last byte, but for the TTL", () => {
		const scenario = scenarioOf({ nat: nats.masquerade });
		const pass = through(scenario, family);
		const probe = syn(scenario, family);
		const out = passed(pass(probe, "out"));
		const error = passed(pass(errorAbout(scenario, family, out), "in"));
		expect(error.destination).toBe(probe.source);
		expect([...quotedBy(error, family).bytes]).toEqual([...probe.bytes]);
	});

	it("has the quoted checksum left alone where the router does no better", () => {
		const scenario = scenarioOf({ nat: { ...nats.masquerade, quotes: "checksumLeft" } });
		const pass = through(scenario, family);
		const probe = syn(scenario, family);
		const { quoted } = quotedBy(passed(pass(errorAbout(scenario, family, passed(pass(probe, "out"))), "in")), family);
		expect(quoted).toMatchObject({ source: probe.source, ports: { source: 5555 } });
		expect([...quoted.segment.subarray(16, 18)]).not.toEqual([...probe.payload.subarray(16, 18)]);
	});

	it("is quoted as it was outside by a cloud's 1:1 NAT", () => {
		const scenario = scenarioOf({ nat: nats.oneToOne });
		const pass = through(scenario, family);
		const probe = syn(scenario, family);
		const error = passed(pass(errorAbout(scenario, family, passed(pass(probe, "out"))), "in"));
		expect(error.destination).toBe(probe.source);
		expect(quotedBy(error, family).quoted.source).toBe(natAddress(scenario, "r1", nats.oneToOne, family));
	});
});
