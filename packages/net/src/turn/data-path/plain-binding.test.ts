import { AnswerCap, StunServer } from "@whither/core";
import { encodeStun, type StunAddress, type StunItem } from "@whither/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_BINDING_ANSWER, PlainBinding } from "./plain-binding.ts";
import { NAME_WORDS, writeName } from "./socket-names.ts";

const UNBOUNDED = {
	all: { perSecond: 1e9, burst: 1e9 },
	perSource: { perSecond: 1e9, burst: 1e9 },
	sources: 100,
};
const SOURCES: Readonly<Record<4 | 6, StunAddress>> = {
	4: { address: "203.0.113.77", port: 54_321 },
	6: { address: "2001:db8::42:1", port: 2 },
};
const ID = Uint8Array.from({ length: 12 }, (_, index) => 200 + index);
const AT = 8;

/** What stands in place of a request; null: the server is to answer; undefined: nobody is. */
function inPlace(
	binding: PlainBinding,
	request: Uint8Array,
	from: StunAddress,
	now = 0,
): Uint8Array | null | undefined {
	const bytes = new Uint8Array(AT + Math.max(request.length, LONGEST_BINDING_ANSWER)).fill(0xee);
	bytes.set(request, AT);
	const names = new Int32Array(1 + NAME_WORDS);
	writeName(names, 1, from);
	const length = binding.answer(bytes, AT, request.length, names, 1, now);
	if (length < 0) return undefined;
	return length === 0 ? null : bytes.slice(AT, AT + length);
}

const ask = (...attributes: readonly StunItem[]) =>
	encodeStun({ class: "request", method: "binding", transactionId: ID, attributes });
const answered = (server: StunServer, bytes: Uint8Array, from: StunAddress) => {
	const [output] = server.step({ type: "received", bytes, from, local: 0 }, 0);
	return output?.type === "send" && output.to === from ? output.bytes : null;
};

const SOFTWARE: StunItem = { name: "software", value: "any" };
const MARK: StunItem = { name: "fingerprint" };

describe.each([4, 6] as const)("of IPv%i", (family) => {
	const from = SOURCES[family];
	const server = new StunServer({ sockets: [{ address: { address: "192.0.2.9", port: 3478 } }], limits: UNBOUNDED });
	const binding = new PlainBinding(new AnswerCap(UNBOUNDED));

	test.each([
		["nothing else", [], true],
		["a name of its software", [SOFTWARE], true],
		["a fingerprint", [MARK], true],
		["both", [SOFTWARE, MARK], true],
		["what may be ignored", [{ name: "unknown", type: 0xfffe, value: Uint8Array.of(1, 2, 3) }, MARK], true],
		["padding to answer to", [{ name: "padding", value: new Uint8Array(64) }], false],
		["another port to answer to", [{ name: "responsePort", value: 9 }], false],
		["what must be understood and is not", [{ name: "unknown", type: 0x7ffe, value: Uint8Array.of(1) }], false],
		["a priority", [{ name: "priority", value: 1 }], false],
	] as const)("a request with %s", (_, items, plain) => {
		const request = ask(...(items as readonly StunItem[]));
		const answer = inPlace(binding, request, from);
		if (plain) expect(answer).toEqual(answered(server, request, from));
		else expect(answer).toBeNull();
	});

	test("whatever is not asked plainly is left to the server, and what is answered it answers in the same bytes", () => {
		const seeds = [ask(), ask(SOFTWARE, MARK), ask(MARK), ask({ name: "padding", value: new Uint8Array(8) }, MARK)];
		const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
		let plain = 0;
		fc.assert(
			fc.property(fc.nat(3), changes, fc.nat(4), (which, changed, cut) => {
				const request = (seeds[which] as Uint8Array).slice(
					0,
					(seeds[which] as Uint8Array).length - (cut === 4 ? 4 : 0),
				);
				for (const [at, value] of changed) request[at % request.length] = value;
				const answer = inPlace(binding, request, from);
				if (answer === null) return;
				plain++;
				expect(answer).toEqual(answered(server, request, from));
			}),
			{ numRuns: 3000 },
		);
		expect(plain).toBeGreaterThan(300);
	});
});

test("the cap is shared with the server", () => {
	const cap = new AnswerCap({ ...UNBOUNDED, perSource: { perSecond: 1, burst: 3 } });
	const server = new StunServer({ sockets: [], cap });
	const binding = new PlainBinding(cap);
	const odd = ask({ name: "priority", value: 1 });
	expect(inPlace(binding, ask(), SOURCES[4])).toBeInstanceOf(Uint8Array);
	expect(answered(server, odd, SOURCES[4])).not.toBeNull();
	expect(inPlace(binding, ask(), { ...SOURCES[4], port: 9 })).toBeInstanceOf(Uint8Array);
	expect(inPlace(binding, ask(), SOURCES[4])).toBeUndefined();
	expect(answered(server, odd, SOURCES[4])).toBeNull();
	expect(inPlace(binding, ask(), SOURCES[6])).toBeInstanceOf(Uint8Array);
});

test("sources that meet in the table of texts are told apart", () => {
	const cap = new AnswerCap({ ...UNBOUNDED, sources: 100_000, perSource: { perSecond: 0, burst: 1 } });
	const binding = new PlainBinding(cap);
	for (let round = 0; round < 2; round++)
		for (let index = 0; index < 3000; index++) {
			const from = { address: `10.0.${index >> 8}.${index & 255}`, port: 7 };
			const answer = inPlace(binding, ask(), from);
			if (round === 0) expect(answer).toBeInstanceOf(Uint8Array);
			else expect(answer).toBeUndefined();
		}
});
