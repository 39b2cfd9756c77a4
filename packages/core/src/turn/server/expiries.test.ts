import fc from "fast-check";
import { expect, test } from "vitest";
import { Expiries } from "./expiries.ts";

test("whatever is put in, put off and taken out, the next is the one that ends first", () => {
	const steps = fc.array(fc.record({ index: fc.nat(9), at: fc.nat(100), out: fc.boolean() }), { maxLength: 60 });
	fc.assert(
		fc.property(steps, (taken) => {
			const heap = new Expiries<{ expiresAt: number; place: number }>();
			const items = Array.from({ length: 10 }, () => ({ expiresAt: 0, place: -1 }));
			for (const { index, at, out } of taken) {
				const item = items[index];
				if (item === undefined) continue;
				if (out) heap.delete(item);
				else heap.set(item, at);
				const inside = items.filter(({ place }) => place >= 0);
				const first = inside.length === 0 ? null : Math.min(...inside.map(({ expiresAt }) => expiresAt));
				expect(heap.next?.expiresAt ?? null).toBe(first);
			}
		}),
	);
});
