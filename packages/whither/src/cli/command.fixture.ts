/** The built command, for tests that run it as users do. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** What the package installs as `whither`. */
export const COMMAND = join(import.meta.dirname, "../../bin/whither.js");

/** Where its bundles lie. */
export const COMMAND_DIST = join(import.meta.dirname, "../../dist");

/** Null where the command is built, else what is to be done; `npm test` builds first. */
export const commandObstacle: string | null = existsSync(join(COMMAND_DIST, "whither.cjs"))
	? null
	: "the command is not built (npm run build)";
