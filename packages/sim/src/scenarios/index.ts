/** Every scenario there is. */
import type { Scenario } from "../scenario.ts";
import { FAULTY_LINKS } from "./faulty-links.ts";
import { FOREIGN } from "./foreign.ts";
import { LIMITS } from "./limits.ts";
import { METHODS } from "./methods.ts";
import { MULTIPATH } from "./multipath.ts";
import { PLAIN_PATHS } from "./plain-paths.ts";
import { QUOTES } from "./quotes.ts";
import { REFUSALS } from "./refusals.ts";
import { SILENCE } from "./silence.ts";

/** All scenarios, each with a name of its own. */
export const SCENARIOS: readonly Scenario[] = [
	...PLAIN_PATHS,
	...METHODS,
	...SILENCE,
	...REFUSALS,
	...MULTIPATH,
	...QUOTES,
	...LIMITS,
	...FAULTY_LINKS,
	...FOREIGN,
];

/** The scenario of that name, or undefined. */
export function findScenario(name: string): Scenario | undefined {
	return SCENARIOS.find((scenario) => scenario.name === name);
}
