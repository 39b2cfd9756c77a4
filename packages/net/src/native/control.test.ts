import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STAMP_V4, TIME_EXCEEDED_V4, TIME_EXCEEDED_V6 } from "../testing/captured.ts";
import { decodeControl } from "./control.ts";

describe("control messages", () => {
	it("tell the hop, its TTL and TOS and the arrival time of an IPv4 error", () => {
		expect(decodeControl(TIME_EXCEEDED_V4.control)).toEqual({
			stamp: { seconds: 0x6b00284b, nanoseconds: 0x184ad6c7 },
			ttl: 64,
			tos: 0xc0,
			dropped: null,
			destination: null,
			error: {
				errno: 113,
				origin: 2,
				type: 11,
				code: 0,
				info: 0,
				data: 0,
				extensionOffset: 0,
				extensionFlags: 0,
				offender: "10.99.0.2",
			},
		});
	});

	it("tell the same of an IPv6 error", () => {
		const facts = decodeControl(TIME_EXCEEDED_V6.control);
		expect(facts).toMatchObject({ ttl: 64, tos: 0, error: { origin: 3, type: 3, code: 0, offender: "fd99::2" } });
		expect(facts.stamp?.seconds).toBe(0x6b002858);
	});

	it("tell a transmit stamp and its id", () => {
		const facts = decodeControl(STAMP_V4.control);
		expect(facts.error).toMatchObject({ errno: 42, origin: 4, data: 0, offender: null });
		expect(facts.stamp).toEqual({ seconds: 0x6b00284b, nanoseconds: 0x1847e9bc });
	});

	it("give what is whole of a list that is cut off anywhere", () => {
		const { control } = TIME_EXCEEDED_V4;
		for (let length = 0; length < control.length; length++) {
			const facts = decodeControl(control.subarray(0, length));
			if (length < 64) expect(facts.stamp).toBeNull();
		}
	});

	it("never throw, whatever the bytes", () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeControl(bytes)));
		const { control } = TIME_EXCEEDED_V6;
		control.forEach((_, index) => {
			for (const value of [0, 1, 0x7f, 0xff]) {
				const changed = control.slice();
				changed[index] = value;
				decodeControl(changed);
			}
		});
	});
});
