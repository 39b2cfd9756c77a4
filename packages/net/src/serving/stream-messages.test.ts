import { encodeStun } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { StreamMessages } from "./stream-messages.ts";

const message = (fill: number, padding: number) =>
	encodeStun({
		class: "request",
		method: "binding",
		transactionId: new Uint8Array(12).fill(fill),
		attributes: [{ name: "padding", value: new Uint8Array(padding) }],
	});
const SENT = [message(1, 0), message(2, 40), message(3, 1200)];
const STREAM = Uint8Array.from(SENT.flatMap((one) => [...one]));

describe("messages on a stream", () => {
	it.each([1, 3, 19, 20, 21, 64, 5000])("come out whole from pieces of %i bytes", (size) => {
		const messages = new StreamMessages({ channelData: false });
		const found: Uint8Array[] = [];
		for (let at = 0; at < STREAM.length; at += size) found.push(...messages.push(STREAM.subarray(at, at + size)));
		expect(found).toEqual(SENT);
		expect(messages.broken).toBe(false);
	});

	it("stay what they were when the bytes they came in are used again", () => {
		const bytes = SENT[0]?.slice() ?? new Uint8Array(0);
		const [found] = new StreamMessages({ channelData: false }).push(bytes);
		bytes.fill(0);
		expect(found).toEqual(SENT[0]);
	});

	it("may be channel data where it is expected", () => {
		const bytes = Uint8Array.of(0x40, 0, 0, 2, 8, 9, 0, 0);
		expect(new StreamMessages({ channelData: true }).push(bytes)).toEqual([bytes]);
		expect(new StreamMessages({ channelData: false }).push(bytes)).toEqual([]);
	});

	it.each([
		["another protocol", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
		["no cookie", Uint8Array.of(0, 1, 0, 0, 9, 9, 9, 9)],
		["a length that is none", Uint8Array.of(0, 1, 0, 3, 0x21, 0x12, 0xa4, 0x42)],
	])("%s breaks it, for good", (_, bytes) => {
		const messages = new StreamMessages({ channelData: false });
		expect(messages.push(STREAM.subarray(0, SENT[0]?.length))).toHaveLength(1);
		expect(messages.push(bytes)).toEqual([]);
		expect(messages.broken).toBe(true);
		expect(messages.push(STREAM)).toEqual([]);
	});
});
