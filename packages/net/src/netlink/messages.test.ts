import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../testing/bytes.ts";
import { decodeAttributes, decodeNetlink, encodeBody, encodeNetlink, netlinkErrno } from "./messages.ts";

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const attributes = fc.uniqueArray(fc.record({ type: uint(14), value: bytes(40) }), {
	selector: ({ type }) => type,
	maxLength: 6,
});
const message = fc.record({ type: uint(16), flags: uint(16), sequence: uint(32), body: bytes(60) });

describe("netlink messages", () => {
	it("come back as they were, several in one datagram", () => {
		fc.assert(
			fc.property(fc.array(message, { maxLength: 5 }), (list) => {
				const datagram = Uint8Array.from(list.flatMap((one) => [...encodeNetlink(one)]));
				expect(decodeNetlink(datagram)).toEqual(list.map((one) => ({ ...one, portId: 0 })));
			}),
		);
	});

	it("have headers in host order and a length without the padding", () => {
		const encoded = encodeNetlink({ type: 0x0302, flags: 5, sequence: 1, body: Uint8Array.of(9) });
		expect(encoded).toEqual(fromHex("11000000 0203 0500 01000000 00000000 09000000"));
	});

	it("that are cut off, or claim what cannot be, are left out", () => {
		const whole = encodeNetlink({ type: 3, flags: 2, sequence: 7, body: Uint8Array.of(1, 2, 3, 4) });
		for (let length = 0; length < whole.length; length++) expect(decodeNetlink(whole.subarray(0, length))).toEqual([]);
		for (const length of [0, 15, 21, 0xffffffff]) {
			const changed = whole.slice();
			new DataView(changed.buffer).setUint32(0, length, true);
			expect(decodeNetlink(changed)).toEqual([]);
		}
	});

	it("say the errno of a refusal, and 0 of an acknowledgment", () => {
		const [refused] = decodeNetlink(fromHex(REFUSED));
		const [acknowledged] = decodeNetlink(fromHex(ACKNOWLEDGED));
		expect([refused, acknowledged].map((answer) => answer && netlinkErrno(answer))).toEqual([101, 0]);
		expect(netlinkErrno({ type: 3, flags: 0, sequence: 0, portId: 0, body: new Uint8Array(8) })).toBeNull();
	});
});

describe("netlink attributes", () => {
	it("come back as they were, behind a header of any length", () => {
		fc.assert(
			fc.property(bytes(20), attributes, (header, list) => {
				const found = decodeAttributes(encodeBody(header, list), (header.length + 3) & ~3);
				expect([...found]).toEqual(list.map(({ type, value }) => [type, value]));
			}),
		);
	});

	it("are known by their type without the flags for nesting and byte order", () => {
		const [nested, big] = [fromHex("0500 0380 01000000"), fromHex("0500 0340 02000000")];
		expect([...decodeAttributes(Uint8Array.of(...nested, ...big), 0)]).toEqual([[3, Uint8Array.of(2)]]);
	});

	it("never throw, whatever the bytes", () => {
		fc.assert(fc.property(bytes(120), uint(6), (input, offset) => void decodeAttributes(input, offset)));
		fc.assert(fc.property(bytes(120), (input) => void decodeNetlink(input)));
	});

	it("that are too long for their length field are our own mistake", () => {
		expect(() => encodeBody(new Uint8Array(4), [{ type: 1, value: new Uint8Array(0xfffc) }])).toThrow(RangeError);
	});
});

/** Answer to RTM_GETROUTE for an address without a route: ENETUNREACH, and the question again. */
const REFUSED = `
	48000000 0200 0000 07000000 3c270000 9bffffff 34000000 1a00 0100 07000000 00000000
	02202000 00000000 00000000 0800 0100 63020001 0800 0200 0a010001 0800 0300 02000000`;
/** Acknowledgment with the header of the message that it is about. */
const ACKNOWLEDGED = "24000000 0200 0001 01000000 3c270000 00000000 1c000000 0203 0500 01000000 00000000";
