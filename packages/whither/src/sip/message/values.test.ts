import { describe, expect, test } from "vitest";
import { parseSipAuthorization } from "./authorization.ts";
import { parseSipMediaType, parseSipWord } from "./media-type.ts";
import { formatSipNameAddress, parseSipNameAddress, sipTag } from "./name-address.ts";
import { formatSipParameters, parseSipParameters, sipParameter, withSipParameter } from "./parameters.ts";
import { parseRetryAfterSeconds } from "./retry-after.ts";
import { formatSipCseq, formatSipRack, parseSipCseq, parseSipRack, parseSipRseq } from "./sequence.ts";
import { formatSipVia, parseSipVia, sipBranch } from "./via.ts";

describe("Via", () => {
	test.each([
		"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx;rport",
		"SIP/2.0/TCP [2001:db8::1]:5060;received=[2001:db8::2];rport=5061",
		'SIP/2.0/TLS host.example.com:5061;branch=z9hG4bKy;extra="a;b"',
	])("comes back as it was: %s", (text) => {
		const via = parseSipVia(text);
		expect(via && formatSipVia(via)).toBe(text);
	});

	test("has blanks in odd places, and its address and transport are told in one way", () => {
		const via = parseSipVia("SIP  / 2.0 /udp   [2001:DB8:0::1]  :  05060 ; rport ;received=2001:db8::9");
		expect(via).toMatchObject({ transport: "UDP", host: "2001:db8::1", port: 5060 });
		expect(sipParameter(via?.parameters ?? [], "rport")).toBe("");
		expect(sipParameter(via?.parameters ?? [], "received")).toBe("2001:db8::9");
		expect(sipParameter(via?.parameters ?? [], "maddr")).toBeNull();
	});

	test.each([
		"",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP 192.0.2.1:99999",
		"SIP/2.0/UDP 192.0.2.1:",
		"SIP/2.0/UDP 192.0.2.256",
		"SIP/2.0/UDP [2001:db8::1",
		"SIP/2.0/UDP 192.0.2.1;;",
		"SIP/2.0/UDP 192.0.2.1 5060",
		"SIP/2.0 192.0.2.1",
		"HTTP/2.0/UDP 192.0.2.1",
	])("is none: %j", (text) => {
		expect(parseSipVia(text)).toBeNull();
	});

	test("names a transaction where something stands behind the cookie", () => {
		const branch = (text: string) =>
			sipBranch({ transport: "UDP", host: "a", port: null, parameters: parseSipParameters(text) ?? [] });
		expect([";branch=z9hG4bKx", ";branch=z9hG4bK", ";branch=x", ""].map(branch)).toEqual([
			"z9hG4bKx",
			null,
			null,
			null,
		]);
	});

	test("is not written of what is none", () => {
		expect(() => formatSipVia({ transport: "U P", host: "a", port: null, parameters: [] })).toThrow(RangeError);
	});
});

describe("an address with a name", () => {
	test.each([
		['"J. \\"Q\\" \\\\ User" <sip:j@example.com>;tag=1', 'J. "Q" \\ User', "sip:j@example.com"],
		["Joe User<sip:j@example.com;lr>", "Joe User", "sip:j@example.com;lr"],
		["Grüße <tel:+1-201-555-0123>", "Grüße", "tel:+1-201-555-0123"],
		["<sips:[2001:db8::1]>", null, "sips:[2001:db8::1]"],
		["sip:j@example.com ; tag = 1", null, "sip:j@example.com"],
		['""<sip:a>', "", "sip:a"],
		['sip:a@b;x="<y>"', null, "sip:a@b"],
	])("is %s", (text, displayName, uri) => {
		expect(parseSipNameAddress(text)).toMatchObject({ displayName, uri });
	});

	test.each([
		"",
		"joe",
		"<sip:a@b",
		"<sip:a@b>>",
		"< sip:a@b>",
		"<sip:a@b>tag=1",
		"<sip:a@b>;tag=",
		"<sip:a@b>;;",
		'"joe <sip:a@b>',
		'"joe" sip:a@b',
		"joe, b <sip:a@b>",
		"sip:a@b?x=y",
		"sip:a,b@c",
		"<sip:a@b:x>",
		"<:>",
	])("is not %j", (text) => {
		expect(parseSipNameAddress(text)).toBeNull();
	});

	test("is written with brackets, its name in quotes", () => {
		const parameters = [
			{ name: "tag", value: "a" },
			{ name: "x", value: "a b" },
			{ name: "y", value: null },
		];
		expect(formatSipNameAddress({ displayName: 'a "b"', uri: "sip:a@b", parameters })).toBe(
			'"a \\"b\\"" <sip:a@b>;tag=a;x="a b";y',
		);
		expect(() => formatSipNameAddress({ displayName: null, uri: "sip:a b", parameters: [] })).toThrow(RangeError);
		expect(() => formatSipNameAddress({ displayName: "a\r\nb", uri: "sip:a", parameters: [] })).toThrow(RangeError);
	});

	test("has a tag, or none", () => {
		expect(["<sip:a>;tag=b", "sip:a;TAG=b", "<sip:a;tag=b>", "<", null].map(sipTag)).toEqual([
			"b",
			"b",
			null,
			null,
			null,
		]);
	});
});

test("parameters are put in the place of others of their name, behind all others, or taken out", () => {
	const parameters = parseSipParameters(";a;rport;b=1") ?? [];
	expect(formatSipParameters(withSipParameter(parameters, "rport", "5060"))).toBe(";a;rport=5060;b=1");
	expect(formatSipParameters(withSipParameter(parameters, "received", "::1"))).toBe(";a;rport;b=1;received=::1");
	expect(() => formatSipParameters([{ name: "a b", value: null }])).toThrow(RangeError);
});

test("CSeq, RAck and RSeq are numbers of 32 bits and methods", () => {
	expect(parseSipCseq("0009   INVITE")).toEqual({ number: 9, method: "INVITE" });
	expect(parseSipRack("776656 1 INVITE")).toEqual({ response: 776656, number: 1, method: "INVITE" });
	expect(formatSipRack({ response: 1, number: 2, method: "INVITE" })).toBe("1 2 INVITE");
	expect(formatSipCseq({ number: 4294967295, method: "ACK" })).toBe("4294967295 ACK");
	for (const text of [null, "", "1", "INVITE", "4294967296 INVITE", "-1 INVITE", "1 INVITE x", "1 IN(V", "0x1 ACK"])
		expect(parseSipCseq(text), String(text)).toBeNull();
	for (const text of [null, "1 INVITE", "4294967296 1 INVITE", "1 2 3 INVITE"]) expect(parseSipRack(text)).toBeNull();
	expect([parseSipRseq("1"), parseSipRseq("0"), parseSipRseq("x"), parseSipRseq(null)]).toEqual([1, null, null, null]);
});

test("types of bodies and words have parameters", () => {
	expect(parseSipMediaType('Multipart / Mixed ;boundary="a;b"')).toEqual({
		word: "multipart/mixed",
		parameters: [{ name: "boundary", value: "a;b" }],
	});
	expect(parseSipWord("Session;handling=optional")).toMatchObject({ word: "session" });
	for (const text of [null, "", "a", "a/", "a/b/c", "a/b;", "a/b;=c"]) expect(parseSipMediaType(text)).toBeNull();
	for (const text of [null, "", "a b", "a;;"]) expect(parseSipWord(text)).toBeNull();
});

test("Retry-After is seconds, whatever is said beside", () => {
	expect(["18000;duration=3600", "120 (I'm in a meeting)", "5", "soon", null].map(parseRetryAfterSeconds)).toEqual([
		18000,
		120,
		5,
		null,
		null,
	]);
});

test("challenges are a scheme and parameters, each of them once", () => {
	expect(parseSipAuthorization('Digest realm="a, b",nonce = "c" , qop="auth,auth-int"')).toEqual({
		scheme: "digest",
		parameters: [
			{ name: "realm", value: "a, b" },
			{ name: "nonce", value: "c" },
			{ name: "qop", value: "auth,auth-int" },
		],
	});
	expect(parseSipAuthorization("Basic QWxhZGRpbg==")?.parameters).toEqual([]);
	expect(parseSipAuthorization("Digest a=1, A=2")?.parameters).toEqual([]);
	for (const text of [null, "", "Digest"]) expect(parseSipAuthorization(text)).toBeNull();
});
