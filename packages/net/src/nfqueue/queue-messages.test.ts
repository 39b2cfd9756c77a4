import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeNetlink } from "../netlink/messages.ts";
import { fromHex } from "../testing/bytes.ts";
import { QUEUED_V4, QUEUED_V6 } from "../testing/captured-netlink.ts";
import { decodeQueuedPacket, encodeQueueSetUp, encodeVerdicts, type QueueVerdict } from "./queue-messages.ts";

function bodyOf(datagram: Uint8Array): Uint8Array {
	const [message] = decodeNetlink(datagram);
	if (message === undefined) throw new Error("no message");
	return message.body;
}

describe("packets in a queue", () => {
	it.each([
		[4, QUEUED_V4, 1, 48],
		[6, QUEUED_V6, 2, 68],
	] as const)("of IPv%i are read as the kernel sends them", (family, datagram, id, length) => {
		const { payload, ...facts } = decodeQueuedPacket(bodyOf(datagram)) ?? { payload: new Uint8Array(0) };
		expect(facts).toEqual({
			id,
			family,
			hook: 0,
			inputInterface: 2,
			mark: 0,
			wholeLength: length,
			checksumReady: true,
			isGso: false,
		});
		expect([payload.length, (payload[0] ?? 0) >> 4]).toEqual([length, family]);
	});

	it("tell their whole length where they were cut off, and whether their checksum can be believed", () => {
		const body = fromHex(
			"00 00 0000 0b00 0100 ffffffff 0800 02 00 0800 0d00 000005dc 0800 0300 00000007 0800 0e00 00000003 0600 0a00 4500 0000",
		);
		expect(decodeQueuedPacket(body)).toMatchObject({
			id: 0xffffffff,
			hook: 2,
			inputInterface: null,
			mark: 7,
			wholeLength: 1500,
			checksumReady: false,
			isGso: true,
			payload: Uint8Array.of(0x45, 0),
		});
	});

	it("without a header, or with half of one, are none", () => {
		for (const hex of ["", "00000005", "00000005 0800 0500 00000002", "00000005 0a00 0100 00000001 0800 0000"]) {
			expect(decodeQueuedPacket(fromHex(hex))).toBeNull();
		}
	});

	it("never throw, whatever the bytes", () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 160 }), (bytes) => void decodeQueuedPacket(bytes)));
		for (const datagram of [QUEUED_V4, QUEUED_V6]) {
			const body = bodyOf(datagram);
			for (let length = 0; length < body.length; length++) decodeQueuedPacket(body.subarray(0, length));
			body.forEach((_, offset) => {
				for (const value of [0, 1, 3, 0x7f, 0xff]) {
					const changed = body.slice();
					changed[offset] = value;
					decodeQueuedPacket(changed);
				}
			});
		}
	});
});

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const plainHex = (hex: string): string => hexOf(fromHex(hex));

describe("setting a queue up", () => {
	it("binds, copies packets, fails open and limits the length, each with an acknowledgment", () => {
		const steps = encodeQueueSetUp({ queue: 0x1234, copyRange: 1280, maxLength: 1024 });
		expect(steps.map(hexOf)).toEqual(
			[
				"1c000000 0203 0500 01000000 00000000 0000 1234 0800 0100 01 00 0000",
				"20000000 0203 0500 02000000 00000000 0000 1234 0900 0200 00000500 02 000000",
				"24000000 0203 0500 03000000 00000000 0000 1234 0800 0500 00000001 0800 0400 00000001",
				"1c000000 0203 0500 04000000 00000000 0000 1234 0800 0300 00000400",
			].map(plainHex),
		);
	});
});

describe("verdicts", () => {
	const accept = (id: number): QueueVerdict => ({ id, verdict: "accept" });

	it("of a row of packets that go on take one message that accepts all up to the last", () => {
		expect(encodeVerdicts(5, [accept(7), accept(8), accept(9)]).map(hexOf)).toEqual([
			plainHex("20000000 0303 0100 00000000 00000000 0000 0005 0c00 0200 00000001 00000009"),
		]);
	});

	it("keep the order of the packets where one is dropped or rewritten in between", () => {
		const rewritten: QueueVerdict = { id: 3, verdict: "accept", payload: Uint8Array.of(0x45, 0, 0, 1, 2) };
		expect(encodeVerdicts(5, [accept(1), { id: 2, verdict: "drop" }, rewritten, accept(4)]).map(hexOf)).toEqual(
			[
				"20000000 0303 0100 00000000 00000000 0000 0005 0c00 0200 00000001 00000001",
				"20000000 0103 0100 00000000 00000000 0000 0005 0c00 0200 00000000 00000002",
				"2c000000 0103 0100 00000000 00000000 0000 0005 0c00 0200 00000001 00000003 0900 0a00 4500000102 000000",
				"20000000 0303 0100 00000000 00000000 0000 0005 0c00 0200 00000001 00000004",
			].map(plainHex),
		);
	});

	it("of nothing are no message", () => {
		expect(encodeVerdicts(5, [])).toEqual([]);
	});
});
