/** From a continuous trace's books to its result. */
import { endlessFacts } from "../endless/endless-facts.ts";
import type { ResultFacts } from "../trace-result.ts";
import type { RoundsResult } from "./round-events.ts";
import type { Rounds } from "./rounds.ts";

/** The whole result; of a running one, the part that is known. */
export function roundsResult(machine: Rounds, facts: ResultFacts): RoundsResult {
	const { options, context, rounds: asked } = machine.config;
	return {
		...endlessFacts(machine, facts),
		stopReason: machine.stopReason ?? "interrupted",
		reached: machine.reached,
		intervalNs: asked.intervalNs,
		rounds: machine.rounds,
		warnings: machine.warnings,
		options: { firstTtl: options.firstTtl, maxTtl: options.maxTtl, length: context.length, rounds: asked.rounds },
	};
}
