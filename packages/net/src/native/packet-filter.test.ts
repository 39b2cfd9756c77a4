import { encodeIcmpEcho, encodeIcmpError, encodeIpv4, encodeIpv6, encodeTcp, encodeUdp } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { answerFilter, type FilterFacts, icmp6TypeFilter, icmpFilter, nothingFilter } from "../channel/raw-filter.ts";
import { encodeFilter } from "./packet-filter.ts";

/** The kernel's interpreter for the few instructions we use; 0 also for a read beyond the packet, as there. */
function accepts(program: Uint8Array, packet: Uint8Array): boolean {
	const code = new DataView(program.buffer);
	const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
	let accumulator = 0;
	let index = 0;
	try {
		for (let at = 0; ; at++) {
			const [operation, jt, jf] = [code.getUint16(at * 8, true), code.getUint8(at * 8 + 2), code.getUint8(at * 8 + 3)];
			const k = code.getUint32(at * 8 + 4, true);
			if (operation === 0x06) return k !== 0;
			if (operation === 0x15) at += accumulator === k ? jt : jf;
			else if (operation === 0x05) at += k;
			else if (operation === 0xb1) index = (view.getUint8(k) & 15) * 4;
			else {
				const from = (operation & 0xe0) === 0x40 ? k + index : k;
				const size = operation & 0x18;
				accumulator = size === 0 ? view.getUint32(from) : size === 8 ? view.getUint16(from) : view.getUint8(from);
			}
		}
	} catch {
		return false;
	}
}

const US = "192.0.2.1";
const TARGET = "198.51.100.7";
const ROUTER = "203.0.113.9";
const UDP: FilterFacts = {
	family: 4,
	target: TARGET,
	destinations: [TARGET],
	protocol: 17,
	sourcePorts: [5000, 5001],
	echoId: null,
};
/** A SYN/ACK to a port of ours. */
const segment = (source: string, destinationPort: number) =>
	ip4(
		6,
		source,
		US,
		encodeTcp(
			{
				family: 4,
				source,
				destination: US,
				sourcePort: 443,
				destinationPort,
				sequence: 1,
				flags: 0x12,
				window: 1,
				options: [],
			},
			new Uint8Array(0),
		),
	);

const ECHO: FilterFacts = { ...UDP, protocol: 1, sourcePorts: [], echoId: 77 };

function ip4(protocol: number, source: string, destination: string, payload: Uint8Array): Uint8Array {
	return encodeIpv4({ tos: 0, ttl: 9, protocol, source, destination, dontFragment: false, identification: 1 }, payload);
}

function udp4(destination: string): Uint8Array {
	const ports = { family: 4 as const, source: US, destination, sourcePort: 5000, destinationPort: 33434 };
	return ip4(17, US, destination, encodeUdp(ports, new Uint8Array(8)));
}

describe("packet filters", () => {
	it("take errors about packets to our target, of our protocol, and no others", () => {
		const program = icmpFilter(UDP);
		const about = (quoted: Uint8Array, type = 11) => ip4(1, ROUTER, US, encodeIcmpError(4, { type, code: 0, quoted }));
		for (const type of [3, 11, 12]) expect(accepts(program, about(udp4(TARGET), type))).toBe(true);
		expect(accepts(program, about(udp4("198.51.100.8")))).toBe(false);
		expect(accepts(program, about(ip4(6, US, TARGET, new Uint8Array(20))))).toBe(false);
		expect(accepts(program, about(udp4(TARGET)).subarray(0, 40))).toBe(false);
	});

	it("take only answers to echoes with our id", () => {
		const reply = (id: number) => {
			const bytes = encodeIcmpEcho(4, { id, sequence: 1, payload: new Uint8Array(8), source: US, destination: US });
			bytes[0] = 0;
			return ip4(1, TARGET, US, bytes);
		};
		expect(accepts(icmpFilter(ECHO), reply(77))).toBe(true);
		expect(accepts(icmpFilter(ECHO), reply(78))).toBe(false);
		expect(accepts(icmpFilter(UDP), reply(77))).toBe(false);
	});

	it.each([1, 200, 201, 400, 512])("take answers to each of %i ports, and to no other", (count) => {
		const sourcePorts = Array.from({ length: count }, (_, at) => 40_000 + at);
		const program = answerFilter({ ...UDP, sourcePorts });
		const answer = (destinationPort: number) => {
			const ports = { family: 4 as const, source: TARGET, destination: US, sourcePort: 33434, destinationPort };
			return ip4(17, TARGET, US, encodeUdp(ports, new Uint8Array(8)));
		};
		const taken = (port: number) => accepts(program, answer(port));
		expect(sourcePorts.filter((port) => !taken(port))).toEqual([]);
		expect([taken(39_999), taken(40_000 + count)]).toEqual([false, false]);
	});

	it.each([252, 453, 507, 512])("take TCP answers to each of %i ports from the target alone", (count) => {
		const sourcePorts = Array.from({ length: count }, (_, index) => 5000 + index);
		const program = answerFilter({ ...UDP, protocol: 6, sourcePorts });
		const taken = (from: string, port: number) => accepts(program, segment(from, port));
		expect([taken(TARGET, 5000), taken(TARGET, 4999 + count)]).toEqual([true, true]);
		expect([taken(TARGET, 5000 + count), taken(ROUTER, 5000), taken(ROUTER, 4999)]).toEqual([false, false, false]);
	});

	it("take answers to each of our ports, TCP only from the target", () => {
		const tcp = { ...UDP, protocol: 6 };
		for (const port of [5000, 5001]) expect(accepts(answerFilter(tcp), segment(TARGET, port))).toBe(true);
		expect(accepts(answerFilter(tcp), segment(TARGET, 5002))).toBe(false);
		expect(accepts(answerFilter(tcp), segment(ROUTER, 5000))).toBe(false);
		expect(accepts(answerFilter({ ...tcp, protocol: 17 }), segment(ROUTER, 5001))).toBe(true);
	});

	it("look behind the headers that the kernel takes off in IPv6", () => {
		const [us, target] = ["2001:db8::1", "2001:db8::7"];
		const quotedTo = (destination: string) => {
			const ports = { family: 6 as const, source: us, destination, sourcePort: 5000, destinationPort: 33434 };
			const datagram = encodeUdp(ports, new Uint8Array(8));
			const fields = { trafficClass: 0, flowLabel: 0, hopLimit: 1, protocol: 17, source: us, destination };
			const quoted = encodeIpv6(fields, datagram);
			return encodeIcmpError(6, { type: 3, code: 0, quoted, source: "2001:db8::9", destination: us });
		};
		const program = icmpFilter({ ...UDP, family: 6, target, destinations: [target] });
		expect(accepts(program, quotedTo(target))).toBe(true);
		expect(accepts(program, quotedTo("2001:db8::8"))).toBe(false);
	});

	it("take errors about packets to any gateway of a source route, and with no destination named to anywhere", () => {
		const errorAbout = (protocol: number, destination: string) => {
			const quoted = ip4(protocol, US, destination, udp4(destination).subarray(20));
			const error = { type: 11, code: 0, quoted, source: ROUTER, destination: US };
			return ip4(1, ROUTER, US, encodeIcmpError(4, error));
		};
		const routed = icmpFilter({ ...UDP, destinations: [TARGET, ROUTER] });
		const loose = icmpFilter({ ...UDP, destinations: null });
		for (const destination of [TARGET, ROUTER]) {
			expect(accepts(routed, errorAbout(17, destination))).toBe(true);
			expect(accepts(loose, errorAbout(17, destination))).toBe(true);
		}
		expect(accepts(routed, errorAbout(17, "203.0.113.77"))).toBe(false);
		expect(accepts(loose, errorAbout(17, "203.0.113.77"))).toBe(true);
		expect(accepts(loose, errorAbout(6, TARGET))).toBe(false);
	});

	it("can take one of 200 ports, and nothing at all", () => {
		const values = Array.from({ length: 200 }, (_, index) => 1000 + index);
		const program = encodeFilter([[{ offset: 0, after: "start", bytes: 2, values }]]);
		for (const value of [1000, 1100, 1199])
			expect(accepts(program, new Uint8Array([value >> 8, value & 255]))).toBe(true);
		for (const value of [999, 1200]) expect(accepts(program, new Uint8Array([value >> 8, value & 255]))).toBe(false);
		expect(accepts(nothingFilter(), new Uint8Array(64))).toBe(false);
	});

	it("block every ICMPv6 type but errors and echo replies", () => {
		const view = new DataView(icmp6TypeFilter().buffer);
		const passes = (type: number) => ((view.getUint32((type >> 5) * 4, true) >>> (type & 31)) & 1) === 0;
		const passing = Array.from({ length: 256 }, (_, type) => type).filter(passes);
		expect(passing).toEqual([1, 2, 3, 4, 129]);
	});
});
