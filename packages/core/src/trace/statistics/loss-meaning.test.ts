import { expect, test } from "vitest";
import { type HopLoss, lossMeanings } from "./loss-meaning.ts";

const hop = (lost: number, received: number, isTarget = false): HopLoss => ({
	...{ lost, received, isTarget, late: 0, answersWithErrors: !isTarget, samples: () => [] },
});

test("few probes, and later hops that answer all of theirs: nobody calls it loss", () => {
	const [limited, , , quiet] = lossMeanings([hop(3, 3), hop(0, 6), hop(0, 6), hop(3, 3), hop(0, 6, true)]);
	expect([limited, quiet]).toEqual(["unclear", "unclear"]);
});

test("no later hop fares better, and there were enough that one would have shown: it is loss", () => {
	expect(lossMeanings([hop(0, 20), hop(9, 11), hop(10, 10), hop(9, 11, true)])).toEqual(["none", "loss", "loss", "loss"]);
});
