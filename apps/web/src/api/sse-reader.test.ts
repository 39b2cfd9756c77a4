import { expect, test } from "vitest";
import { LONGEST_EVENT, SseReader } from "./sse-reader.ts";

const TEXT =
	': hello\nevent: session\nid: a:1\ndata: {"x":1}\n\ndata: one\r\ndata: two\r\n\r\nid: a:2\n\nretry: 5\ndata\n\n';
const EVENTS = [
	{ event: "session", data: '{"x":1}', id: "a:1" },
	{ event: "message", data: "one\ntwo", id: "a:1" },
	{ event: "message", data: "", id: "a:2" },
];

test("events are the same wherever the text is cut", () => {
	for (let cut = 0; cut <= TEXT.length; cut++) {
		const reader = new SseReader();
		expect([...reader.push(TEXT.slice(0, cut)), ...reader.push(TEXT.slice(cut))]).toEqual(EVENTS);
	}
});

test("what no empty line ends is no event", () => {
	expect(new SseReader().push("data: half\n")).toEqual([]);
});

test("a server that never ends an event does not fill the memory", () => {
	const reader = new SseReader();
	const piece = `data: ${"x".repeat(LONGEST_EVENT / 4)}\n`;
	expect(() => {
		for (let index = 0; index < 6; index++) reader.push(piece);
	}).toThrow(RangeError);
});
