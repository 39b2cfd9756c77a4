import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

test("it agrees with the platform's own encoder on any text", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary" }), (text) => {
			expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
			expect(decodeUtf8(encodeUtf8(text))).toBe(text);
		}),
	);
});

test("a lone surrogate is written as the replacement character", () => {
	expect(encodeUtf8("a\ud800b")).toEqual(new TextEncoder().encode("a\ud800b"));
});

test.each([
	["overlong slash", [0xc0, 0xaf]],
	["surrogate", [0xed, 0xa0, 0x80]],
	["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
	["cut off", [0x61, 0xe2, 0x82]],
	["continuation alone", [0x80]],
])("%s is replaced and never read as text", (_, bytes) => {
	const text = decodeUtf8(Uint8Array.from(bytes));
	expect(text).toContain("\uFFFD");
	expect(text.replaceAll("\uFFFD", "")).toBe(bytes[0] === 0x61 ? "a" : "");
});
