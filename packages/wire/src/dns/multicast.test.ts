import fc from "fast-check";
import { expect, test } from "vitest";
import { address4, address6, uint } from "../arbitraries.fixture.ts";
import { decodeMdns, dnsData, encodeMdns } from "../index.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const head = { name: fc.stringMatching(/^[a-z0-9-]{1,12}\.local\.$/), class: uint(15) };
const question = fc.record({ ...head, type: uint(16), unicastResponse: fc.boolean() });
const data = fc.oneof(
	address4.map((address) => dnsData("A", { address })),
	address6.map((address) => dnsData("AAAA", { address })),
	head.name.map((next) => dnsData("NSEC", { next, types: [1, 28] })),
);
const records = fc.array(fc.record({ ...head, ttl: uint(32), data, cacheFlush: fc.boolean() }), { maxLength: 2 });
const questions = fc.array(question, { maxLength: 2 });

test("what was encoded decodes to the same values, bits and all", () => {
	const sample = fc.record({ id: uint(16), questions, answers: records, additionals: records });
	fc.assert(
		fc.property(sample, (fields) => void expect(decodeMdns(encodeMdns(fields))).toMatchObject(fields)),
		{ numRuns: 50 },
	);
});

test("a question that may be answered to its asker alone has the top bit of its class set", () => {
	const bytes = hex("0000 0000 0001 0000 0000 0000 0161 056c6f63616c00 0001 8001");
	expect(decodeMdns(bytes)).toMatchObject({
		questions: [{ name: "a.local.", type: 1, class: 1, unicastResponse: true }],
	});
	expect(encodeMdns({ id: 0, questions: [{ name: "a.local", type: 1, class: 1, unicastResponse: true }] })).toEqual(
		bytes,
	);
});

test("a record that nobody else has is one before which caches are to forget", () => {
	const bytes = hex("0000 8400 0000 0001 0000 0000 0161 056c6f63616c00 0001 8001 00000078 0004 c0000201");
	const record = { name: "a.local.", class: 1, ttl: 120, data: dnsData("A", { address: "192.0.2.1" }) };
	expect(decodeMdns(bytes)).toMatchObject({
		response: true,
		authoritative: true,
		answers: [{ ...record, cacheFlush: true }],
	});
	const fields = { id: 0, response: true, authoritative: true };
	expect(encodeMdns({ ...fields, answers: [{ ...record, cacheFlush: true }] })).toEqual(bytes);
	expect(() => encodeMdns({ ...fields, answers: [{ ...record, class: 0x8001, cacheFlush: false }] })).toThrow(
		RangeError,
	);
});
