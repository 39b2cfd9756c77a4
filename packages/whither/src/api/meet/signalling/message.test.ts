import { describe, expect, it } from "vitest";
import { type MeetMessage, readMeetMessage } from "./message.ts";

const description: MeetMessage = {
	type: "description",
	tool: "whither 0.1.0",
	ufrag: "abcd",
	pwd: "0123456789abcdefghijkl",
	options: ["ice2", "trickle"],
	pacingMs: 5,
	lite: false,
};
const line = "candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host";

describe("a message of a meeting", () => {
	it("is read as it was written, without what nobody asked for", () => {
		const messages: readonly MeetMessage[] = [
			description,
			{ ...description, pacingMs: null },
			{ type: "candidates", ufrag: "abcd", lines: [line] },
			{ type: "endOfCandidates", ufrag: "abcd" },
			{ type: "bye", why: "done" },
		];
		for (const message of messages) {
			expect(readMeetMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
			expect(readMeetMessage({ ...message, more: 1, __proto__: { why: 2 } })).toEqual(message);
		}
	});

	it("is none where anything of it is not as it has to be", () => {
		const wrong: readonly unknown[] = [
			null,
			"bye",
			[],
			{ type: "constructor" },
			{ type: "later" },
			{ ...description, ufrag: "abc" },
			{ ...description, ufrag: "ab\r\ncd" },
			{ ...description, pwd: "short" },
			{ ...description, tool: "a\u001b[2J" },
			{ ...description, options: "ice2" },
			{ ...description, options: ["a b"] },
			{ ...description, pacingMs: -1 },
			{ ...description, pacingMs: 1e9 },
			{ ...description, lite: "no" },
			{ type: "candidates", ufrag: "abcd", lines: [`${line}\r\na=x`] },
			{ type: "candidates", ufrag: "abcd", lines: [1] },
			{ type: "candidates", ufrag: "abcd", lines: Array(257).fill(line) },
			{ type: "candidates", lines: [line] },
			{ type: "endOfCandidates" },
			{ type: "bye", why: "x".repeat(201) },
			{ type: "bye", why: "\u202e" },
		];
		for (const json of wrong) expect(readMeetMessage(json)).toBeNull();
	});
});
