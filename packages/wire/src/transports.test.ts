import { describe, expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";
import {
	DCCP_TYPES,
	decodeDccp,
	decodePcapng,
	decodeSctp,
	decodeUdpLite,
	encodeDccp,
	encodePcapngInterface,
	encodePcapngPacket,
	encodePcapngSection,
	encodeSctp,
	encodeUdpLite,
	findSackBlock,
	isDuplicateSack,
	LINKTYPE_RAW,
	sctpChunk,
	sequenceAdd,
	sequenceBefore,
	sequenceDifference,
	sequenceWithin,
	transportChecksum,
} from "./index.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const ends = { family: 4, source: "192.0.2.1", destination: "192.0.2.2" } as const;
const ports = { sourcePort: 40_000, destinationPort: 5001 };

describe("CRC32c", () => {
	test.each([
		["the check value of the polynomial", Buffer.from("123456789").toString("hex"), 0xe3069283],
		["32 bytes of zero (RFC 3720 §B.4)", "00".repeat(32), 0x8a9136aa],
		["32 bytes of ones (RFC 3720 §B.4)", "ff".repeat(32), 0x62a8ab43],
	])("%s", (_, bytes, expected) => {
		expect(crc32c(hex(bytes))).toBe(expected);
	});
});

describe("SCTP", () => {
	const init = sctpChunk("init", {
		initiateTag: 0x01020304,
		receiverWindow: 65_536,
		outboundStreams: 10,
		inboundStreams: 20,
		initialTsn: 7,
		parameters: [
			{ name: "supportedAddressTypes", type: 12, value: [5] },
			{ name: "forwardTsnSupported", type: 0xc000, value: true },
		],
	});

	test("an INIT is encoded byte by byte", () => {
		const packet = encodeSctp({ ...ports, verificationTag: 0 }, [init]);
		expect(packet.subarray(12)).toEqual(hex("010000200102030400010000000a001400000007000c000600050000c0000004"));
		expect(decodeSctp(packet)).toMatchObject({ checksumValid: true, chunks: [init] });
	});

	test("an ABORT tells its causes and its flag", () => {
		const abort = sctpChunk("abort", [{ name: "protocolViolation", type: 13, value: hex("616263") }], 1);
		const packet = encodeSctp({ ...ports, verificationTag: 9 }, [abort]);
		expect(packet.length % 4).toBe(0);
		expect(decodeSctp(packet)).toMatchObject({ checksumValid: true, chunks: [abort] });
	});

	test("a wrong checksum and a chunk that breaks off are told", () => {
		const packet = encodeSctp({ ...ports, verificationTag: 0 }, [init]);
		expect(decodeSctp(packet.subarray(0, 20))).toMatchObject({
			checksumValid: false,
			chunks: [{ name: "malformed", type: 1 }],
		});
		expect(decodeSctp(hex("000100020000000000000000010000020000"))).toMatchObject({
			chunks: [{ name: "malformed", type: 1 }],
		});
	});
});

describe("DCCP", () => {
	test("a Request is encoded byte by byte, and its checksum is right", () => {
		const fields = { ...ends, ...ports, type: DCCP_TYPES.request, sequence: 0x010203040506, serviceCode: 0x70696e67 };
		const packet = encodeDccp(fields, new Uint8Array(0));
		expect(packet.subarray(0, 6)).toEqual(hex("9c4013890500"));
		expect(packet.subarray(8)).toEqual(hex("010001020304050670696e67"));
		expect(transportChecksum(4, ends.source, ends.destination, 33, packet)).toBe(0);
	});

	test("a Reset tells its code and what it acknowledges", () => {
		const reset = { code: 7, data: hex("010203") };
		const fields = { ...ends, ...ports, type: DCCP_TYPES.reset, sequence: 1, acknowledgment: 2 ** 47, reset };
		expect(decodeDccp(encodeDccp(fields, hex("61")))).toMatchObject({
			header: { type: 7, acknowledgment: 2 ** 47, reset, dataOffset: 28, serviceCode: null },
			payload: hex("61"),
		});
	});

	test("short sequence numbers are read", () => {
		expect(decodeDccp(hex("00010002040000000600000900000008"))).toMatchObject({
			header: { type: DCCP_TYPES.ack, extended: false, sequence: 9, acknowledgment: 8 },
		});
	});

	test("a partial checksum covers the header and the words asked for", () => {
		const fields = { ...ends, ...ports, type: DCCP_TYPES.data, sequence: 1, checksumCoverage: 2 };
		const a = encodeDccp(fields, hex("0102030405060708"));
		const b = encodeDccp(fields, hex("01020304ffffffff"));
		expect(a.subarray(0, 16)).toEqual(b.subarray(0, 16));
		expect(() => encodeDccp({ ...fields, checksumCoverage: 9 }, hex("01"))).toThrow(RangeError);
	});
});

describe("UDP-Lite", () => {
	test("what the checksum does not cover does not change it", () => {
		const a = encodeUdpLite({ ...ends, ...ports, coverage: 8 }, hex("0102"));
		const b = encodeUdpLite({ ...ends, ...ports, coverage: 8 }, hex("fffe"));
		expect(a.subarray(0, 8)).toEqual(b.subarray(0, 8));
		expect(decodeUdpLite(a)).toMatchObject({ header: { ...ports, coverage: 8 }, payload: hex("0102") });
	});

	test("without a coverage everything is covered", () => {
		const packet = encodeUdpLite({ ...ends, ...ports }, hex("0102"));
		expect(transportChecksum(4, ends.source, ends.destination, 136, packet)).toBe(0);
	});

	test("a coverage inside the header is wrong on both ways", () => {
		expect(() => encodeUdpLite({ ...ends, ...ports, coverage: 4 }, hex("0102"))).toThrow(RangeError);
		expect(decodeUdpLite(hex("0001000200040000"))).toMatchObject({ error: "badLength", need: 8, have: 4 });
	});
});

describe("sequence numbers", () => {
	test("wrap at 32 bits", () => {
		expect(sequenceAdd(0xffffffff, 2)).toBe(1);
		expect(sequenceAdd(1, -2)).toBe(0xffffffff);
		expect(sequenceDifference(1, 0xffffffff)).toBe(2);
		expect(sequenceBefore(0xfffffff0, 5)).toBe(true);
		expect(sequenceWithin(3, 0xfffffff0, 4)).toBe(true);
		expect(sequenceWithin(4, 0xfffffff0, 4)).toBe(false);
		expect(sequenceWithin(4, 4, 4)).toBe(false);
	});

	test("a SACK block is found across the wrap, and a duplicate is told from news", () => {
		const blocks = [
			{ start: 100, end: 101 },
			{ start: 0xfffffffe, end: 2 },
		];
		expect(findSackBlock(blocks, 0)).toBe(1);
		expect(findSackBlock(blocks, 2)).toBe(-1);
		expect(isDuplicateSack(blocks, 0xfffffff0)).toBe(false);
		expect(isDuplicateSack([{ start: 5, end: 6 }], 9)).toBe(true);
		expect(
			isDuplicateSack(
				[
					{ start: 12, end: 13 },
					{ start: 11, end: 20 },
				],
				9,
			),
		).toBe(true);
		expect(isDuplicateSack([], 9)).toBe(false);
	});
});

describe("pcapng", () => {
	const packet = hex("4500001500000000400100000a0000010a000002ff");
	const timestampNs = 1_790_000_000_123_456_789n;
	const file = Uint8Array.from([
		...encodePcapngSection({ application: "whither" }),
		...encodePcapngInterface({ name: "eth0" }),
		...encodePcapngPacket({ timestampNs, packet, comment: "probe 1, ttl 3" }),
		...encodePcapngPacket({ timestampNs, packet: packet.subarray(0, 20), originalLength: 21 }),
	]);

	test("what was written is read again", () => {
		expect(decodePcapng(file)).toMatchObject({
			error: null,
			blocks: [
				{ kind: "section", options: [{ code: 4, bytes: hex("77686974686572") }] },
				{ kind: "interface", linkType: LINKTYPE_RAW, options: [{ code: 2 }, { code: 9, bytes: hex("09") }] },
				{ kind: "packet", timestamp: timestampNs, packet, originalLength: 21, comment: "probe 1, ttl 3" },
				{ kind: "packet", packet: packet.subarray(0, 20), originalLength: 21, comment: null },
			],
		});
	});

	test("a file that breaks off keeps its whole blocks", () => {
		for (let length = 0; length < file.length; length++) {
			const { blocks, error } = decodePcapng(file.subarray(0, length));
			const whole = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
			expect(error === null).toBe(whole === length);
		}
	});

	test("a section of the other byte order is read, and what is no pcapng is an error", () => {
		const big = hex("0a0d0d0a0000001c1a2b3c4d00010000ffffffffffffffff0000001c");
		expect(decodePcapng(big)).toMatchObject({ blocks: [{ kind: "section", options: [] }], error: null });
		expect(decodePcapng(hex("d4c3b2a1020004000000000000000000"))).toMatchObject({ error: { error: "badValue" } });
	});
});
