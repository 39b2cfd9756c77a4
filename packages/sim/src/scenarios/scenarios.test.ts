import { describe, expect, it } from "vitest";
import { testCrypto } from "../../../wire/src/crypto.fixture.ts";
import { checkExpectation } from "../expectation.ts";
import { formatPackets } from "../format-packets.ts";
import { runTrace, scenarioChannels } from "../run-trace.ts";
import { conductProblems } from "./conduct.fixture.ts";
import { DEMO, DEMO_CALL } from "./demo.ts";
import { SCENARIOS } from "./index.ts";

/** Lines of the packet trace that a failure shows. */
const SHOWN_PACKETS = 400;

describe("every scenario comes out as it says, through the real tracer", () => {
	for (const scenario of [...SCENARIOS, DEMO, DEMO_CALL]) {
		for (const family of scenario.families ?? ([4, 6] as const)) {
			for (const channel of scenarioChannels(scenario)) {
				it(`${scenario.name} (IPv${family}, ${channel})`, () => {
					const run = runTrace(scenario, { family, channel, crypto: testCrypto });
					const { result, packets } = run;
					const problems = [...checkExpectation(scenario, result), ...conductProblems(scenario, run)];
					if (problems.length > 0) problems.push(formatPackets(packets.slice(0, SHOWN_PACKETS)));
					expect(problems.join("\n")).toBe("");
				});
			}
		}
	}
});

describe("the list of scenarios", () => {
	it("gives every scenario a name of its own", () => {
		const names = SCENARIOS.map((scenario) => scenario.name);
		expect(new Set(names).size).toBe(names.length);
	});

	it("says of every scenario that a kernel cannot express why it cannot", () => {
		for (const scenario of SCENARIOS) expect(scenario.lab === true || scenario.lab.length > 10).toBe(true);
	});

	it("has at least 25 scenarios, most of them for kernels too", () => {
		expect(SCENARIOS.length).toBeGreaterThanOrEqual(25);
		expect(SCENARIOS.filter((scenario) => scenario.lab === true).length).toBeGreaterThan(SCENARIOS.length / 2);
	});
});
