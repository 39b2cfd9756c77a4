import { TRACE_METHODS } from "@whither/core";
import { describe, expect, it } from "vitest";
import { METHOD_SITUATIONS } from "./every-method.ts";
import { findScenario } from "./index.ts";

describe("every method has a scenario, in both families, for", () => {
	for (const { name: method } of TRACE_METHODS) {
		for (const situation of ["reached", "closed", "filtered", "silentHop"] as const) {
			it(`${method}, ${situation}`, () => {
				const names = METHOD_SITUATIONS[method]?.[situation] ?? [];
				const scenarios = names.map((name) => findScenario(name));
				for (const scenario of scenarios) expect(scenario?.trace.options?.method).toBe(method);
				const families = scenarios.flatMap((scenario) => scenario?.families ?? ([4, 6] as const));
				expect([...new Set(families)].sort(), `scenarios called ${names.join(" and ")}`).toEqual([4, 6]);
			});
		}
	}

	it("no method that does not exist", () => {
		const known = TRACE_METHODS.map(({ name }) => name);
		expect(Object.keys(METHOD_SITUATIONS).filter((name) => !known.includes(name))).toEqual([]);
	});
});
