import { describe, expect, test } from "vitest";
import {
	type DnsData,
	type DnsMessage,
	decodeDns,
	dnsData,
	dnsRcodeName,
	dnsTypeName,
	encodeDns,
	encodeDnsQuery,
	formatDnsData,
	formatDnsRecord,
	isDecodeError,
	parseDnsName,
	parseDnsType,
} from "../index.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

function decoded(bytes: Uint8Array): DnsMessage {
	const message = decodeDns(bytes);
	if (isDecodeError(message)) throw new Error(message.error);
	return message;
}

/** A response with one answer whose data is given in hexadecimal. */
function answer(type: number, data: string): DnsData {
	const rdata = hex(data);
	const head = hex("0001 8180 0000 0001 0000 0000 00");
	const record = [type >> 8, type & 0xff, 0, 1, 0, 0, 0, 60, rdata.length >> 8, rdata.length & 0xff];
	return decoded(Uint8Array.from([...head, ...record, ...rdata])).answers[0]!.data;
}

describe("queries", () => {
	test("are encoded byte by byte, with EDNS unless told otherwise", () => {
		const query = encodeDnsQuery({ id: 0x1234, name: "example.com", type: 1 });
		expect(query).toEqual(
			hex("1234 0100 0001 0000 0000 0001 076578616d706c6503636f6d00 0001 0001 00 0029 04d0 00000000 0000"),
		);
		expect(encodeDnsQuery({ id: 0x1234, name: "example.com.", type: 1, edns: null }).length).toBe(29);
	});

	test("take types by name and by number", () => {
		expect(parseDnsType("dnskey")).toBe(48);
		expect(parseDnsType("TYPE65280")).toBe(65_280);
		expect(parseDnsType("ANY")).toBe(255);
		expect(parseDnsType("TYPE65536")).toBeNull();
		expect(parseDnsType("toString")).toBeNull();
		expect(dnsTypeName(65)).toBe("HTTPS");
		expect(dnsTypeName(65_280)).toBe("TYPE65280");
	});
});

describe("names", () => {
	test("escapes go both ways", () => {
		const name = "a\\.b.c\\\\d.\\000\\255.";
		const bytes = hex("03 612e62 03 635c64 02 00ff 00");
		expect(parseDnsName(name)).toEqual(bytes);
		const question = Uint8Array.from([...hex("0000 0000 0001 0000 0000 0000"), ...bytes, 0, 1, 0, 1]);
		expect(decoded(question).questions[0]!.name).toBe(name);
	});

	test.each([["a..b"], [".a"], ["é.example"], [`${"a".repeat(64)}.b`], ["a.".repeat(128)], ["a\\256"], ["a\\"]])(
		"%s is none",
		(name) => {
			expect(isDecodeError(parseDnsName(name))).toBe(true);
		},
	);

	test("compression is followed backwards, and nowhere else", () => {
		const head = "0001 8180 0001 0001 0000 0000";
		const message = `${head} 03777777 03636f6d 00 0001 0001 c00c 0005 0001 00000001 0006 0361626c c010`;
		expect(decoded(hex(message.replace("0361626c", "03616263"))).answers[0]).toMatchObject({
			name: "www.com.",
			data: { name: "CNAME", value: { target: "abc.com." } },
		});
		for (const pointer of ["c00c", "c00e", "ffff"]) {
			const loop = decoded(hex(`0001 8180 0001 0000 0000 0000 ${pointer} 0001 0001`));
			expect(loop).toMatchObject({ questions: [], cut: { error: "badValue" } });
		}
	});

	test("a chain of pointers that only ever lead backwards ends", () => {
		const chain = hex(`0001 8180 0002 0000 0000 0000 00 0001 0001 ${"c00c"} 0001 0001`);
		expect(decoded(chain).questions.map(({ name }) => name)).toEqual([".", "."]);
	});
});

describe("records in presentation format", () => {
	test.each<[number, string, string]>([
		[1, "c0000201", "192.0.2.1"],
		[28, "20010db8000000000000000000000001", "2001:db8::1"],
		[15, "000a 046d61696c 00", "10 mail."],
		[16, "03 612262 00", '"a\\"b" ""'],
		[6, "016100 016200 00000001 00000002 00000003 00000004 00000005", "a. b. 1 2 3 4 5"],
		[33, "0001 0002 01bb 017800", "1 2 443 x."],
		[43, "ec45 05 01 2bb183af", "60485 5 1 2BB183AF"],
		[48, "0100 03 08 0103", "256 3 8 AQM="],
		[
			46,
			"0001 05 03 00015180 3e7c1c40 3e54a6b0 0a52 016100 c0ffee",
			"A 5 3 86400 20030322081808 20030220095808 2642 a. wP/u",
		],
		[47, "016100 0006 400100000003", "a. A MX RRSIG NSEC"],
		[50, "01 01 000c 04 aabbccdd 03 010203 0001 40", "1 1 12 AABBCCDD 04106 A"],
		[51, "01 00 0000 00", "1 0 0 -"],
		[59, "0000 00 00 00", "0 0 0 00"],
		[60, "0000 03 00 00", "0 3 0 AA=="],
		[257, "00 05 6973737565 63612e6578616d706c65", '0 issue "ca.example"'],
		[65, "0001 00 0001 0003 02 6833 0003 0002 01bb 0004 0004 c0000201", '1 . alpn="h3" port=443 ipv4hint=192.0.2.1'],
		[64, "0000 0161 00", "0 a."],
		[99, "0102", "\\# 2 0102"],
	])("type %i, %s", (type, data, text) => {
		expect(formatDnsData(answer(type, data))).toBe(text);
	});

	test.each([
		["an address of 5 bytes", 1, "c000020100"],
		["a type bitmap with windows out of order", 47, "00 010140 000140"],
		["a service parameter that breaks off", 65, "0001 00 0001 0009 00"],
		["a key without its fields", 48, "0100"],
	])("%s stays bytes", (_, type, data) => {
		expect(answer(type, data)).toEqual({ name: "unknown", type, value: hex(data) });
	});

	test("a whole record reads as in a zone file", () => {
		const record = { name: "example.com.", class: 1, ttl: 300, data: dnsData("A", { address: "192.0.2.1" }) };
		expect(formatDnsRecord(record)).toBe("example.com. 300 IN A 192.0.2.1");
	});
});

describe("answers", () => {
	const record = { name: "example.com.", class: 1, ttl: 60, data: dnsData("A", { address: "192.0.2.1" }) };
	const edns = {
		udpPayloadSize: 4096,
		version: 0,
		dnssecOk: true,
		options: [{ name: "extendedError", type: 15, value: { infoCode: 18, text: "Prohibited" } } as const],
	};

	test("carry response codes beyond 15 in EDNS", () => {
		const message = decoded(encodeDns({ id: 1, response: true, rcode: 23, edns }));
		expect(message).toMatchObject({ rcode: 23, edns, additionals: [], cut: null });
		expect(dnsRcodeName(message.rcode)).toBe("BADCOOKIE");
		expect(() => encodeDns({ id: 1, rcode: 23 })).toThrow(RangeError);
	});

	test("that were cut off give what is there and say why it ends", () => {
		const whole = encodeDns({ id: 1, response: true, truncated: true, answers: [record, record] });
		const message = decoded(whole.subarray(0, whole.length - 3));
		expect(message).toMatchObject({ truncated: true, answers: [record], cut: { error: "truncated" } });
		expect(decodeDns(whole.subarray(0, 11))).toMatchObject({ error: "truncated", need: 12, have: 11 });
	});

	test("that announce thousands of records end with their bytes", () => {
		expect(decoded(hex("0001 8180 ffff ffff ffff ffff"))).toMatchObject({ questions: [], answers: [] });
	});
});
