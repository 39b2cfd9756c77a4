import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionEvent, SessionHeader } from "../../api/session/session.ts";
import type { SessionWriter } from "../../store/session-store.ts";
import type { EventStream } from "../http/event-stream.ts";
import type { SessionNews } from "../protocol/api-protocol.ts";
import type { CourseEvent } from "./course.ts";
import { follow, readPositions } from "./following.ts";
import type { SessionRegistry } from "./registry.ts";
import { RunningSession } from "./running-session.ts";

const ID = "a".repeat(20);

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
	vi.useRealTimers();
});

/** A session on a disk that takes lines when the test says so. */
function scene() {
	const lines: SessionEvent[] = [];
	const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
	const failures: unknown[] = [];
	const writer = {
		append: (event: SessionEvent) => lines.push(event),
		flushed: () => new Promise<void>((resolve, reject) => waiting.push({ resolve, reject })),
		end: async () => {},
	} as unknown as SessionWriter;
	const session = new RunningSession({ id: ID } as SessionHeader, writer, (thrown) => failures.push(thrown));
	const registry = {
		find: (id: string) => (id === ID ? session : null),
		store: { read: async () => ({ events: lines }) },
	} as unknown as SessionRegistry;
	const read = (next: number) => {
		const told: SessionNews[] = [];
		const hear = (data: string) => told.push(JSON.parse(data) as SessionNews);
		const stream: EventStream = {
			send: ({ data }) => hear(data),
			write: (frame) => hear(/^data: (.*)$/m.exec(Buffer.from(frame).toString())?.[1] ?? ""),
			drained: async () => {},
			end: () => {},
		};
		follow(registry, [{ id: ID, next }], stream);
		return { told, seqs: () => told.flatMap(({ events }) => events.map(({ seq }) => seq)) };
	};
	const happen = (count: number, words = "") => {
		for (let at = 0; at < count; at++) session.tell({ kind: "trace", event: { words } } as unknown as CourseEvent);
	};
	return { session, read, happen, waiting, failures };
}

const settle = () => vi.advanceTimersByTimeAsync(100);

describe("a session under way", () => {
	it("tells what is on the disk, and nothing before it is", async () => {
		const { read, happen, waiting, session } = scene();
		const reader = read(0);
		happen(2);
		await settle();
		expect([waiting.length, reader.seqs(), session.published]).toEqual([1, [], 0]);
		const late = read(0);
		await settle();
		expect(late.seqs()).toEqual([]);
		waiting[0]?.resolve();
		await settle();
		expect([reader.seqs(), late.seqs(), read(0).seqs()]).toEqual([
			[0, 1],
			[0, 1],
			[0, 1],
		]);
	});

	it("what the disk refuses is told to nobody, is told of once, and comes in its order when it is there", async () => {
		const { read, happen, waiting, failures } = scene();
		const reader = read(0);
		for (const turn of [0, 1]) {
			happen(1);
			await settle();
			waiting[turn]?.reject(new Error("full"));
			await settle();
		}
		expect([reader.seqs(), failures.length]).toEqual([[], 1]);
		happen(1);
		await settle();
		waiting[2]?.resolve();
		await settle();
		expect(reader.seqs()).toEqual([0, 1, 2]);
	});

	it("whoever comes back is told what follows, from memory or from the disk, and none twice", async () => {
		const { read, happen, waiting, session } = scene();
		happen(1_200, "x".repeat(6_000));
		await settle();
		waiting[0]?.resolve();
		await settle();
		expect(session.since(0, 1)).toBeNull();
		const all = Array.from({ length: 1_200 }, (_, seq) => seq);
		for (const next of [0, 1, 700, 1_199, 1_200]) {
			const reader = read(next);
			await settle();
			expect(reader.seqs()).toEqual(all.slice(next));
		}
		// On the disk, perhaps, but not known to be.
		happen(3);
		for (const next of [0, 800]) {
			const reader = read(next);
			await settle();
			expect(reader.seqs()).toEqual(all.slice(next));
		}
	});

	it("its end is told once, behind all else", async () => {
		const { read, happen, waiting, session } = scene();
		const reader = read(0);
		happen(1);
		const ending = session.end({ outcome: "lost", endedAt: "2026-01-01T00:00:00Z" });
		await settle();
		waiting[0]?.resolve();
		await ending;
		expect(reader.told.map(({ events, ended }) => [events.length, ended])).toEqual([
			[1, false],
			[0, true],
		]);
	});
});

it("positions are the number behind the last that was told; what is none is refused", () => {
	expect([...(readPositions(`${ID}:4,${"b".repeat(20)}:-1`) ?? [])]).toEqual([
		[ID, 5],
		["b".repeat(20), 0],
	]);
	expect(readPositions("")?.size).toBe(0);
	for (const text of ["x", `${ID}`, `${ID}:-2`, `${ID}:1e3`, `${ID}:1,`, "../../etc/passwd:1"])
		expect(readPositions(text)).toBeNull();
});
