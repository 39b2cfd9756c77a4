import { describe, expect, it } from "vitest";
import { ProbeBudget } from "./probe-budget.ts";

const budget = () => new ProbeBudget({ clientProbesPerSecond: 10, probesPerSecond: 15 });

describe("probes", () => {
	it("are a client's for a while, then as many as the rate gives", () => {
		const probes = budget();
		expect(probes.take("a", 200, 0)).toBeNull();
		expect(probes.take("a", 30, 0)).toEqual({ retryMs: 3_000, of: "client" });
		expect(probes.take("a", 30, 3_000)).toBeNull();
	});

	it("are everybody's together, and what all refuse costs one nothing", () => {
		const probes = budget();
		expect(probes.take("a", 200, 0)).toBeNull();
		expect(probes.take("b", 150, 0)).toEqual({ retryMs: 3_334, of: "all" });
		expect(probes.take("b", 100, 0)).toBeNull();
		expect(probes.take("b", 100, 6_667)).toBeNull();
	});

	it("that were not sent are given back", () => {
		const probes = budget();
		probes.take("a", 200, 0);
		probes.giveBack("a", 150);
		expect(probes.take("a", 150, 0)).toBeNull();
		expect(probes.take("a", 1, 0)).not.toBeNull();
	});

	it("that were sent beyond those that were taken are owed", () => {
		const probes = budget();
		probes.take("a", 150, 0);
		probes.giveBack("a", -100);
		expect(probes.take("a", 10, 0)).toEqual({ retryMs: 6_000, of: "client" });
	});

	it("of what goes on take a share of the rate, until it ends", () => {
		const probes = budget();
		expect(probes.takeShare("a", 8)).toBeNull();
		expect(probes.takeShare("a", 3)).toMatchObject({ of: "client" });
		expect(probes.takeShare("b", 8)).toMatchObject({ of: "all" });
		probes.returnShare("a", 8);
		expect(probes.takeShare("b", 8)).toBeNull();
		expect(probes.takeShare("a", 7)).toBeNull();
	});
});
