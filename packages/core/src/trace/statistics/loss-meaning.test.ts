import { describe, expect, it } from "vitest";
import { areRegular, type HopLoss, lossMeanings } from "./loss-meaning.ts";

/** A hop that missed `lost` of `sent`, in no rhythm. */
function hop(lost: number, sent: number, more: Partial<HopLoss> = {}): HopLoss {
	const received = sent - lost;
	return { lost, received, late: 0, isTarget: false, answersWithErrors: true, samples: () => [], ...more };
}

const target = (lost: number, sent: number) => hop(lost, sent, { isTarget: true, answersWithErrors: false });

describe("what a hop's missing answers mean", () => {
	it.each<[string, readonly HopLoss[], readonly string[]]>([
		["all is well", [hop(0, 100), target(0, 100)], ["none", "none"]],
		["one says little", [hop(50, 100), hop(0, 100), target(0, 100)], ["rateLimit", "none", "none"]],
		["all behind a link miss as many", [hop(0, 100), hop(20, 100), target(22, 100)], ["none", "loss", "loss"]],
		["few miss a few alike", [hop(4, 10), target(4, 10)], ["loss", "loss"]],
		["few miss fewer than could be told", [hop(2, 10), target(0, 10)], ["unclear", "none"]],
		["two, where many behind miss as many", [hop(2, 10), hop(20, 100), target(20, 100)], ["loss", "loss", "loss"]],
		["a little less behind is no difference", [hop(5_000, 10_000), target(4_400, 10_000)], ["loss", "loss"]],
		["the target's alone", [hop(0, 100), target(20, 100)], ["none", "loss"]],
		// Together those behind miss more, but through to one of them all goes.
		[
			"limited ones behind one that is not",
			[hop(100, 200), hop(0, 200), hop(180, 200), target(180, 200)],
			["rateLimit", "none", "loss", "loss"],
		],
		["nobody behind tells", [hop(0, 50), hop(20, 50)], ["none", "unclear"]],
		["silent ones tell nothing", [hop(50, 50), hop(20, 100), hop(100, 100)], ["silent", "unclear", "silent"]],
		["who only answers late is not silent", [hop(100, 100, { late: 90 }), target(0, 100)], ["rateLimit", "none"]],
		["a target that answers by errors, a few", [hop(0, 50), hop(4, 50, { isTarget: true })], ["none", "unclear"]],
		["the same, many", [hop(0, 50), hop(5, 50, { isTarget: true })], ["none", "loss"]],
	])("%s", (_, hops, told) => {
		expect(lossMeanings(hops)).toEqual(told);
	});

	it("answers in a rhythm are a limit's, where they are errors", () => {
		const samples = () => Array.from({ length: 60 }, (_, at) => (at % 5 === 0 ? 1e6 : null));
		const rhythmic = (more: Partial<HopLoss>) => lossMeanings([hop(0, 60), hop(48, 60, { samples, ...more })])[1];
		expect(rhythmic({ isTarget: true })).toBe("rateLimit");
		expect(rhythmic({})).toBe("rateLimit");
		expect(rhythmic({ isTarget: true, answersWithErrors: false })).toBe("loss");
	});
});

it("a rhythm takes eight distances, and is none where all or none are answered", () => {
	const every = (count: number, answers: number) =>
		Array.from({ length: count * answers }, (_, at) => (at % count === 0 ? 1 : null));
	expect([areRegular(every(4, 9)), areRegular(every(4, 8))]).toEqual([true, false]);
	expect([areRegular(every(1, 50)), areRegular([]), areRegular([null, null])]).toEqual([false, false, false]);
	expect(areRegular([...Array(40).fill(null), ...every(3, 12)])).toBe(true);
});

it("few probes, and later hops that answer all of theirs: nobody calls it loss", () => {
	const [limited, , , quiet] = lossMeanings([hop(3, 6), hop(0, 6), hop(0, 6), hop(3, 6), target(0, 6)]);
	expect([limited, quiet]).toEqual(["unclear", "unclear"]);
});

it("no later hop fares better, and there were enough that one would have shown: it is loss", () => {
	expect(lossMeanings([hop(0, 20), hop(9, 20), hop(10, 20), target(9, 20)])).toEqual(["none", "loss", "loss", "loss"]);
});
