import { describe, expect, it } from "vitest";
import { SipMessageCutter } from "./message-cutter.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const message = (body: string) =>
	`MESSAGE sip:you@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const STREAM = `${message("one")}\r\n\r\n${message("")}\r\n${message("\r\n\r\n")}`;

function pushed(cutter: SipMessageCutter, text: string) {
	const { messages, pings, broken } = cutter.push(ENCODER.encode(text));
	return { messages: messages.map((bytes) => DECODER.decode(bytes)), pings, broken };
}

describe("messages of a connection", () => {
	it.each([1, 2, 3, 7, 64, 1000])("come out whole from pieces of %i bytes, and so do pings", (size) => {
		const cutter = new SipMessageCutter();
		const found: string[] = [];
		let pings = 0;
		for (let at = 0; at < STREAM.length; at += size) {
			const cut = pushed(cutter, STREAM.slice(at, at + size));
			found.push(...cut.messages);
			pings += cut.pings;
			expect(cut.broken).toBeNull();
		}
		expect(found).toEqual([message("one"), message(""), message("\r\n\r\n")]);
		expect(pings).toBe(1);
	});

	it("are in memory of their own", () => {
		const bytes = ENCODER.encode(message("one"));
		const [found] = new SipMessageCutter().push(bytes).messages;
		bytes.fill(0);
		expect(DECODER.decode(found)).toBe(message("one"));
	});

	it("take one empty line for the answer to a ping of ours", () => {
		const cutter = new SipMessageCutter();
		expect(pushed(cutter, "\r\n").pings).toBe(0);
		expect(pushed(cutter, message("one"))).toEqual({ messages: [message("one")], pings: 0, broken: null });
	});

	it.each([
		["no length", "MESSAGE sip:you@192.0.2.1 SIP/2.0\r\nVia: x\r\n\r\n"],
		["a length that is none", "MESSAGE sip:you@192.0.2.1 SIP/2.0\r\nContent-Length: -1\r\n\r\n"],
		["a body that is too long", "MESSAGE sip:you@192.0.2.1 SIP/2.0\r\nContent-Length: 99999999\r\n\r\n"],
		["header fields without an end", "x".repeat(70_000)],
	])("with %s break it for good, and what came before counts", (_, text) => {
		const cutter = new SipMessageCutter();
		const cut = pushed(cutter, message("one") + text);
		expect(cut.messages).toEqual([message("one")]);
		expect(cut.broken).not.toBeNull();
		expect(pushed(cutter, message("two")).messages).toEqual([]);
	});

	it("that come in crumbs break it, before they cost much", () => {
		const cutter = new SipMessageCutter();
		let pieces = 0;
		while (cutter.push(ENCODER.encode("x")).broken === null) pieces++;
		expect(pieces).toBe(2_048);
	});

	it("may take any number of pings between them", () => {
		const cutter = new SipMessageCutter();
		const cuts = Array.from({ length: 2_100 }, () => pushed(cutter, "\r\n\r\n"));
		expect(cuts.every(({ pings, broken }) => pings === 1 && broken === null)).toBe(true);
	});
});
