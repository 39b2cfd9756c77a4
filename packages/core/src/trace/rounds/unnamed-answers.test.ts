import { expect, it } from "vitest";
import type { Slot } from "../probe-book.ts";
import { UnnamedAnswers } from "./unnamed-answers.ts";

/** Probes under way, one to each of these TTLs. */
function waitingFor(...ttls: readonly number[]): Set<Slot> {
	const slots = ttls.map((ttl) => {
		const slot = { ttl, transmission: null as unknown };
		slot.transmission = { sentAt: 0, slot };
		return slot as unknown as Slot;
	});
	return new Set(slots);
}

const hop = (from: string) => ({ from, place: "hop", inferred: true }) as const;
const placed = (unnamed: UnnamedAnswers, from: string) => unnamed.place({ at: 1, from }, {})?.slot.ttl ?? null;

it("an answer that may be several hops' is nobody's, until it is known who answers where", () => {
	const unnamed = new UnnamedAnswers(waitingFor(2, 3));
	expect([placed(unnamed, "a"), unnamed.ambiguous]).toEqual([null, true]);
	unnamed.learn(3, hop("a"));
	expect([placed(unnamed, "a"), placed(unnamed, "b")]).toEqual([3, null]);
	unnamed.learn(2, hop("a"));
	expect(placed(unnamed, "a")).toBeNull();
});

it("who has missed three in a row may be somebody else now", () => {
	const unnamed = new UnnamedAnswers(waitingFor(2, 3));
	unnamed.learn(3, hop("a"));
	for (const misses of [1, 2]) {
		unnamed.missed(3);
		expect([misses, placed(unnamed, "a")]).toEqual([misses, 3]);
	}
	unnamed.learn(3, hop("a"));
	for (let miss = 0; miss < 3; miss++) unnamed.missed(3);
	expect(placed(unnamed, "a")).toBeNull();
});

it("hops of which nothing is known are asked one after the other", () => {
	const waiting = waitingFor(1, 2, 3);
	const unnamed = new UnnamedAnswers(waiting);
	expect(unnamed.together([1, 2, 3])).toEqual([1, 2, 3]);
	placed(unnamed, "a");
	unnamed.learn(1, { from: "x", place: "hop", inferred: false });
	expect([unnamed.together([1, 2, 3]), unnamed.takeTurn()]).toEqual([[1], null]);
	for (const slot of waiting) if (slot.ttl > 1) waiting.delete(slot);
	expect([unnamed.takeTurn(), unnamed.takeTurn(), unnamed.takeTurn()]).toEqual([2, 3, null]);
});
