import { encodeStun } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { datagramName } from "./datagram-name.ts";
import { ProbeNames } from "./probe-names.ts";

function binding(kind: "request" | "success", last: number): Uint8Array {
	const transactionId = new Uint8Array(12).fill(7);
	transactionId[11] = last;
	return encodeStun({ class: kind, method: "binding", transactionId, attributes: [] });
}

describe("a datagram's name", () => {
	it("is the same for a STUN request and its answer, and another for another transaction", () => {
		expect(datagramName(binding("success", 1))).toBe(datagramName(binding("request", 1)));
		expect(datagramName(binding("request", 2))).not.toBe(datagramName(binding("request", 1)));
	});

	it("is that of an echo, however much more of it there is", () => {
		const probe = Uint8Array.from([5, 1, 2, 3, 0, 9, 8, 7, 42, 43]);
		expect(datagramName(probe.subarray(0, 8))).toBe(datagramName(probe));
		expect(datagramName(Uint8Array.from([5, 1, 2, 3, 0, 8, 8, 7]))).not.toBe(datagramName(probe));
	});

	it("needs eight bytes, and of a STUN message the whole header", () => {
		for (let length = 0; length < 8; length++) expect(datagramName(new Uint8Array(length).fill(9))).toBeNull();
		const request = binding("request", 1);
		for (let length = 8; length < 20; length++) expect(datagramName(request.subarray(0, length))).toBeNull();
		expect(datagramName(request)).not.toBeNull();
		expect(datagramName(new Uint8Array(100))).toBeNull();
	});
});

describe("the names of probes", () => {
	const probe = (index: number) => Uint8Array.from([5, 0, 0, 0, index >> 8, index & 0xff, 0, 0]);

	it("say who sent the probe that something answers", () => {
		const names = new ProbeNames<string>();
		names.record(probe(1), "one", 0);
		names.record(probe(2), "two", 0);
		expect([names.senderOf(probe(1), 1), names.senderOf(probe(2), 1)]).toEqual(["one", "two"]);
		expect(names.senderOf(probe(3), 1)).toBeUndefined();
		expect(names.senderOf(probe(1).subarray(0, 4), 1)).toBeUndefined();
	});

	it("are forgotten half a minute after the last of them, and when there are too many", () => {
		const names = new ProbeNames<string>();
		for (let index = 0; index < 5_000; index++) names.record(probe(index), "one", index);
		expect(names.senderOf(probe(0), 5_000)).toBeUndefined();
		expect(names.senderOf(probe(4_999), 30e9)).toBe("one");
		expect(names.senderOf(probe(4_999), 31e9)).toBeUndefined();
	});
});
