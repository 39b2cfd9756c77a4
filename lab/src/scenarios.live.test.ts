import type { TraceResult } from "@whither/core";
import { checkExpectation, SCENARIOS, type Scenario } from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { describeHops, facingHost } from "./node-names.ts";
import { describePackets } from "./packet-trace.ts";
import { kernelObstacle } from "./plan.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, type RunOutcome, runWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";
import { traceArgs } from "./trace-args.ts";
import { type LabVariant, labVariants, leavesTraces, mayRunTogether, scenarioFor } from "./variants.ts";

const obstacle = labObstacle() ?? commandObstacle();

/** How the command ends a trace that could not go on, as its manual lists it. */
const EXIT_BROKEN_OFF = 4;

function parseResult(outcome: RunOutcome, args: readonly string[]): TraceResult {
	const line = `whither ${args.join(" ")}\nexit ${outcome.code}\n${outcome.stderr}`;
	expect(outcome.timedOut, `${line}\nstill running after its time`).toBe(false);
	expect(outcome.stdout, line).not.toBe("");
	return JSON.parse(outcome.stdout) as TraceResult;
}

async function runVariant(lab: Lab, variant: LabVariant): Promise<void> {
	const scenario = scenarioFor(lab.scenario, variant);
	const args = traceArgs(scenario, variant);
	const namespace = lab.namespaceOf(scenario.trace.from);
	const outcome = await runWhither(args, { namespace, user: variant.user, timeoutMs: 30_000 });
	const result = parseResult(outcome, args);
	const seen = `${describeHops(scenario, result)}\n${describePackets(scenario, result)}`;
	const context = `whither ${args.join(" ")}\n${seen}\n${outcome.stderr}`;
	expect(result.channel, context).toBe(variant.channel);
	expect(checkExpectation(scenario, facingHost(scenario, result), "real"), context).toEqual([]);
	expect(outcome.code, context).toBe(result.stopReason === "error" ? EXIT_BROKEN_OFF : 0);
}

/** This process answers for a host, and cannot while it builds another lab. */
function isAnsweredByUs({ nodes }: Scenario): boolean {
	return Object.values(nodes).some(
		(spec) => spec.kind === "host" && (spec.udp === "echo" || spec.tcp?.speaksFirst !== undefined),
	);
}

const standsBeside = (scenario: Scenario) => mayRunTogether(scenario) && !isAnsweredByUs(scenario);

function describeScenario(scenario: Scenario): void {
	const world = kernelObstacle(scenario) === null ? "kernel" : "tun";
	const where = world === "kernel" ? "in namespaces" : `behind a TUN device, since ${kernelObstacle(scenario)}`;
	const isPatient = mayRunTogether(scenario);
	const group = standsBeside(scenario) ? describe.concurrent : describe;
	group(`${scenario.name} (${where})`, () => {
		let shared: Lab | null = null;
		beforeAll(async () => {
			if (!leavesTraces(scenario)) shared = await openLab(scenario, { world });
		});
		afterAll(() => shared?.close());
		const run = isPatient ? test.concurrent : test;
		for (const variant of labVariants(scenario)) {
			const { method, channel, family, user } = variant;
			run(`${method} over ${channel}, IPv${family}, as ${user}`, async () => {
				const lab = shared ?? (await openLab(scenario, { world }));
				try {
					await runVariant(lab, variant);
				} finally {
					if (lab !== shared) await lab.close();
				}
			});
		}
	});
}

const title = "scenarios on real kernels";
describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	// Those that may run beside others stand together: most of their time is waiting for what never comes.
	const apart = SCENARIOS.filter((scenario) => !standsBeside(scenario));
	for (const scenario of [...SCENARIOS.filter(standsBeside), ...apart]) describeScenario(scenario);
});
