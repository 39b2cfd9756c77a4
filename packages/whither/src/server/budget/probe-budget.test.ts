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
		expect(probes.takeShare("a", 8, 0)).toBeNull();
		expect(probes.takeShare("a", 3, 0)).toMatchObject({ of: "client" });
		expect(probes.takeShare("b", 8, 0)).toMatchObject({ of: "all" });
		probes.returnShare("a", 8, 0);
		expect(probes.takeShare("b", 8, 0)).toBeNull();
		expect(probes.takeShare("a", 7, 0)).toBeNull();
	});

	it("of what goes on and those of traces keep to the rate together", () => {
		const probes = budget();
		expect(probes.take("a", 200, 0)).toBeNull();
		expect(probes.takeShare("a", 10, 0)).toBeNull();
		let sent = 0;
		for (let now = 1_000; now <= 60_000; now += 1_000) if (probes.take("a", 10, now) === null) sent += 10;
		expect(sent).toBe(0);
		expect(probes.take("a", 10, 60_000)).toEqual({ retryMs: 5_000, of: "client" });
		probes.returnShare("a", 10, 60_000);
		expect(probes.take("a", 10, 60_000)).toEqual({ retryMs: 1_000, of: "client" });
		expect(probes.take("a", 10, 61_000)).toBeNull();
	});

	it("of all are fewer by every share", () => {
		const probes = budget();
		for (const client of ["a", "b"]) expect(probes.takeShare(client, 7, 0)).toBeNull();
		expect(probes.take("c", 200, 0)).toBeNull();
		expect(probes.take("d", 110, 0)).toEqual({ retryMs: 10_000, of: "all" });
	});
});
