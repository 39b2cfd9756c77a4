import { describe, expect, test } from "vitest";
import {
	decodeTcp,
	decodeTcpOptions,
	decodeTcpPrefix,
	decodeUdp,
	encodeTcp,
	encodeTcpOptions,
	encodeUdp,
	isDecodeError,
	TCP_FLAGS,
	tcpOption,
} from "./index.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

describe("UDP", () => {
	const fields = { family: 6, source: "2001:db8::10", destination: "2001:db8:f::7" } as const;

	test("a datagram is encoded byte by byte", () => {
		const datagram = encodeUdp({ ...fields, sourcePort: 50_000, destinationPort: 53 }, hex("616263"));
		expect(datagram).toEqual(hex("c3500035000b1c58616263"));
	});

	test("a checksum of 0 goes out as ffff (RFC 768)", () => {
		// The payload is chosen so that everything else sums to ffff.
		const first = encodeUdp({ ...fields, sourcePort: 1, destinationPort: 2 }, hex("0000"));
		const checksum = first.slice(6, 8);
		expect(encodeUdp({ ...fields, sourcePort: 1, destinationPort: 2 }, checksum).slice(6, 8)).toEqual(hex("ffff"));
	});

	test("a length of 0 is a jumbogram's, one below 8 is wrong, one beyond the bytes is a truncation", () => {
		expect(decodeUdp(hex("0001000200000000aa"))).toMatchObject({ payload: hex("aa"), truncated: false });
		expect(decodeUdp(hex("0001000200070000"))).toMatchObject({ error: "badLength", need: 8, have: 7 });
		expect(decodeUdp(hex("0001000200200000aa"))).toMatchObject({ payload: hex("aa"), truncated: true });
	});

	test("ports beyond 65535 are the caller's mistake", () => {
		expect(() => encodeUdp({ ...fields, sourcePort: 65_536, destinationPort: 1 }, hex(""))).toThrow(RangeError);
	});
});

describe("TCP", () => {
	const segment = hex("a8ca01bbdeadbeef00000000a0c2faf0e18b0000020405b40402080a0a1b2c3d000000000103030a");
	const options = [
		tcpOption("maximumSegmentSize", 1460),
		tcpOption("sackPermitted", true),
		tcpOption("timestamps", { value: 0x0a1b2c3d, echo: 0 }),
		{ name: "noOperation", kind: 1, value: null },
		tcpOption("windowScale", 10),
	] as const;

	test("an ECN-setup SYN as Linux sends it decodes field by field", () => {
		const decoded = decodeTcp(segment);
		expect(decoded).toMatchObject({
			header: { sourcePort: 43_210, destinationPort: 443, sequence: 0xdeadbeef, acknowledgment: 0, dataOffset: 40 },
			payload: hex(""),
			truncated: false,
		});
		if (isDecodeError(decoded)) throw new Error(decoded.error);
		expect(decoded.header.flags).toBe(TCP_FLAGS.syn | TCP_FLAGS.ece | TCP_FLAGS.cwr);
		expect(decoded.header.options).toEqual(options);
	});

	test("the same SYN is encoded byte by byte", () => {
		const fields = { family: 4, source: "192.0.2.10", destination: "198.51.100.7" } as const;
		const numbers = { sourcePort: 43_210, destinationPort: 443, sequence: 0xdeadbeef, flags: 0xc2, window: 64_240 };
		expect(encodeTcp({ ...fields, ...numbers, options }, hex(""))).toEqual(segment);
	});

	test("eight quoted bytes give ports and sequence", () => {
		expect(decodeTcpPrefix(segment.subarray(0, 8))).toEqual({
			sourcePort: 43_210,
			destinationPort: 443,
			sequence: 0xdeadbeef,
		});
		expect(decodeTcpPrefix(segment.subarray(0, 7))).toMatchObject({ error: "truncated", need: 8, have: 7 });
	});

	test("options that end beyond the bytes are a truncation, a data offset inside the header is wrong", () => {
		expect(decodeTcp(segment.subarray(0, 24))).toMatchObject({ truncated: true, header: { options: [options[0]] } });
		const wrong = segment.slice();
		wrong[12] = 0x40;
		expect(decodeTcp(wrong)).toMatchObject({ error: "badLength", offset: 12, need: 20, have: 16 });
	});
});

describe("TCP options", () => {
	test.each([
		["0200", [{ name: "malformed", kind: 2, value: hex("0200") }]],
		["0201", [{ name: "malformed", kind: 2, value: hex("0201") }]],
		["08", [{ name: "malformed", kind: 8, value: hex("08") }]],
		["01080a00", [{ name: "noOperation" }, { name: "malformed", kind: 8, value: hex("080a00") }]],
	])("a malformed length in %s ends the list and keeps the bytes", (bytes, expected) => {
		expect(decodeTcpOptions(hex(bytes))).toMatchObject(expected);
	});

	test.each([
		["a maximum segment size of three bytes", "0203ff", { name: "unknown", kind: 2, value: hex("ff") }],
		["an obsolete echo", "0606aabbccdd", { name: "unknown", kind: 6, value: hex("aabbccdd") }],
		["a SACK of half a block", "050600000001", { name: "unknown", kind: 5 }],
		["an AccECN option with one counter", "ac05000102", { name: "accurateEcn0", kind: 172, value: [0x000102] }],
		["an MP_CAPABLE", "1e0401c0", { name: "multipath", value: { subtype: 0, bytes: hex("01c0") } }],
		["a request for a cookie", "2202", { name: "fastOpenCookie", value: hex("") }],
		["a user timeout in minutes", "1c048005", { name: "userTimeout", value: { unit: "minutes", time: 5 } }],
		["a SACK block", "050a0000000100000002", { name: "sack", value: [{ start: 1, end: 2 }] }],
	])("%s is told", (_, bytes, expected) => {
		expect(decodeTcpOptions(hex(bytes))).toMatchObject([expected]);
	});

	test.each([
		["a value that does not fit", () => encodeTcpOptions([tcpOption("maximumSegmentSize", 65_536)])],
		["more than 40 bytes", () => encodeTcpOptions([tcpOption("experiment1", new Uint8Array(39))])],
		["five SACK blocks", () => encodeTcpOptions([tcpOption("sack", Array(5).fill({ start: 0, end: 0 }))])],
		["a length for kind 1", () => encodeTcpOptions([{ name: "unknown", kind: 1, value: hex("00") }])],
	])("%s throws", (_, encode) => {
		expect(encode).toThrow(RangeError);
	});
});
