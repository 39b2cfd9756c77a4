import { expect, test } from "vitest";
import type { Session, SessionEvent } from "../../../../packages/whither/src/api/session/session.ts";
import { answer, hop, sampleResult } from "../../../../packages/whither/src/report/trace/sample-trace.fixture.ts";
import { SessionBook } from "./session-book.ts";

const RESULT = sampleResult([
	hop(1, "192.0.2.254", null),
	hop(2, (seq: number) => answer(seq, "203.0.113.7", { kind: "portUnreachable", icmp: [3, 3] }), null),
]);
const { target, source, method, channel, family, options, hops } = RESULT;

/** The events that a server tells of it, each probe before the hop that it is of. */
const EVENTS: readonly SessionEvent[] = [
	{ type: "start", target, source, method, channel, family, ...options },
	...hops.flatMap(({ ttl, probes }, index) => [
		...probes.map((probe) => ({ type: "probe", atNs: 1, ttl, probe })),
		{ type: "hop", atNs: 1, hop: hops[index], last: index === hops.length - 1 },
	]),
].map((event, seq) => ({ seq, kind: "trace", event }) as SessionEvent);

const header = { id: "a".repeat(20), kind: "trace", startedAt: RESULT.startedAt } as Session["header"];
const counts = (book: SessionBook) =>
	book.summary().hops.map(({ ttl, sent, received, lost }) => [ttl, sent, received, lost]);

test("a session is the same whether it was there at once, came bit by bit, or was taken up in the middle", () => {
	const end = { outcome: "result", endedAt: RESULT.startedAt, result: RESULT } as const;
	const whole = new SessionBook({ header, events: EVENTS, end });
	expect(counts(whole)).toEqual([
		[1, 2, 1, 1],
		[2, 2, 1, 1],
	]);
	for (const known of [0, 3, EVENTS.length]) {
		const book = new SessionBook({ header, events: EVENTS.slice(0, known), end: null });
		expect([book.lastSeq, book.isOver]).toEqual([known - 1, false]);
		for (const event of EVENTS.slice(known)) book.take(event);
		book.finish(end);
		expect([counts(book), book.lastSeq, book.isOver]).toEqual([counts(whole), EVENTS.length - 1, true]);
	}
});

test("an answer that is told again, late or once more, is no second one in the history", () => {
	const probe = answer(0, "192.0.2.254");
	const told = (more: object, seq: number) =>
		({
			seq,
			kind: "live",
			event: { type: "probe", atNs: 1, ttl: 1, round: 0, probe: { ...probe, ...more } },
		}) as SessionEvent;
	const book = new SessionBook({
		header,
		events: [told({}, 0), told({ duplicates: 1 }, 1), told({ late: true }, 2)],
		end: null,
	});
	expect(book.history.slots(1).reduce((sum, slot) => sum + (slot?.answered ?? 0) + (slot?.lost ?? 0), 0)).toBe(1);
});

test("of a crowd at one distance only so many answers are kept, and the latest of each", () => {
	const events = Array.from({ length: 40 }, (_, seq) => {
		const probe = answer(seq, `192.0.2.${(seq % 20) + 1}`, { rttMs: seq });
		return { seq, kind: "live", event: { type: "probe", atNs: 1, ttl: 1, round: seq, probe } } as SessionEvent;
	});
	const answers = new SessionBook({ header, events, end: null }).answers(1);
	expect(answers).toHaveLength(16);
	expect(answers[0]?.seq).toBe(20);
});

test("a meeting remembers its beginning, however much is told of it later", () => {
	const meeting = { ...header, kind: "meet" } as Session["header"];
	const told = (seq: number, event: object) => ({ seq, kind: "meet", atNs: seq * 1e6, event }) as SessionEvent;
	const end = (address: string) => ({ type: "host", address, port: 5000, protocol: "udp" });
	const pair = (state: string) => ({ local: end("192.0.2.1"), remote: end("192.0.2.2"), state });
	const book = new SessionBook({
		header: meeting,
		events: [
			told(0, { kind: "candidate", candidate: end("192.0.2.1") }),
			told(1, { kind: "pair", id: 1, pair: pair("waiting") }),
		],
		end: null,
	});
	for (let seq = 2; seq < 1_000; seq++) book.take(told(seq, { kind: "pair", id: 1, pair: pair("succeeded") }));
	expect(book.meeting.local).toMatchObject([{ address: "192.0.2.1" }]);
	expect(book.meeting.lanes[0]?.parts).toEqual([
		{ state: "waiting", fromMs: 1, toMs: 2 },
		{ state: "succeeded", fromMs: 2, toMs: null },
	]);
});
