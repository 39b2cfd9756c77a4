/** Every scenario there is. */
import type { Scenario } from "../scenario.ts";
import { EVERY_METHOD } from "./every-method.ts";
import { FAULTY_LINKS } from "./faulty-links.ts";
import { FOREIGN } from "./foreign.ts";
import { HOMES } from "./homes.ts";
import { LIMITS } from "./limits.ts";
import { METHODS } from "./methods.ts";
import { MIDDLEBOXES } from "./middleboxes.ts";
import { MTU } from "./mtu.ts";
import { MULTIPATH } from "./multipath.ts";
import { PLAIN_PATHS } from "./plain-paths.ts";
import { PROTOCOLS } from "./protocols.ts";
import { QUOTES } from "./quotes.ts";
import { REFUSALS } from "./refusals.ts";
import { SESSIONS } from "./sessions.ts";
import { SILENCE } from "./silence.ts";
import { STUN_PATHS } from "./stun.ts";
import { STUN_SERVERS } from "./stun-servers.ts";

/** All scenarios, each with a name of its own. */
export const SCENARIOS: readonly Scenario[] = [
	...PLAIN_PATHS,
	...METHODS,
	...PROTOCOLS,
	...SILENCE,
	...REFUSALS,
	...MULTIPATH,
	...QUOTES,
	...LIMITS,
	...FAULTY_LINKS,
	...MTU,
	...FOREIGN,
	...EVERY_METHOD,
	...SESSIONS,
	...MIDDLEBOXES,
	...HOMES,
	...STUN_PATHS,
	...STUN_SERVERS,
];

/** The scenario of that name, or undefined. */
export function findScenario(name: string): Scenario | undefined {
	return SCENARIOS.find((scenario) => scenario.name === name);
}
