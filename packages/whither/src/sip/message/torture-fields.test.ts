import { decodeUtf8 } from "@whither/wire";
import { expect, test } from "vitest";
import { sipFields, sipHeader, sipValues } from "./headers.ts";
import type { SipMessage } from "./message.ts";
import { parseSipNameAddress } from "./name-address.ts";
import { sipParameter } from "./parameters.ts";
import { parseSip } from "./parse.ts";
import { parseSipCseq } from "./sequence.ts";
import { TORTURE } from "./torture.fixture.ts";
import { parseSipUri, sipUriParameter, sipUserOf } from "./uri.ts";
import { equalUris } from "./uri-equality.ts";
import { parseSipVia, sipBranch } from "./via.ts";

function tortured(wanted: string): SipMessage {
	const message = parseSip(TORTURE.find(({ name }) => name === wanted)?.bytes ?? new Uint8Array(0));
	if (message.kind === "error") throw new Error(message.why);
	return message;
}

const requestUri = (message: SipMessage) => parseSipUri(message.kind === "request" ? message.uri : "");
const address = (message: SipMessage, name: string) => parseSipNameAddress(sipHeader(message, name) ?? "");

test("wsinv is folded, abbreviated and spaced, and says what it says", () => {
	const message = tortured("wsinv");
	expect(sipUriParameter(requestUri(message) ?? parseSipUri("sip:x")!, "unknownparam")).toBe("");
	expect(address(message, "From")?.displayName).toBe('J Rosenberg \\"');
	expect(sipParameter(address(message, "To")?.parameters ?? [], "tag")).toBe("1918181833n");
	expect(parseSipCseq(sipHeader(message, "CSeq"))).toEqual({ number: 9, method: "INVITE" });
	expect(sipValues(message, "Via").map((value) => [parseSipVia(value)?.transport, parseSipVia(value)?.host])).toEqual([
		["UDP", "192.0.2.2"],
		["TCP", "spindle.example.com"],
		["UDP", "192.168.255.111"],
	]);
	expect(sipHeader(message, "NewFangledHeader")).toBe("newfangled value continued newfangled value");
	expect(sipHeader(message, "UnknownHeaderWithUnusualValue")).toBe(";;,,;;,;");
	expect(sipHeader(message, "Subject")).toBe("");
	expect(address(message, "Contact")).toEqual({
		displayName: 'Quoted string ""',
		uri: "sip:jdrosen@example.com",
		parameters: [
			{ name: "newparam", value: "newvalue" },
			{ name: "secondparam", value: null },
			{ name: "q", value: "0.33" },
		],
	});
	expect(message.body).toHaveLength(150);
});

test("intmeth has a method, a user and names of every character there may be", () => {
	const message = tortured("intmeth");
	expect(message).toMatchObject({ method: "!interesting-Method0123456789_*+`.%indeed'~" });
	expect(requestUri(message)).toMatchObject({
		user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
		password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
	});
	expect(address(message, "To")?.displayName).toBe("BEL:\u0007 NUL:\0 DEL:\u007f");
	expect(address(message, "From")).toMatchObject({
		displayName: "token1~` token2'+_ token3*%!.-",
		parameters: [
			{ name: "fromparam''~+*_!.-%", value: "работающий" },
			{ name: "tag", value: "_token~1'+`*%!-." },
		],
	});
	expect(sipHeader(message, "extensionHeader-!.%*+_`'~")).toBe("\ufeff大停電");
});

test("esc01 has escapes that are read once", () => {
	const message = tortured("esc01");
	expect(sipUserOf(requestUri(message) ?? parseSipUri("sip:x")!)).toBe("sips:user@example.com");
	expect(equalUris(address(message, "To")?.uri ?? "", "sip:user@example.com")).toBe(true);
	const contact = parseSipUri(address(message, "Contact")?.uri ?? "");
	expect(contact && [sipUserOf(contact), sipUriParameter(contact, "name"), sipUriParameter(contact, "lr")]).toEqual([
		"caller",
		"value%41",
		"",
	]);
});

test("escnull has two contacts, whose users are zeros", () => {
	const users = sipValues(tortured("escnull"), "Contact").map((value) => {
		const uri = parseSipUri(parseSipNameAddress(value)?.uri ?? "");
		return uri && sipUserOf(uri);
	});
	expect(users).toEqual(["\0", "\0\0"]);
});

test("esc02 has two contacts and not three, and a method and names with % in them", () => {
	const message = tortured("esc02");
	expect(sipFields(message, "Contact")).toHaveLength(2);
	expect(sipHeader(message, "C%6Fntact")).toBe("<sip:alias2@host2.example.com>");
	expect([message.kind === "request" && message.method, address(message, "To")?.displayName]).toEqual([
		"RE%47IST%45R",
		"%Z%45",
	]);
});

test("longreq has 34 ways and a transaction of RFC 2543", () => {
	const vias = sipValues(tortured("longreq"), "Via");
	const branches = vias.map(parseSipVia).map((via) => via && sipBranch(via));
	expect([vias.length, new Set(branches)]).toEqual([34, new Set([null])]);
	expect(sipHeader(tortured("longreq"), "Call-ID")).toMatch(/^longreq\.one(really){20}longcallid$/);
});

test("dblreq ends before the INVITE behind it", () => {
	expect(tortured("dblreq")).toMatchObject({ method: "REGISTER", body: new Uint8Array(0) });
});

test("semiuri has a semicolon in its user", () => {
	const uri = requestUri(tortured("semiuri"));
	expect(uri && [sipUserOf(uri), uri.host, uri.parameters]).toEqual(["user;par=u@example.net", "example.com", []]);
});

test("transports has every one of them", () => {
	const message = tortured("transports");
	expect(sipValues(message, "Via").map((value) => parseSipVia(value)?.transport)).toEqual([
		...["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"],
	]);
});

test("mpart01 has a body with zeros, byte for byte", () => {
	const { bytes } = TORTURE.find(({ name }) => name === "mpart01") ?? { bytes: new Uint8Array(0) };
	const { body } = tortured("mpart01");
	expect(Buffer.compare(body, bytes.subarray(bytes.length - 553))).toBe(0);
	expect(body.includes(0)).toBe(true);
});

test("unreason and noreason have the reasons they have", () => {
	const reasons = ["unreason", "noreason"].map((name) => {
		const message = tortured(name);
		return message.kind === "response" && message.reason;
	});
	expect(reasons).toEqual(["= 2**3 * 5**2 но сто девяносто девять - простое", ""]);
});

test("badbranch has none, and cparam01 and cparam02 have their parameter in two places", () => {
	const via = parseSipVia(sipHeader(tortured("badbranch"), "Via") ?? "");
	expect(via && sipBranch(via)).toBeNull();
	const [outside, inside] = ["cparam01", "cparam02"].map((name) => address(tortured(name), "Contact"));
	expect(outside).toMatchObject({ uri: "sip:+19725552222@gw1.example.net", parameters: [{ name: "unknownparam" }] });
	expect(inside).toMatchObject({ uri: "sip:+19725552222@gw1.example.net;unknownparam", parameters: [] });
});

test("inv2543 has a body as long as its datagram, and no tag", () => {
	const message = tortured("inv2543");
	expect(decodeUtf8(message.body).endsWith("m=audio 49217 RTP/AVP 0\r\n")).toBe(true);
	expect(address(message, "From")?.parameters).toEqual([]);
});
