import { describe, expect, test } from "vitest";
import { unescapeSip } from "./escape.ts";
import { formatSipUri, isUri, parseSipUri, sipUriParameter, sipUserOf, uriScheme } from "./uri.ts";
import { equalUris } from "./uri-equality.ts";

describe("a SIP URI", () => {
	test.each([
		"sip:alice@atlanta.example.com",
		"sip:alice:secretword@atlanta.example.com;transport=tcp",
		"sips:alice@atlanta.example.com?subject=project%20x&priority=urgent",
		"sip:+1-212-555-1212:1234@gateway.example.com;user=phone",
		"sip:atlanta.example.com;method=REGISTER?to=alice%40atlanta.example.com",
		"sip:alice;day=tuesday@atlanta.example.com",
		"sip:[2001:db8::1]:5061;lr",
		"sip:192.0.2.4",
	])("comes back as it was: %s", (text) => {
		const uri = parseSipUri(text);
		expect(uri && formatSipUri(uri)).toBe(text);
	});

	test("has parts", () => {
		expect(parseSipUri("SIPS:a%40b:p@Example.COM:05061;Transport=TCP;lr?X=y")).toEqual({
			...{ scheme: "sips", user: "a%40b", password: "p", host: "example.com", port: 5061 },
			parameters: [
				{ name: "transport", value: "TCP" },
				{ name: "lr", value: null },
			],
			headers: [["X", "y"]],
		});
		const uri = parseSipUri("sip:%e2%82%ac@a;x=%2525");
		expect(uri && [sipUserOf(uri), sipUriParameter(uri, "x"), sipUriParameter(uri, "y")]).toEqual(["€", "%25", null]);
	});

	test.each([
		"",
		"sip:",
		"sip:@a",
		"sip:a@",
		"sip:a b@c",
		"sip:a@b c",
		"sip:a@b:",
		"sip:a@b:65536",
		"sip:a@b;",
		"sip:a@b;=x",
		"sip:a@b;x=",
		"sip:a@b;x=y=z",
		"sip:a@b?",
		"sip:a@b?x=y=z",
		"sip:a@b@c",
		"sip:a%4@b",
		"sip:a@[::1",
		"sip:a@::1",
		"sip:a@[192.0.2.1]",
		"sip:a@1.2.3",
		"sip:a@-b",
		"sip:a@b..c",
		"sip:<a@b>",
		"tel:+1",
	])("is not %j", (text) => {
		expect(parseSipUri(text)).toBeNull();
	});

	test("is not written of what is none", () => {
		const uri = { scheme: "sip", user: null, password: null, port: null, parameters: [], headers: [] } as const;
		expect(() => formatSipUri({ ...uri, host: "a b" })).toThrow(RangeError);
		expect(() => formatSipUri({ ...uri, host: "a", user: "a\r\nb" })).toThrow(RangeError);
	});

	test("has users that anything can be", () => {
		for (const user of ["plain", "a@b:c", "Jürgen Ω", "\0", "100%", "<a>"]) {
			const uri = parseSipUri(`sip:${encodeURIComponent(user)}@example.com`);
			expect(uri && sipUserOf(uri)).toBe(user);
		}
		expect(unescapeSip("%zz%4")).toBe("%zz%4");
		expect(unescapeSip("%ff%41")).toBe("\ufffdA");
	});
});

test("other URIs are known by their looks", () => {
	expect(["tel:+1-201", "isbn:2983792873", "a+b:c", "sip:a", "SIP:"].map(isUri)).toEqual([
		true,
		true,
		true,
		true,
		false,
	]);
	expect(["tel", ":a", "a:", "a: b", "<a:b>", "1a:b"].map(uriScheme)).toEqual(Array(6).fill(null));
	expect(uriScheme("SIP:a")).toBe("sip");
});

/** The examples of RFC 3261 §19.1.4. */
test.each([
	["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
	["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
	["sip:carol@chicago.com", "sip:carol@chicago.com;security=on"],
	[
		"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		"sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
	],
	[
		"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		"sip:alice@atlanta.com?priority=urgent&subject=project%20x",
	],
	["tel:+1", "tel:+1"],
])("%s is %s", (a, b) => {
	expect([equalUris(a, b), equalUris(b, a)]).toEqual([true, true]);
});

test.each([
	["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
	["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
	["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
	["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
	["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
	["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
	["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
	["sip:a:x@b", "sip:a:y@b"],
	["sip:a:x@b", "sip:a@b"],
	["sip:a@b", "sips:a@b"],
	["tel:+1", "sip:+1@a"],
])("%s is not %s", (a, b) => {
	expect([equalUris(a, b), equalUris(b, a)]).toEqual([false, false]);
});
