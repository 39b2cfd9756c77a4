/** What every store of sessions has to do. */
import type { TraceEvent } from "@whither/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SESSION_SCHEMA, type SessionEnd, type SessionEvent, type SessionHeader } from "../api/session/session.ts";
import type { SessionStore } from "./session-store.ts";

/** An id of 16 characters that ends in the number. */
export function idOf(number: number): string {
	return `session${String(number).padStart(9, "0")}`;
}

/** A header; the greater the number, the later it began. */
export function headerOf(number: number, more: Partial<SessionHeader> = {}): SessionHeader {
	const startedAt = new Date(Date.UTC(2026, 10, 1, 0, number)).toISOString();
	const tool = { name: "whither", version: "0.1.0" };
	const request = { target: "example.com" };
	return {
		schema: SESSION_SCHEMA,
		id: idOf(number),
		kind: "trace",
		tool,
		startedAt,
		target: "example.com",
		request,
		...more,
	};
}

const START: TraceEvent = {
	type: "start",
	target: { name: "example.com", address: "203.0.113.7", port: 443 },
	source: { address: "192.0.2.1", port: 50_000 },
	method: "udp",
	channel: "errorQueue",
	family: 4,
	maxTtl: 30,
	queries: 3,
	length: 60,
};

/** A probe's event as a trace tells it. */
export function probeEvent(seq: number, more: Readonly<Record<string, unknown>> = {}): SessionEvent {
	const probe = {
		...{ seq, flow: 0, sentAtNs: 0, status: "reply", from: "198.51.100.1", name: "a\u001b[31m\n.example", rttNs: 1000 },
		...{ stamps: "kernel", reply: null, quoted: null, extensions: [], ...more },
	};
	return { seq, kind: "trace", event: { type: "probe", atNs: seq, ttl: seq, probe } as unknown as TraceEvent };
}

/** The first event of a trace. */
export const startEvent: SessionEvent = { seq: 0, kind: "trace", event: START };

/** How it ends. */
export const END: SessionEnd = { outcome: "result", endedAt: "2026-11-01T12:00:00.000Z", result: null };

/** The suite; `open` makes an empty store. */
export function describeStore(name: string, open: () => Promise<SessionStore>): void {
	describe(`${name} keeps sessions`, () => {
		let store: SessionStore;
		beforeEach(async () => {
			store = await open();
		});
		afterEach(() => store.close());

		async function ended(number: number, more: Partial<SessionHeader> = {}, events: readonly SessionEvent[] = []) {
			const writer = await store.begin(headerOf(number, more));
			for (const event of events) writer.append(event);
			await writer.end(END);
		}
		const idsOf = async (query: Partial<Parameters<SessionStore["list"]>[0]> = {}) =>
			(await store.list({ limit: 200, ...query })).map(({ header }) => Number(header.id.slice(-3)));

		it("what was written is read again, word for word", async () => {
			const events = [startEvent, probeEvent(1), probeEvent(2, { status: "timeout", from: null })];
			await ended(1, {}, events);
			expect(await store.read(idOf(1))).toEqual({ header: headerOf(1), events, end: END });
		});

		it("a session under way is read as far as it is, and has no end", async () => {
			const writer = await store.begin(headerOf(1));
			writer.append(startEvent);
			expect(await store.read(idOf(1))).toEqual({ header: headerOf(1), events: [startEvent], end: null });
			await writer.flushed();
			expect((await store.list({ limit: 1 }))[0]).toMatchObject({ outcome: null, endedAt: null, events: 1 });
		});

		it("a list has the newest first, and goes on before any of them", async () => {
			for (const number of [2, 1, 3]) await ended(number);
			await store.begin(headerOf(4));
			expect(await idsOf()).toEqual([4, 3, 2, 1]);
			expect(await idsOf({ limit: 2 })).toEqual([4, 3]);
			expect(await idsOf({ limit: 2, before: idOf(3) })).toEqual([2, 1]);
			expect(await idsOf({ before: idOf(4) })).toEqual([3, 2, 1]);
			expect(await idsOf({ before: idOf(9) })).toEqual([]);
		});

		it("is asked by kind, target, network and place", async () => {
			const place = { country: "DE", city: "Frankfurt", latitude: null, longitude: null, source: "test" };
			await ended(1, { target: "Www.Example.ORG", kind: "live" });
			await ended(2, {}, [startEvent, probeEvent(1, { asn: "AS64500/AS64501", place })]);
			await ended(3, { kind: "meet", target: null });
			expect(await idsOf({ kind: "live" })).toEqual([1]);
			expect(await idsOf({ target: "example.org" })).toEqual([1]);
			expect(await idsOf({ target: "203.0.113.7" })).toEqual([2]);
			expect(await idsOf({ target: "203.0.113" })).toEqual([]);
			expect(await idsOf({ target: "%" })).toEqual([]);
			expect(await idsOf({ asn: "AS64501" })).toEqual([2]);
			expect(await idsOf({ asn: "64500" })).toEqual([2]);
			expect(await idsOf({ asn: "AS6450" })).toEqual([]);
			expect(await idsOf({ place: "de" })).toEqual([2]);
			expect(await idsOf({ place: "Frankfurt, DE" })).toEqual([2]);
			expect(await idsOf({ place: "FR" })).toEqual([]);
			expect(await idsOf({ kind: "trace", asn: "AS64500", place: "DE", target: "EXAMPLE" })).toEqual([2]);
		});

		it("a list says in one line what came of it", async () => {
			const end = {
				seq: 2,
				kind: "trace",
				event: { type: "end", atNs: 9, stopReason: "reached", reached: true },
			} as const;
			await ended(1, {}, [startEvent, probeEvent(1), end]);
			const writer = await store.begin(headerOf(2));
			await writer.end({
				outcome: "failed",
				endedAt: END.endedAt,
				error: { code: "nameNotFound", message: "There is none" },
			});
			const [failed, reached] = await store.list({ limit: 2 });
			expect(reached).toMatchObject({
				summary: "reached in 1 hop",
				address: "203.0.113.7",
				events: 3,
				outcome: "result",
			});
			expect(failed).toMatchObject({ summary: "There is none", outcome: "failed" });
		});

		it("what was removed is gone; what never was is not there", async () => {
			await ended(1);
			expect(await store.remove(idOf(1))).toBe(true);
			expect(await store.remove(idOf(1))).toBe(false);
			expect(await store.read(idOf(1))).toBeNull();
			expect(await idsOf()).toEqual([]);
			for (const id of ["", "..", "../../etc/passwd", "a/b", "x".repeat(33), "\0".repeat(16), "sessión000000001"]) {
				expect(await store.read(id)).toBeNull();
				expect(await store.remove(id)).toBe(false);
				await expect(store.begin(headerOf(1, { id }))).rejects.toMatchObject({ code: "badOption" });
			}
		});

		it("one that is removed while it is under way takes no more, and nobody is told off", async () => {
			const writer = await store.begin(headerOf(1));
			writer.append(startEvent);
			expect(await store.remove(idOf(1))).toBe(true);
			writer.append(probeEvent(1));
			await writer.flushed();
			await writer.end(END);
			expect(await store.read(idOf(1))).toBeNull();
			expect(await idsOf()).toEqual([]);
		});

		it("an id is taken once, even by two at the same time", async () => {
			const both = await Promise.allSettled([store.begin(headerOf(1)), store.begin(headerOf(1))]);
			expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
			await expect(store.begin(headerOf(1))).rejects.toMatchObject({ code: "badOption" });
		});

		it("nothing comes after the end", async () => {
			const writer = await store.begin(headerOf(1));
			await writer.end(END);
			writer.append(startEvent);
			await writer.end({ outcome: "lost", endedAt: END.endedAt });
			await writer.flushed();
			expect(await store.read(idOf(1))).toEqual({ header: headerOf(1), events: [], end: END });
		});

		it("fifty at once do not get mixed up", async () => {
			const numbers = Array.from({ length: 50 }, (_, number) => number);
			const writers = await Promise.all(numbers.map((number) => store.begin(headerOf(number))));
			for (let seq = 0; seq < 20; seq++) {
				for (const [number, writer] of writers.entries())
					writer.append({ seq, kind: "note", atNs: seq, note: { number } });
			}
			await Promise.all(writers.map((writer) => writer.end(END)));
			for (const number of numbers) {
				const { events = [] } = (await store.read(idOf(number))) ?? {};
				expect(events.map((event) => [event.seq, "note" in event && event.note.number])).toEqual(
					Array.from({ length: 20 }, (_, seq) => [seq, number]),
				);
			}
		});
	});
}
