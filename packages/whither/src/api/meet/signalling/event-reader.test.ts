import { describe, expect, it } from "vitest";
import { EventReader } from "./event-reader.ts";

const STREAM =
	":\n\nid: 1\nevent: message\ndata: abc\n\nid:2\r\nevent: end\r\ndata: left\r\n\r\nretry: 5\ndata: a\ndata:  b\ndata\n\nid: 3\n\n";
const EVENTS = [
	{ id: "1", name: "message", data: "abc" },
	{ id: "2", name: "end", data: "left" },
	{ id: "2", name: "message", data: "a\n b\n" },
];

describe("server-sent events", () => {
	it("are read whatever pieces they come in", () => {
		for (let size = 1; size <= STREAM.length; size++) {
			const reader = new EventReader();
			const pieces = STREAM.match(new RegExp(`.{1,${size}}`, "gs")) ?? [];
			expect(pieces.flatMap((piece) => reader.read(piece) ?? [])).toEqual(EVENTS);
		}
	});

	it("have a bound", () => {
		for (const text of ["data: ".padEnd(70_000, "x"), "data: x\n".repeat(10_000)])
			expect(new EventReader().read(text)).toBeNull();
		const reader = new EventReader();
		for (let index = 0; index < 10; index++) expect(reader.read(`data: ${"x".repeat(60_000)}\n\n`)).toHaveLength(1);
	});

	it("that were cut off are none", () => {
		const reader = new EventReader();
		expect(reader.read("id: 1\ndata: abc\n")).toEqual([]);
		expect(new EventReader().read("data: x\n\n")).toEqual([{ id: null, name: "message", data: "x" }]);
	});
});
