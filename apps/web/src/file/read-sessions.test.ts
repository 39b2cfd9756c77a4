import { expect, test } from "vitest";
import { answer, hop, sampleResult } from "../../../../packages/whither/src/report/trace/sample-trace.fixture.ts";
import { SessionBook } from "../model/session-book.ts";
import { readSessions } from "./read-sessions.ts";

const target = (seq: number) => answer(seq, "203.0.113.7", { kind: "portUnreachable", icmp: [3, 3] });
const RESULT = sampleResult([hop(1, "192.0.2.254", null, "192.0.2.254"), hop(2, target, target, target)]);

test("a saved result becomes a session that is over, and its figures are those of its hops", () => {
	const read = readSessions(JSON.stringify(RESULT), "a.json");
	if ("problem" in read) throw new Error(read.problem);
	const book = new SessionBook(read.sessions[0]!);
	expect(book.isOver).toBe(true);
	expect(book.summary().hops.map(({ ttl, sent, lost, isTarget }) => [ttl, sent, lost, isTarget])).toEqual([
		[1, 3, 1, false],
		[2, 3, 0, true],
	]);
	expect(book.answers(1).map(({ from }) => from)).toEqual(["192.0.2.254"]);
});

test("several documents in one file are several sessions", () => {
	const read = readSessions(JSON.stringify([RESULT, RESULT]), "a.json");
	expect("sessions" in read ? read.sessions.length : 0).toBe(2);
});

test("what cannot be read is said with the file's name", () => {
	expect(readSessions("", "empty.json")).toEqual({ problem: "empty.json: it is empty." });
	expect(readSessions("no such thing", "notes.txt")).toHaveProperty(
		"problem",
		expect.stringContaining("notes.txt, line 1"),
	);
});
