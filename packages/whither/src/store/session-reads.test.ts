import { expect, it } from "vitest";
import type { Session } from "../api/session/session.ts";
import { SessionReads } from "./session-reads.ts";

const LONG = 100 << 20;
const SESSION = { events: [], end: null } as unknown as Session;
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("long sessions are read one after the other, also after one that could not be, and short ones at once", async () => {
	const reads = new SessionReads();
	const done: ((session: Session | null) => void)[] = [];
	const fail: ((thrown: unknown) => void)[] = [];
	const read = () =>
		new Promise<Session | null>((resolve, reject) => {
			done.push(resolve);
			fail.push(reject);
		});
	const [first, second] = [reads.inTurn(LONG, read), reads.inTurn(LONG, read)];
	await turn();
	expect(done.length).toBe(1);
	const short = reads.inTurn(100, read);
	expect(done.length).toBe(2);
	done[1]?.(null);
	fail[0]?.(new Error("gone"));
	await expect(first).rejects.toThrow("gone");
	await turn();
	expect(done.length).toBe(3);
	done[2]?.(SESSION);
	expect([await second, await short]).toEqual([SESSION, null]);
});

it("all who want an ended session at once, or while somebody has it, have it from one reading", async () => {
	const reads = new SessionReads();
	let times = 0;
	const read = async () => {
		times++;
		await turn();
		return SESSION;
	};
	const all = await Promise.all([reads.shared("a", read), reads.shared("a", read), reads.shared("b", read)]);
	expect(all.every((session) => session === SESSION)).toBe(true);
	expect(times).toBe(2);
	expect(await reads.shared("a", read)).toBe(SESSION);
	expect(times).toBe(2);
	const none = async () => null;
	expect(await reads.shared("c", none)).toBeNull();
	expect(await reads.shared("c", read)).toBe(SESSION);
});
