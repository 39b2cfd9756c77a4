import { describe, expect, test } from "vitest";
import {
	encodeIpv4,
	encodeIpv6,
	encodeSctp,
	encodeTcp,
	encodeUdp,
	type Ipv4Fields,
	packetChanges,
	TCP_FLAGS,
	type TcpFields,
	type TcpOption,
	tcpOption,
} from "./index.ts";

const ends = { source: "10.0.0.1", destination: "198.51.100.7" };
const options: readonly TcpOption[] = [
	tcpOption("maximumSegmentSize", 1460),
	tcpOption("sackPermitted", true),
	tcpOption("timestamps", { value: 1, echo: 0 }),
	{ name: "noOperation", kind: 1, value: null },
	tcpOption("windowScale", 7),
];
const syn: TcpFields = {
	family: 4,
	...ends,
	sourcePort: 1,
	destinationPort: 443,
	sequence: 9,
	flags: TCP_FLAGS.syn | TCP_FLAGS.ece | TCP_FLAGS.cwr,
	window: 1000,
	options,
};
const payload = new Uint8Array(12).fill(0x41);
const ipv4 = (changes: Partial<Ipv4Fields>, segment: Uint8Array, protocol = 6) =>
	encodeIpv4({ ttl: 9, protocol, tos: 0x2a, identification: 7, dontFragment: true, ...ends, ...changes }, segment);
const sent = ipv4({}, encodeTcp(syn, payload));
/** The packet as it was, but for some bytes. */
const patched = (patches: Readonly<Record<number, number>>) => {
	const bytes = sent.slice();
	for (const [offset, value] of Object.entries(patches)) bytes[Number(offset)] = value;
	return bytes;
};

describe("changes of the IP header", () => {
	test("the same packet has none, however much of it is quoted, and whatever its TTL became", () => {
		for (let length = 0; length <= sent.length; length++)
			expect(packetChanges(sent, patched({ 8: 1 }).subarray(0, length), 4)).toEqual([]);
		expect(packetChanges(sent, Uint8Array.from([...sent, ...new Uint8Array(64)]), 4)).toEqual([]);
	});

	test.each<[string, Uint8Array, readonly string[]]>([
		["a bleached TOS", patched({ 1: 0 }), ["tos 0x2a -> 0x00", "dscp 10 -> 0", "ecn ect0 -> not-ect"]],
		["congestion", patched({ 1: 0x2b }), ["tos 0x2a -> 0x2b", "ecn ect0 -> ce"]],
		["a TTL that grew", patched({ 8: 64 }), ["ttl 9 -> 64"]],
		["another identification", patched({ 4: 1 }), ["identification 7 -> 263"]],
		["a total length in host order", patched({ 2: 72, 3: 0 }), ["length 72 -> 18432 (byte-swapped)"]],
		["a total length without the header", patched({ 3: 52 }), ["length 72 -> 52 (less header)"]],
		["Don't Fragment cleared", patched({ 6: 0 }), ["dontFragment set -> clear"]],
		["a fragment word in host order", patched({ 6: 0, 7: 0x40 }), ["fragment 0x4000 -> 0x0040 (byte-swapped)"]],
		["a changed payload", patched({ 71: 0x42 }), ["payload"]],
	])("%s", (_, quoted, expected) => {
		expect(packetChanges(sent, quoted, 4)).toEqual(expected);
	});

	test("an identification that the kernel chose is no change", () => {
		const zero = patched({ 5: 0 });
		expect(packetChanges(zero, sent, 4)).toEqual([]);
	});

	test("IPv6 has a flow label and extension headers", () => {
		const at6 = { source: "2001:db8::1", destination: "2001:db8::2" };
		const udp = encodeUdp({ family: 6, ...at6, sourcePort: 1, destinationPort: 2 }, payload);
		const before = encodeIpv6({ hopLimit: 9, protocol: 17, flowLabel: 0x12345, ...at6 }, udp);
		const hopByHop = { type: 0, bytes: Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0) };
		const fields = { hopLimit: 1, protocol: 17, trafficClass: 4, ...at6, extensionHeaders: [hopByHop] };
		expect(packetChanges(before, encodeIpv6(fields, udp), 6)).toEqual([
			"tos 0x00 -> 0x04",
			"dscp 0 -> 1",
			"length 60 -> 68",
			"flowLabel 0x12345 -> 0x00000",
			"extensionHeaders none -> 0",
		]);
	});

	test("what is no IP header gives nothing, but our own packet must be one", () => {
		expect(packetChanges(sent, new Uint8Array(40), 4)).toEqual([]);
		expect(() => packetChanges(new Uint8Array(40), sent, 4)).toThrow(RangeError);
	});
});

describe("changes of the transport header", () => {
	const changed = (fields: Partial<TcpFields>) => {
		const { source = ends.source, destination = ends.destination } = fields;
		return packetChanges(sent, ipv4({ source, destination }, encodeTcp({ ...syn, ...fields }, payload)), 4);
	};
	const without = (kind: number) => options.filter((option) => option.kind !== kind);

	test("a NAT that adjusts the checksum", () => {
		const changes = changed({ source: "198.51.100.9", sourcePort: 2 });
		expect(changes).toMatchObject([
			"source 10.0.0.1 -> 198.51.100.9",
			"sourcePort 1 -> 2",
			expect.stringMatching(/follows/),
		]);
	});

	test("a NAT whose work shows in the checksum alone, because it put the addresses back", () => {
		const translated = encodeTcp({ ...syn, source: "198.51.100.9" }, payload);
		expect(packetChanges(sent, ipv4({}, translated), 4)).toEqual([
			expect.stringMatching(/^checksum 0x[0-9a-f]{4} -> 0x[0-9a-f]{4}$/),
		]);
	});

	test.each<[string, Partial<TcpFields>, readonly string[]]>([
		["a clamped MSS", { options: [tcpOption("maximumSegmentSize", 1360), ...options.slice(1)] }, ["mss 1460 -> 1360"]],
		["ECN bleached in the flags", { flags: TCP_FLAGS.syn }, ["flags syn|ece|cwr -> syn"]],
		["another window", { window: 10 }, ["window 1000 -> 10"]],
		[
			"other timestamps and scale",
			{ options: options.map((o) => (o.name === "timestamps" ? tcpOption("timestamps", { value: 5, echo: 0 }) : o)) },
			["timestamps 1,0 -> 5,0"],
		],
		[
			"an option overwritten by no-operations",
			{ options: options.flatMap((o) => (o.kind === 4 ? [options[3]!, options[3]!] : [o])) },
			["option sackPermitted removed"],
		],
	])("%s, with the checksum that follows", (_, fields, expected) => {
		expect(changed(fields)).toHaveLength(expected.length + 1);
		expect(changed(fields)).toEqual(
			expect.arrayContaining([...expected, expect.stringMatching(/^checksum .*\(follows\)$/)]),
		);
	});

	test("an option cut out shortens header and packet", () => {
		expect(changed({ options: without(8) })).toEqual([
			"length 72 -> 64",
			"headerLength 40 -> 32",
			expect.stringMatching(/^checksum .*\(follows\)$/),
			"option timestamps removed",
		]);
	});

	test("an option put in, and options in another order", () => {
		expect(changed({ options: [tcpOption("fastOpenCookie", new Uint8Array(0)), ...without(1)] })).toContain(
			"option fastOpenCookie added",
		);
		expect(changed({ options: [...options].reverse() })).toContain("options rearranged");
	});

	test("options beyond the quote are not missed", () => {
		const quoted = ipv4({}, encodeTcp({ ...syn, options: without(3) }, payload)).subarray(0, 46);
		expect(packetChanges(sent, quoted, 4).filter((change) => change.startsWith("option"))).toEqual([]);
	});

	test("UDP ports and SCTP checksums", () => {
		const udp = { family: 4, ...ends, sourcePort: 5, destinationPort: 6 } as const;
		const before = ipv4({}, encodeUdp(udp, payload), 17);
		const after = ipv4({}, encodeUdp({ ...udp, destinationPort: 7 }, payload), 17);
		expect(packetChanges(before, after.subarray(0, 28), 4)).toEqual([
			"destinationPort 6 -> 7",
			expect.stringMatching(/follows/),
		]);
		const sctp = (sourcePort: number) =>
			ipv4({}, encodeSctp({ sourcePort, destinationPort: 1, verificationTag: 0 }, []), 132);
		expect(packetChanges(sctp(1), sctp(2), 4)).toEqual(["sourcePort 1 -> 2", expect.stringMatching(/follows/)]);
	});
});
