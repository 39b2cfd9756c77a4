import {
	decodeDns,
	decodeIcmp,
	decodeTcp,
	decodeUdp,
	encodeDnsQuery,
	encodeIcmpEcho,
	encodeTcp,
	encodeUdp,
	isDecodeError,
	TCP_FLAGS,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import { answerPacket, type HostAnswer } from "./host.ts";
import { buildPacket, hasGoodChecksum, type IpPacket, icmpProtocol, readPacket } from "./packet.ts";
import type { HostSpec } from "./scenario.ts";

const FAMILIES = [4, 6] as const;
const stack = (source: string) => ({ source, ttl: 64, identification: 1, initialSequence: 5000 });

function addresses(family: 4 | 6) {
	return family === 4
		? { source: "192.0.2.1", destination: "192.0.2.2" }
		: { source: "2001:db8::1", destination: "2001:db8::2" };
}

function incoming(family: 4 | 6, protocol: number, payload: Uint8Array): IpPacket {
	return readPacket(buildPacket({ family, ...addresses(family), protocol, ttl: 3 }, payload))!;
}

function udp(family: 4 | 6): IpPacket {
	const ports = { sourcePort: 1234, destinationPort: 7 };
	return incoming(family, 17, encodeUdp({ family, ...addresses(family), ...ports }, Uint8Array.of(1, 2, 3)));
}

function tcp(family: 4 | 6, flags: number, numbers = { sequence: 100, acknowledgment: 0 }): IpPacket {
	const ports = { sourcePort: 1234, destinationPort: 80 };
	const fields = { family, ...addresses(family), ...ports, ...numbers, flags, window: 1000 };
	return incoming(family, 6, encodeTcp(fields, new Uint8Array(0)));
}

function answer(host: Omit<HostSpec, "kind">, packet: IpPacket): HostAnswer {
	return answerPacket({ kind: "host", ...host }, packet, stack(packet.destination));
}

/** The answer as a packet, checked for its checksums and direction. */
function answered(host: Omit<HostSpec, "kind">, packet: IpPacket): IpPacket {
	const result = answer(host, packet);
	if (result.type !== "packet") throw new Error(`no packet: ${JSON.stringify(result)}`);
	const read = readPacket(result.packet)!;
	expect(hasGoodChecksum(read)).toBe(true);
	expect([read.source, read.destination]).toEqual([packet.destination, packet.source]);
	return read;
}

describe.each(FAMILIES)("a host (IPv%i)", (family) => {
	it("has its UDP ports closed unless told otherwise", () => {
		expect(answer({}, udp(family))).toEqual({ type: "error", cause: { what: "unreachable", code: "port" } });
		expect(answer({ udp: "open" }, udp(family)).type).toBe("none");
		expect(answer({ udp: "silent" }, udp(family)).type).toBe("none");
	});

	it("echoes a datagram with the ports exchanged", () => {
		const echoed = decodeUdp(answered({ udp: "echo" }, udp(family)).payload);
		if (isDecodeError(echoed)) throw new Error("no UDP");
		expect(echoed.header).toMatchObject({ sourcePort: 7, destinationPort: 1234 });
		expect([...echoed.payload]).toEqual([1, 2, 3]);
	});

	it("drops a datagram with a wrong checksum", () => {
		const bytes = udp(family).bytes.slice();
		bytes[bytes.length - 1]! ^= 1;
		expect(answer({ udp: "echo" }, readPacket(bytes)!)).toEqual({ type: "none", why: "bad checksum" });
	});

	it("resets a SYN to a closed port and stays silent on a filtered one", () => {
		const reply = decodeTcp(answered({}, tcp(family, TCP_FLAGS.syn)).payload);
		if (isDecodeError(reply)) throw new Error("no TCP");
		expect(reply.header).toMatchObject({ flags: TCP_FLAGS.rst | TCP_FLAGS.ack, sequence: 0, acknowledgment: 101 });
		expect(answer({ tcpPorts: { filtered: [80] } }, tcp(family, TCP_FLAGS.syn)).type).toBe("none");
		expect(answer({ tcpDefault: "filtered" }, tcp(family, TCP_FLAGS.syn)).type).toBe("none");
	});

	it("resets an acknowledgment of nothing with its own number, and never answers a reset", () => {
		const numbers = { sequence: 1, acknowledgment: 900 };
		const stray = decodeTcp(answered({}, tcp(family, TCP_FLAGS.syn | TCP_FLAGS.ack, numbers)).payload);
		if (isDecodeError(stray)) throw new Error("no TCP");
		expect(stray.header).toMatchObject({ flags: TCP_FLAGS.rst, sequence: 900 });
		expect(answer({}, tcp(family, TCP_FLAGS.rst)).type).toBe("none");
	});

	it("answers DNS queries with one address, and nothing else", () => {
		const datagram = (payload: Uint8Array) => {
			const ports = { sourcePort: 1234, destinationPort: 53 };
			return incoming(family, 17, encodeUdp({ family, ...addresses(family), ...ports }, payload));
		};
		for (const [type, data] of [
			[1, { name: "A", value: { address: "192.0.2.53" } }],
			[28, { name: "AAAA", value: { address: "2001:db8::53" } }],
		] as const) {
			const query = datagram(encodeDnsQuery({ id: 77, name: "a.example", type }));
			const udp = decodeUdp(answered({ udp: "dns" }, query).payload);
			if (isDecodeError(udp)) throw new Error("no UDP");
			expect(udp.header).toMatchObject({ sourcePort: 53, destinationPort: 1234 });
			const questions = [{ name: "a.example.", type, class: 1 }];
			expect(decodeDns(udp.payload)).toMatchObject({ id: 77, response: true, questions, answers: [{ data }] });
			expect(answer({ udp: "dns" }, datagram(udp.payload)).type).toBe("none");
		}
		expect(answer({ udp: "dns" }, udp(family)).type).toBe("none");
	});

	it("answers echo requests, if it is not told to be silent, and no echo replies", () => {
		const fields = { id: 9, sequence: 3, payload: Uint8Array.of(8, 9), ...addresses(family) };
		const request = incoming(family, icmpProtocol(family), encodeIcmpEcho(family, fields));
		const reply = decodeIcmp(family, answered({}, request).payload);
		if (isDecodeError(reply)) throw new Error("no ICMP");
		expect(reply.type).toBe(family === 4 ? 0 : 129);
		expect(reply.body).toMatchObject({ kind: "echo", id: 9, sequence: 3 });
		expect(answer({ icmpEcho: "silent" }, request).type).toBe("none");
		const unasked = encodeIcmpEcho(family, { ...fields, direction: "reply" });
		expect(answer({}, incoming(family, icmpProtocol(family), unasked)).type).toBe("none");
	});

	it("says that it does not speak an unknown protocol", () => {
		const packet = incoming(family, 253, new Uint8Array(20));
		expect(answer({}, packet)).toEqual({ type: "error", cause: { what: "unreachable", code: "protocol" } });
	});
});
