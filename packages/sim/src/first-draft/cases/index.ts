/** The six use cases of draft-rosenberg-sipping-ice-01, section 9, in its order. */

import type { CallScenario } from "../call-scenario.ts";
import { FULL_CONES, SYMMETRIC_NATS } from "./apart.ts";
import { CENTREX } from "./centrex.ts";
import { DEPARTMENTS, GATEWAY, ONE_COMPANY } from "./enterprise.ts";

/** Each is data: whatever plays calls plays all of them. */
export const FIRST_DRAFT_CASES: readonly CallScenario[] = [
	FULL_CONES,
	SYMMETRIC_NATS,
	ONE_COMPANY,
	GATEWAY,
	DEPARTMENTS,
	CENTREX,
];
