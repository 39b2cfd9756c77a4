import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WhitherError } from "../../api/error.ts";
import type { SessionHeader } from "../../api/session/session.ts";
import type { CourseEvent } from "./course.ts";
import { type Batch, RunningSession } from "./running-session.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HEADER = { id: "a".repeat(20) } as SessionHeader;
const NOTE = { kind: "note", atNs: 0, note: {} } as unknown as CourseEvent;
const full = () => new WhitherError("storeFailed", "The disk is full", { errnoName: "ENOSPC" });
const givenUp = () => new WhitherError("storeFailed", "It is not kept whole", { id: HEADER.id });

/** A session whose store says what the test has put there. */
function scene() {
	const disk: { trouble: Error | null } = { trouble: null };
	const writer = {
		append: () => {},
		flushed: async () => {
			if (disk.trouble !== null) throw disk.trouble;
		},
		end: async () => {},
	};
	const failed = vi.fn();
	const session = new RunningSession(HEADER, writer, failed);
	const told: Batch[] = [];
	session.read((batch) => told.push(batch));
	return { disk, session, failed, told };
}

it("a session goes on while the disk is full, and what happened is told, in its order, once it is written", async () => {
	const { disk, session, failed, told } = scene();
	disk.trouble = full();
	session.tell(NOTE);
	await vi.advanceTimersByTimeAsync(3_000);
	session.tell(NOTE);
	await vi.advanceTimersByTimeAsync(3_000);
	expect([told.length, failed.mock.calls.length]).toEqual([0, 0]);
	disk.trouble = null;
	await vi.advanceTimersByTimeAsync(1_000);
	expect(told.map(({ body }) => /"seq":0.*"seq":1/.test(String(body)))).toEqual([true]);
	await session.end({ outcome: "result", endedAt: "", result: null });
	expect(told.at(-1)?.ended).toBe(true);
	expect(vi.getTimerCount()).toBe(0);
});

it("a session that the store has given up is said to have failed, once", async () => {
	const { disk, session, failed, told } = scene();
	disk.trouble = givenUp();
	for (let events = 0; events < 3; events++) {
		session.tell(NOTE);
		await vi.advanceTimersByTimeAsync(2_000);
	}
	expect([told.length, failed.mock.calls.length]).toEqual([0, 1]);
	await session.end({ outcome: "result", endedAt: "", result: null });
	expect(told.map(({ ended }) => ended)).toEqual([true]);
});
