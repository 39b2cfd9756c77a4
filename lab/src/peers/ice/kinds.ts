/** Where the programs that speak ICE come from, and what runs them. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../requirements.ts";
import type { IcePeerKind } from "./lines.ts";

/** The process of all kinds that run on Node; the built file, since plain Node runs it. */
const MAIN = fileURLToPath(new URL("../../../dist/ice-peer-main.js", import.meta.url));
// Not by the name of the package: Python looks for modules beside the program first.
const AIOICE = fileURLToPath(new URL("../../../src/peers/ice/aioice-peer.py", import.meta.url));
/** Debian's, which knows Debian's packages: another one may come first on PATH. */
const PYTHON = "/usr/bin/python3";
const AIOICE_PACKAGE = "/usr/lib/python3/dist-packages/aioice";

function packageObstacle(name: string): string | null {
	try {
		createRequire(import.meta.url).resolve(name);
		return null;
	} catch {
		return `the peer is the package ${name} of npm`;
	}
}

const OBSTACLES: Readonly<Record<IcePeerKind, () => string | null>> = {
	whither: () => null,
	werift: () => packageObstacle("werift"),
	"node-datachannel": () => packageObstacle("node-datachannel"),
	aioice: () =>
		existsSync(PYTHON) && existsSync(AIOICE_PACKAGE) ? null : "the peer is aioice (Debian package python3-aioice)",
	chromium: () =>
		findProgram("chromium") === null
			? "the browser is Chromium (Debian package chromium)"
			: packageObstacle("playwright-core"),
};

/** Null where a kind can run here, else what is missing. */
export function icePeerObstacle(kind: IcePeerKind): string | null {
	return OBSTACLES[kind]();
}

/** The command line that runs it, with further words for the program. */
export function icePeerCommand(kind: IcePeerKind, words: readonly string[]): readonly string[] {
	return kind === "aioice" ? [PYTHON, AIOICE, ...words] : [process.execPath, MAIN, kind, ...words];
}
