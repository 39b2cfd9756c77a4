import { describe, expect, test } from "vitest";
import {
	decodeExtensions,
	decodeIcmp,
	decodeQuoted,
	encodeExtensions,
	encodeIcmpEcho,
	encodeIcmpError,
	type IcmpErrorBody,
	icmpCodeName,
	icmpExtension,
	icmpTypeName,
	isDecodeError,
} from "../index.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const zeros = (length: number) => "00".repeat(length);

/** A UDP probe with TTL 1, from 192.0.2.10:50000 to 198.51.100.7:33434, and the same for IPv6 with a flow label. */
const PROBE_4 =
	"4500003cbeef000001110e7dc000020ac6336407c350829a0028d868404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
const PROBE_6 =
	"600123450028110120010db800000000000000000000001020010db8000f00000000000000000007c350829a00286916404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
const MPLS = "2000ce12000c010105dcf00100011b01";
const LABELS = [
	{ label: 24_015, trafficClass: 0, bottom: false, ttl: 1 },
	{ label: 17, trafficClass: 5, bottom: true, ttl: 1 },
];

function errorBody(family: 4 | 6, bytes: Uint8Array, options = {}): IcmpErrorBody {
	const decoded = decodeIcmp(family, bytes, options);
	if (isDecodeError(decoded) || decoded.body.kind !== "error") throw new Error("no error message");
	return decoded.body;
}

describe("a Time Exceeded from inside an MPLS tunnel", () => {
	const compliant = hex(`0b00e15e00200000${PROBE_4}${zeros(68)}${MPLS}`);
	const older = hex(`0b00e17e00000000${PROBE_4}${zeros(68)}${MPLS}`);

	test.each([
		["compliant", compliant],
		["nonCompliant", older],
	])("gives its labels in the %s layout", (extensionLayout, message) => {
		expect(decodeIcmp(4, message)).toMatchObject({ type: 11, code: 0, checksumValid: true });
		const body = errorBody(4, message);
		expect(body).toMatchObject({ extensionLayout, extensionsInvalid: false, mtu: null, pointer: null });
		expect(body.extensions).toEqual([
			{ kind: "mpls", class: 1, type: 1, bytes: hex("05dcf00100011b01"), labels: LABELS },
		]);
		expect(body.quoted.length).toBe(128);
	});

	test("quotes the probe, whose padding is cut off", () => {
		expect(decodeQuoted(4, errorBody(4, compliant).quoted)).toMatchObject({
			source: "192.0.2.10",
			destination: "198.51.100.7",
			protocol: 17,
			ttl: 1,
			length: 60,
			identification: 0xbeef,
			ports: { source: 50_000, destination: 33_434 },
			payload: hex("404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"),
			truncated: false,
		});
	});

	test.each([
		["compliant", true, compliant],
		["older", false, older],
	])("is encoded byte by byte in the %s layout", (_, isCompliant, message) => {
		const extensions = [{ kind: "mpls", labels: LABELS } as const];
		expect(encodeIcmpError(4, { type: 11, code: 0, quoted: hex(PROBE_4), extensions, compliant: isCompliant })).toEqual(
			message,
		);
	});

	test("keeps the older layout to itself when that is not asked for", () => {
		const body = errorBody(4, older, { nonCompliant: false });
		expect(body).toMatchObject({ extensions: [], extensionLayout: null });
		expect(body.quoted.length).toBe(128 + 16);
	});

	test("is believed in the older layout only with a good checksum and version 2", () => {
		for (const offset of [136, 138, 139, 144]) {
			const changed = older.slice();
			changed[offset] = (changed[offset] ?? 0) ^ 0x40;
			expect(errorBody(4, changed)).toMatchObject({ extensions: [], extensionsInvalid: false });
		}
	});

	test("says so when the announced extension is damaged, and still quotes the probe", () => {
		const changed = compliant.slice();
		changed[145] = (changed[145] ?? 0) ^ 1;
		const body = errorBody(4, changed);
		expect(body).toMatchObject({ extensions: [], extensionsInvalid: true });
		expect(body.quoted.length).toBe(128);
	});

	test("is believed with a quote shorter than RFC 4884 wants only where a valid structure follows it", () => {
		const short = hex(`0b00000000070000${PROBE_4.slice(0, 56)}${MPLS}`);
		expect(errorBody(4, short)).toMatchObject({ extensions: [{ labels: LABELS }], quoted: hex(PROBE_4.slice(0, 56)) });
		const junk = hex(`0b00000000030000${PROBE_4}`);
		expect(errorBody(4, junk)).toMatchObject({ extensions: [], extensionsInvalid: true, quoted: hex(PROBE_4) });
	});

	test("is not believed in the older layout with a checksum of 0", () => {
		const unsigned = older.slice();
		unsigned.set([0, 0], 138);
		expect(errorBody(4, unsigned)).toMatchObject({ extensions: [], extensionsInvalid: false });
		const unsignedCompliant = compliant.slice();
		unsignedCompliant.set([0, 0], 138);
		expect(errorBody(4, unsignedCompliant)).toMatchObject({ extensions: [{ labels: LABELS }] });
	});

	test("says so when the length points behind the message", () => {
		const changed = compliant.slice();
		changed[5] = 0xff;
		expect(errorBody(4, changed)).toMatchObject({ extensions: [], extensionsInvalid: true });
	});
});

describe("other messages", () => {
	test("a Destination Unreachable with interface information and a private object", () => {
		const structure = "20009ddf0020020f0000000700010000cb0071090c67652d302f302f31000000000005dc0008f70101020304";
		const body = errorBody(4, hex(`030de95100200000${PROBE_4}${zeros(68)}${structure}`));
		const interfaceInformation = {
			kind: "interface",
			role: "incoming",
			index: 7,
			address: "203.0.113.9",
			name: "ge-0/0/1",
			mtu: 1500,
		} as const;
		const unknown = { kind: "unknown", class: 0xf7, type: 1, bytes: hex("01020304") } as const;
		expect(body.extensions).toMatchObject([interfaceInformation, unknown]);
		expect(encodeExtensions([interfaceInformation, unknown])).toEqual(hex(structure));
	});

	test("an ICMPv6 Time Exceeded with interface information and node identification", () => {
		const structure = `2000f5ed002002860002000020010db80001000000000000000000090865746830000000002405060002000020010db8ffff000000000000000000010c72312e6578616d706c6500`;
		const message = hex(`0300fc3210000000${PROBE_6}${zeros(48)}${structure}`);
		const addresses = { source: "2001:db8:1::9", destination: "2001:db8::10" };
		expect(decodeIcmp(6, message, addresses)).toMatchObject({ type: 3, checksumValid: true });
		expect(decodeIcmp(6, message, { ...addresses, source: "2001:db8:1::a" })).toMatchObject({ checksumValid: false });
		const body = errorBody(6, message, addresses);
		expect(body.extensions).toMatchObject([
			{ kind: "interface", role: "outgoing", index: null, address: "2001:db8:1::9", name: "eth0", mtu: null },
			{ kind: "node", address: "2001:db8:ffff::1", name: "r1.example" },
		]);
		expect(decodeQuoted(6, body.quoted)).toMatchObject({ flowLabel: 0x12345, length: 80, truncated: false });
		const encoded = encodeIcmpError(6, {
			type: 3,
			code: 0,
			quoted: hex(PROBE_6),
			extensions: body.extensions,
			...addresses,
		});
		expect(encoded).toEqual(message);
	});

	test("Fragmentation Needed and Packet Too Big tell their MTU", () => {
		const fragmentation = hex(`0304d90700000578${PROBE_4.slice(0, 56)}`);
		expect(errorBody(4, fragmentation)).toMatchObject({ mtu: 1400, extensions: [] });
		expect(encodeIcmpError(4, { type: 3, code: 4, mtu: 1400, quoted: hex(PROBE_4.slice(0, 56)) })).toEqual(
			fragmentation,
		);
		const tooBig = hex(`0200fdcf00000500${PROBE_6.slice(0, 96)}`);
		const addresses = { source: "2001:db8:1::9", destination: "2001:db8::10" };
		expect(errorBody(6, tooBig, addresses)).toMatchObject({ mtu: 1280, pointer: null });
		expect(
			encodeIcmpError(6, { type: 2, code: 0, mtu: 1280, quoted: hex(PROBE_6.slice(0, 96)), ...addresses }),
		).toEqual(tooBig);
	});

	test("an echo request is encoded and decoded", () => {
		const request = encodeIcmpEcho(4, { id: 0x1234, sequence: 7, payload: hex("6162") });
		expect(request).toEqual(hex("0800846212340007" + "6162"));
		expect(decodeIcmp(4, request)).toMatchObject({
			checksumValid: true,
			body: { kind: "echo", id: 0x1234, sequence: 7, payload: hex("6162") },
		});
	});

	test("a message cut off in its header, and a type without a quote, keep their bytes", () => {
		expect(decodeIcmp(4, hex("0b0000000011"))).toMatchObject({ type: 11, body: { kind: "other", bytes: hex("0011") } });
		expect(decodeIcmp(6, hex("8600000040000708"))).toMatchObject({ body: { kind: "other", bytes: hex("40000708") } });
		expect(decodeIcmp(4, hex("0b0000"))).toMatchObject({ error: "truncated", need: 4, have: 3 });
	});

	test("types and codes have their registry's names, and a number where there is none", () => {
		expect(icmpTypeName(4, 11)).toBe("Time Exceeded");
		expect(icmpCodeName(4, 3, 13)).toBe("Communication Administratively Prohibited");
		expect(icmpCodeName(6, 1, 4)).toBe("port unreachable");
		expect(icmpTypeName(6, 250)).toBe("Type 250");
		expect(icmpCodeName(4, 3, 99)).toBe("Code 99");
	});
});

describe("quotes", () => {
	test("of 28 bytes give the ports and an empty payload", () => {
		expect(decodeQuoted(4, hex(PROBE_4.slice(0, 56)))).toMatchObject({
			ports: { source: 50_000, destination: 33_434 },
			payload: hex(""),
			truncated: true,
			length: 60,
		});
	});

	test("of the IP header alone are values that say truncated", () => {
		expect(decodeQuoted(4, hex(PROBE_4.slice(0, 40)))).toMatchObject({
			ports: null,
			segment: hex(""),
			truncated: true,
		});
		expect(decodeQuoted(6, hex(PROBE_6.slice(0, 80)))).toMatchObject({
			ports: null,
			segment: hex(""),
			truncated: true,
		});
	});

	test("with a total length that a router damaged keep their transport bytes", () => {
		const damaged = hex(PROBE_4);
		damaged.set([0, 0], 2);
		expect(decodeQuoted(4, damaged)).toMatchObject({ length: 0, ports: { source: 50_000 }, truncated: false });
	});

	test("of a later fragment have no ports", () => {
		const fragment = hex(PROBE_4);
		fragment.set([0x00, 0xb9], 6);
		expect(decodeQuoted(4, fragment)).toMatchObject({ ports: null });
	});

	test("of another protocol hand on the whole segment", () => {
		const other = hex(PROBE_4);
		other[9] = 200;
		expect(decodeQuoted(4, other)).toMatchObject({ protocol: 200, ports: null, payload: hex(PROBE_4.slice(40)) });
	});

	test.each([
		[
			"TCP with its options",
			6,
			"a8ca01bbdeadbeef00000000a0c2faf0e18b0000020405b40402080a0a1b2c3d000000000103030a6869",
			"6869",
		],
		["TCP with a data offset of 0", 6, "a8ca01bbdeadbeef0000000000c2faf0e18b00006869", "6869"],
		["TCP that ends before its data offset", 6, "a8ca01bbdeadbeef00000000", ""],
		["DCCP", 33, "c350829b0500000000000000000000000000000068690000", "68690000"],
		["SCTP", 132, "c350829a00000000000000006869", "6869"],
		["UDP-Lite", 136, "c350829a000800006869", "6869"],
		["ICMP", 1, "08008462123400076869", "6869"],
	])("of %s tell where the payload begins", (_, protocol, segment, payload) => {
		const header = hex(PROBE_4.slice(0, 40));
		header.set([0, 255], 2);
		header[9] = protocol;
		expect(decodeQuoted(4, Uint8Array.of(...header, ...hex(segment)))).toMatchObject({
			ports: protocol === 1 ? null : expect.anything(),
			payload: hex(payload),
		});
	});

	test("that are no IP packet are errors", () => {
		expect(decodeQuoted(6, hex(PROBE_4))).toMatchObject({ error: "badVersion" });
		expect(decodeQuoted(4, hex(""))).toMatchObject({ error: "truncated", need: 20, have: 0 });
	});
});

describe("extension objects", () => {
	test.each([
		["a name", { name: "eth0", index: null, address: null }, 1, "65746830"],
		["an index", { name: null, index: 9, address: null }, 2, "00000009"],
		["an address", { name: null, index: null, address: "192.0.2.1" }, 3, "00010400c0000201"],
	])("identify an interface by %s", (_, fields, type, bytes) => {
		const object = icmpExtension({ kind: "interfaceIdentification", ...fields });
		expect(object).toEqual({ kind: "interfaceIdentification", class: 3, type, bytes: hex(bytes), ...fields });
	});

	test("point into the packet (RFC 8883)", () => {
		expect(icmpExtension({ kind: "extendedInformation", pointer: 40 })).toMatchObject({
			class: 4,
			bytes: hex("00000028"),
		});
	});

	test("ignore what follows the parts that they announce, as the node identification draft asks", () => {
		expect(decodeExtensions(hex("20000000000c05020472310000000000"))).toMatchObject({
			extensions: [{ kind: "node", address: null, name: "r1" }],
		});
	});

	test.each([
		["labels cut off in the middle", "20000000000401010000"],
		["a length below 4", "2000000000000101"],
		["a length beyond the structure", "2000000000100101"],
		["a length that is no multiple of 4", "2000000000050101ff"],
		["version 1", "10000000"],
		["a wrong checksum", "20001234"],
		["three bytes", "200000"],
	])("are refused as a structure with %s", (_, bytes) => {
		expect(isDecodeError(decodeExtensions(hex(bytes)))).toBe(true);
	});

	test.each([
		["a label stack of no label", "2000000000040101", 1],
		["a label stack of another type", "200000000008010200000000", 1],
		["a name longer than the object", "200000000008020240657468", 2],
		["a name whose length is no multiple of 4", "20000000000c02020561626364000000", 2],
		["an address of no known family", "20000000000c020400ff000001020304", 2],
		["an interface by a type nobody knows", "200000000008030900000000", 3],
	])("stay bytes as %s", (_, bytes, classNumber) => {
		expect(decodeExtensions(hex(bytes))).toMatchObject({ extensions: [{ kind: "unknown", class: classNumber }] });
	});

	test("hold a whole structure with a checksum of 0 for true (RFC 4884 §7)", () => {
		expect(decodeExtensions(hex(`20000000${MPLS.slice(8)}`))).toMatchObject({ extensions: [{ labels: LABELS }] });
	});
});

describe("our own mistakes throw", () => {
	const quoted = hex(PROBE_4);
	const extensions = [{ kind: "mpls", labels: LABELS } as const];
	test.each([
		["an MTU on a Time Exceeded", () => encodeIcmpError(4, { type: 11, code: 0, mtu: 1400, quoted })],
		["a pointer on a Time Exceeded", () => encodeIcmpError(4, { type: 11, code: 0, pointer: 1, quoted })],
		["a gateway on a Time Exceeded", () => encodeIcmpError(4, { type: 11, code: 0, gateway: "192.0.2.1", quoted })],
		["a type that is no error", () => encodeIcmpError(4, { type: 8, code: 0, quoted })],
		["extensions on a Packet Too Big", () => encodeIcmpError(6, { type: 2, code: 0, quoted, extensions })],
		[
			"a quote too long to count",
			() => encodeIcmpError(4, { type: 11, code: 0, quoted: new Uint8Array(1024), extensions }),
		],
		["an empty label stack", () => icmpExtension({ kind: "mpls", labels: [] })],
		["a label of 21 bits", () => icmpExtension({ kind: "mpls", labels: [{ ...LABELS[0]!, label: 1 << 20 }] })],
		["a name of 64 bytes", () => icmpExtension({ kind: "node", address: null, name: "x".repeat(64) })],
		[
			"an interface identified twice",
			() => icmpExtension({ kind: "interfaceIdentification", name: "a", index: 1, address: null }),
		],
		[
			"an object of three bytes",
			() => encodeExtensions([{ kind: "unknown", class: 9, type: 0, bytes: new Uint8Array(3) }]),
		],
		["an id of 17 bits", () => encodeIcmpEcho(4, { id: 65_536, sequence: 0, payload: quoted })],
	])("%s", (_, encode) => {
		expect(encode).toThrow(RangeError);
	});
});
