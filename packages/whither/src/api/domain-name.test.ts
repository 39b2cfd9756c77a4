import { describe, expect, it } from "vitest";
import { asciiName } from "./domain-name.ts";

describe("international domain names", () => {
	it.each([
		["münchen.test", "xn--mnchen-3ya.test"],
		["MÜNCHEN.test.", "xn--mnchen-3ya.test."],
		["例え.テスト", "xn--r8jz45g.xn--zckzah"],
		["_dns.münchen.test", "_dns.xn--mnchen-3ya.test"],
		["xn--mnchen-3ya.test", "xn--mnchen-3ya.test"],
	])("%s is %s", (name, ascii) => expect(asciiName(name)).toBe(ascii));

	it.each(["example.COM", "192.0.2.1", "0x7f.1", "fe80::1%eth0", "[2001:db8::1]", "a\\.b.test", ""])(
		"%j, being ASCII, stays as it is",
		(name) => expect(asciiName(name)).toBe(name),
	);

	it.each(["ü b.test", "a\\.ü.test", "ü/x", "ü:80", "ü%eth0", "\u00ad"])("%j is none", (name) => {
		expect(asciiName(name)).toBeNull();
	});
});
