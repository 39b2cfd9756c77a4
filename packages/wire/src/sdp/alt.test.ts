import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatSdpAlt, parseSdpAlt, type SdpAlt } from "./alt.ts";

const ALT = "4 0.45 3 user1pwd pass 192.0.2.10 5556 192.0.2.10 5558";

/** As the draft's figures have them (draft-rosenberg-sipping-ice-01 §9), with its errata. */
test.each([
	["1 1.0 : user1 pass1 10.0.1.1 1010", { id: "1", q: 1, derivedFrom: null, at: { address: "10.0.1.1", port: 1010 } }],
	["2 0.8 : user2 pass2 192.0.2.1 9988 192.0.2.1 9990", { rtcp: { address: "192.0.2.1", port: 9990 } }],
	["7 0.4 3 user7 pass7 192.0.2.10 5556", { id: "7", q: 0.4, derivedFrom: "3", rtcp: null }],
	["a+b 0 : u p 2001:db8::1 65535", { id: "a+b", q: 0, at: { address: "2001:db8::1", port: 65535 } }],
])("%s is read", (text, parts) => {
	expect(parseSdpAlt(text)).toMatchObject({ username: expect.any(String), ...parts });
});

describe("what is none", () => {
	test("is figure 22's second line, which has a colon before its port", () => {
		expect(parseSdpAlt("2 0.8 : user2 pass2 10.0.2.88:6584")).toBeNull();
		expect(parseSdpAlt("2 0.8 : user2 pass2 10.0.2.88:6584 6585")).toBeNull();
		expect(parseSdpAlt("2 0.8 : user2 pass2 10.0.2.88 6584")).not.toBeNull();
	});

	test.each([
		null,
		"",
		"1 1.1 : u p 192.0.2.1 9",
		"1 0.1234 : u p 192.0.2.1 9",
		"1 -1 : u p 192.0.2.1 9",
		"1 .5 : u p 192.0.2.1 9",
		"1:1 1 : u p 192.0.2.1 9",
		"1 1 a:b u p 192.0.2.1 9",
		"1 1 : u p 192.0.2.1 65536",
		"1 1 : u p 192.0.2.1 9x",
		"1 1 : u p host.example.com 9",
		"1 1 : u p 192.0.2.1 9 192.0.2.1",
		"1 1 : u p 192.0.2.1 9 192.0.2.1 10 11",
		"1 1 : ü p 192.0.2.1 9",
		`1 1 : ${"u".repeat(257)} p 192.0.2.1 9`,
		"1 1\t: u p 192.0.2.1 9",
	])("is %j", (text) => {
		expect(parseSdpAlt(text)).toBeNull();
	});

	test("is not written", () => {
		const alt = parseSdpAlt(ALT);
		if (alt === null) throw new Error("it is one");
		const wrong: readonly Partial<SdpAlt>[] = [
			{ id: "" },
			{ id: "a b" },
			{ q: 1.001 },
			{ q: -0.1 },
			{ q: Number.NaN },
			{ derivedFrom: ":" },
			{ username: "" },
			{ username: "a b" },
			{ password: "\u00fc" },
			{ at: { address: "host", port: 1 } },
			{ at: { address: "192.0.2.1", port: -1 } },
			{ rtcp: { address: "192.0.2.1", port: 65536 } },
		];
		for (const part of wrong) expect(() => formatSdpAlt({ ...alt, ...part }), JSON.stringify(part)).toThrow(RangeError);
	});
});

test("q-values have three decimals at most and one at least", () => {
	const alt = parseSdpAlt(ALT);
	const shown = [0, 1, 0.5, 0.8, 0.4996, 0.1 + 0.2].map((q) => alt && formatSdpAlt({ ...alt, q }).split(" ")[1]);
	expect(shown).toEqual(["0.0", "1.0", "0.5", "0.8", "0.5", "0.3"]);
});

test("every alternative comes back as it was", () => {
	const word = fc.stringMatching(/^[!-~]{1,20}$/);
	const token = fc.stringMatching(/^[a-zA-Z0-9+.]{1,8}$/);
	const place = fc.record({
		address: fc.constantFrom("192.0.2.1", "2001:db8::1", "::"),
		port: fc.integer({ min: 0, max: 65535 }),
	});
	const alts = fc.record({
		...{ id: token, derivedFrom: fc.option(token), username: word, password: word, at: place },
		...{ q: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000), rtcp: fc.option(place) },
	});
	fc.assert(
		fc.property(alts, (alt) => {
			expect(parseSdpAlt(formatSdpAlt(alt))).toEqual(alt);
		}),
	);
});

test("whatever is cut off or changed is one that can be written, or none", () => {
	for (let length = 0; length < ALT.length; length++) settled(ALT.slice(0, length));
	for (let index = 0; index < ALT.length; index++)
		for (let code = 0; code < 256; code++)
			settled(`${ALT.slice(0, index)}${String.fromCharCode(code)}${ALT.slice(index + 1)}`);
});

function settled(text: string): void {
	const alt = parseSdpAlt(text);
	if (alt !== null && parseSdpAlt(formatSdpAlt(alt)) === null) throw new Error(text);
}
