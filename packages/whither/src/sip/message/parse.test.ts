import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SIP_BOUNDS } from "./bounds.ts";
import { formatSip } from "./format.ts";
import { sipFields, sipHeader, sipValues } from "./headers.ts";
import type { SipMessage } from "./message.ts";
import { parseSip } from "./parse.ts";
import { splitSipStream } from "./stream.ts";
import { TORTURE } from "./torture.fixture.ts";
import { lines } from "./torture-message.fixture.ts";

const FIELDS = `Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx
From: <sip:a@example.com>;tag=1
To: <sip:b@example.com>
Call-ID: x
CSeq: 1 INVITE
`;
const INVITE = `INVITE sip:b@example.com SIP/2.0\n${FIELDS}`;
const parsed = (text: string) => parseSip(lines(text));
const withFields = (...fields: readonly string[]) =>
	parsed(`${INVITE}${fields.map((field) => `${field}\n`).join("")}\n`);

function messageOf(bytes: Uint8Array): SipMessage {
	const message = parseSip(bytes);
	if (message.kind === "error") throw new Error(message.why);
	return message;
}

describe("a message", () => {
	test("comes back as it was, whatever RFC 4475 puts in it", () => {
		for (const { name, bytes, expect: expected } of TORTURE) {
			if (expected.parser !== "accepts") continue;
			const message = messageOf(bytes);
			const again = messageOf(formatSip(message));
			const notLength = (of: SipMessage) => ({
				...of,
				headers: of.headers.filter((one) => one.name !== "Content-Length"),
			});
			expect(notLength(again), name).toEqual(notLength(message));
		}
	});

	test("has its names in their long form, its lines unfolded and its body as long as it says", () => {
		const message = messageOf(
			lines(`\n\nINVITE sip:b@example.com SIP/2.0
v: SIP/2.0/UDP 192.0.2.1
f : <sip:a@example.com>
	;tag=1
t:sip:b@example.com
i: x
cseq: 1 INVITE
k:
L: 3
X-Own:  a  b\t

abcdef`),
		);
		expect(message.headers.map(({ name, value }) => `${name}=${value}`)).toEqual([
			"Via=SIP/2.0/UDP 192.0.2.1",
			"From=<sip:a@example.com> ;tag=1",
			"To=sip:b@example.com",
			"Call-ID=x",
			"CSeq=1 INVITE",
			"Supported=",
			"Content-Length=3",
			"X-Own=a  b",
		]);
		expect(decodeUtf8(message.body)).toBe("abc");
	});

	test("has its own bytes: what it came in may be used again", () => {
		const bytes = lines(`${INVITE}\nabc`);
		const message = messageOf(Buffer.from(bytes.buffer));
		bytes.fill(0);
		expect(decodeUtf8(message.body)).toBe("abc");
	});

	test("is written with the length that its body has, and no message within a value", () => {
		const message = messageOf(lines(`${INVITE}Content-Length: 0\n\n`));
		const text = decodeUtf8(formatSip({ ...message, body: encodeUtf8("€") }));
		expect(text.match(/Content-Length/g)).toHaveLength(1);
		expect(text.endsWith("Content-Length: 3\r\n\r\n€")).toBe(true);
		const header = (name: string, value: string) => () => formatSip({ ...message, headers: [{ name, value }] });
		for (const wrong of [header("a b", "c"), header("a", "b\r\nc: d"), header("a", "b\nc")])
			expect(wrong).toThrow(RangeError);
		const parts = { headers: [], body: new Uint8Array(0) };
		expect(() => formatSip({ kind: "response", status: 99, reason: "", ...parts })).toThrow(RangeError);
		expect(() => formatSip({ kind: "response", status: 200, reason: "a\nb", ...parts })).toThrow(RangeError);
		expect(() => formatSip({ kind: "request", method: "A", uri: "a b", ...parts })).toThrow(RangeError);
		expect(() => formatSip({ kind: "request", method: "A B", uri: "a:b", ...parts })).toThrow(RangeError);
	});

	test("tells the values of lists one by one, and of other fields as they stand", () => {
		const message = withFields(
			'Contact: "a, b" <sip:a,b@c>, <sip:d>',
			"m: sip:e",
			"Subject: a, b",
			"Supported: , a,,b ,",
		);
		if (message.kind === "error") throw new Error(message.why);
		expect(sipValues(message, "contact")).toEqual(['"a, b" <sip:a,b@c>', "<sip:d>", "sip:e"]);
		expect(sipHeader(message, "M")).toBe('"a, b" <sip:a,b@c>');
		expect(sipValues({ headers: [{ name: "Contact", value: '"a\\", b" <sip:c>, <sip:d>' }] }, "m")).toHaveLength(2);
		expect(sipValues(message, "s")).toEqual(["a, b"]);
		expect(sipValues(message, "Supported")).toEqual(["a", "b"]);
		expect([sipHeader(message, "Route"), sipFields(message, "Route")]).toEqual([null, []]);
	});
});

describe("what is no message", () => {
	test.each([
		["a bare line feed", `${INVITE}\n`.replaceAll("\n", "\r\n").replace("\r\nTo", "\nTo"), 400],
		["a carriage return within a line", `${INVITE}X: a\rb\n\n`.replaceAll("\n", "\r\n"), 400],
		["header fields without an end", INVITE.replaceAll("\n", "\r\n"), 400],
		["a line without a colon", `${INVITE}hello\n\n`.replaceAll("\n", "\r\n"), 400],
		["a name with a blank", `${INVITE}a b: c\n\n`.replaceAll("\n", "\r\n"), 400],
		["no CSeq", `${INVITE.replace("CSeq: 1 INVITE\n", "")}\n`.replaceAll("\n", "\r\n"), 400],
		["no Via", `${INVITE.replace(/Via.*\n/, "")}\n`.replaceAll("\n", "\r\n"), null],
		["an ACK that is wrong", `${INVITE.replaceAll("INVITE", "ACK")}Contact: x\n\n`.replaceAll("\n", "\r\n"), null],
		["an ACK for nobody", `${INVITE.replaceAll("INVITE sip", "ACK <sip")}\n`.replaceAll("\n", "\r\n"), null],
		["an ACK of another version", `ACK a:b SIP/3.0\n${FIELDS}\n`.replaceAll("\n", "\r\n"), null],
		["an answer that is wrong", `SIP/2.0 200 OK\n${FIELDS}Contact: x\n\n`.replaceAll("\n", "\r\n"), null],
		["another version", `${INVITE.replace("SIP/2.0\n", "SIP/3.0\n")}\n`.replaceAll("\n", "\r\n"), 505],
		["another protocol", `${INVITE.replace("SIP/2.0\n", "HTTP/1.1\n")}\n`.replaceAll("\n", "\r\n"), 400],
		["nothing", "", null],
		["empty lines", "\r\n\r\n", null],
	])("%s", (_, text, status) => {
		expect(parseSip(encodeUtf8(text))).toMatchObject({ kind: "error", status });
	});

	test.each([
		"Call-ID: y",
		"From: <sip:c>",
		"Via: x",
		"Max-Forwards: 256",
		"Max-Forwards: 1\nMax-Forwards: 1",
		"Contact: ",
		"Route: <sip:a",
		"Content-Type: sdp",
		"RSeq: 0",
		"RAck: 1 INVITE",
		"Content-Length: 1",
		"Content-Length: 0\nContent-Length: 0",
		"Content-Length: 0, 0",
		"Content-Length: +0",
	])("has a field that is wrong: %s", (field) => {
		expect(withFields(field)).toMatchObject({ kind: "error", status: 400 });
	});

	test("is too long, or has too many fields", () => {
		const long = lines(`${INVITE}\n${"x".repeat(SIP_BOUNDS.messageLength)}`);
		expect(parseSip(long)).toMatchObject({ status: 413 });
		const fields = (count: number) => withFields(...Array(count - 5).fill("X: y"));
		expect(fields(SIP_BOUNDS.headers).kind).toBe("request");
		expect(fields(SIP_BOUNDS.headers + 1)).toMatchObject({ status: 400 });
		const vias = Array(SIP_BOUNDS.values).fill("SIP/2.0/UDP a").join(",");
		expect(withFields(`Via: ${vias}`)).toMatchObject({ status: 400 });
	});

	test("is answered with the header fields that could be read", () => {
		const wrong = withFields("Max-Forwards: x");
		expect(wrong.kind === "error" && sipHeader(wrong, "Call-ID")).toBe("x");
	});
});

describe("a stream", () => {
	const first = lines(`${INVITE}Content-Length: 3\n\nabc`);
	const second = lines(`SIP/2.0 200 OK\n${FIELDS}l: 0\n\n`);

	test("is cut into its messages, wherever its pieces end", () => {
		const bytes = Uint8Array.from([...lines("\n\n"), ...first, ...lines("\n"), ...second]);
		for (let size = 1; size < bytes.length; size += 41) {
			const messages: string[] = [];
			let held = new Uint8Array(0);
			for (let offset = 0; offset < bytes.length; offset += size) {
				held = Uint8Array.from([...held, ...bytes.subarray(offset, offset + size)]);
				for (let frame = splitSipStream(held); frame.kind === "message"; frame = splitSipStream(held)) {
					messages.push(messageOf(held.subarray(frame.skipped, frame.end)).kind);
					held = held.slice(frame.end);
				}
			}
			expect([messages, held.length]).toEqual([["request", "response"], 0]);
		}
	});

	test("begins with empty lines that are counted", () => {
		expect(splitSipStream(lines("\n\n"))).toEqual({ kind: "more", skipped: 4 });
		expect(splitSipStream(Uint8Array.of(13))).toEqual({ kind: "more", skipped: 0 });
		expect(splitSipStream(lines("\nINVITE"))).toEqual({ kind: "more", skipped: 2 });
	});

	test("waits for all of a body", () => {
		expect(splitSipStream(first.subarray(0, first.length - 3))).toEqual({ kind: "more", skipped: 0 });
		expect(splitSipStream(first)).toMatchObject({ kind: "message", end: first.length });
	});

	test.each([
		["no length", `${INVITE}\n`],
		["a length that is no number", `${INVITE}l: x\n\n`],
		["two lengths", `${INVITE}l: 0\nContent-Length: 0\n\n`],
		["a length beyond the bounds", `${INVITE}l: ${SIP_BOUNDS.messageLength}\n\n`],
		["something else", "hello\nhello\n\n"],
		["header fields without an end", `${INVITE}X: ${"x".repeat(SIP_BOUNDS.messageLength)}`],
	])("is broken by %s", (_, text) => {
		expect(splitSipStream(lines(text)).kind).toBe("broken");
	});
});
