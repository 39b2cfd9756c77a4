import { describe, expect, it } from "vitest";
import { type BindingRules, NatBindings } from "./nat-bindings.ts";
import { Random } from "./random.ts";

const RULES: BindingRules = {
	mapping: "addressAndPortDependent",
	filtering: "addressAndPortDependent",
	ports: "preserving",
	preservesParity: false,
	lifetimeNs: 1000,
	dmz: null,
	forwards: [],
};
const INSIDE = { address: "10.0.0.1", port: 5000 };
const remote = (port: number) => ({ address: "203.0.113.1", port });

describe("the bindings of a NAT", () => {
	it.each(["preserving", "sequential", "random"] as const)(
		"run out when every port is taken, and not before: %s",
		(ports) => {
			const bindings = new NatBindings({ ...RULES, ports }, new Random(1));
			const given = Array.from(
				{ length: 64_512 },
				(_, port) => bindings.outwards(INSIDE, remote(port + 1), 0)?.outsidePort,
			);
			expect(new Set(given).size).toBe(64_512);
			expect(given).not.toContain(undefined);
			expect(bindings.outwards(INSIDE, { address: "203.0.113.2", port: 1 }, 999)).toBeNull();
			expect(bindings.outwards(INSIDE, { address: "203.0.113.2", port: 1 }, 1000)).not.toBeNull();
		},
	);

	it("keep a well-known port where it is free, and give a higher one where it is not", () => {
		const bindings = new NatBindings(RULES, new Random(1));
		const inside = { address: "10.0.0.1", port: 53 };
		expect(bindings.outwards(inside, remote(1), 0)?.outsidePort).toBe(53);
		expect(bindings.outwards(inside, remote(2), 0)?.outsidePort).toBeGreaterThanOrEqual(1024);
	});

	it("say why nothing comes in", () => {
		const bindings = new NatBindings(RULES, new Random(1));
		bindings.outwards(INSIDE, remote(1), 0);
		expect(bindings.inwards(5000, remote(1), 10)).toMatchObject({ inside: INSIDE });
		expect(bindings.inwards(5000, remote(2), 10)).toBe("filtered");
		expect(bindings.inwards(5001, remote(1), 10)).toBe("no mapping");
		expect(bindings.inwards(5000, remote(1), 1000)).toBe("no mapping");
	});

	it("are the same on every run of a seed", () => {
		const ports = [1, 1, 2].map((seed) => {
			const bindings = new NatBindings({ ...RULES, ports: "random" }, new Random(seed));
			return [1, 2, 3].map((port) => bindings.outwards(INSIDE, remote(port), 0)?.outsidePort).join();
		});
		expect(ports[0]).toBe(ports[1]);
		expect(ports[0]).not.toBe(ports[2]);
	});
});
