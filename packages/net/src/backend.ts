/**
 * What sockets are made of. `native`: the kernel's own calls through FFI, on Linux. `portable`: Node's sockets, anywhere;
 * their limits stand at `portable/`.
 */
import type { SystemError } from "@whither/core";
import type { Clock } from "./clock.ts";
import { createClock } from "./clock.ts";
import { isSystemError } from "./errors.ts";
import { openWorkspace, type Workspace } from "./native/workspace.ts";
import { createPortableClock } from "./portable/clock.ts";

/** The environment variable that chooses; anything but these two names leaves the choice to us. */
export const BACKEND_VARIABLE = "WHITHER_BACKEND";

/** A backend ready for use. */
export type Backend =
	| { readonly name: "native"; readonly workspace: Workspace; readonly clock: Clock }
	| { readonly name: "portable"; readonly clock: Clock };

/**
 * The native one where it can be had, else the portable one; by WHITHER_BACKEND the one that is named, and the error
 * where that is the native one and there is none.
 */
export function openBackend(): Backend | SystemError {
	const wanted = process.env[BACKEND_VARIABLE];
	if (wanted === "portable") return { name: "portable", clock: createPortableClock() };
	const workspace = openWorkspace();
	if (!isSystemError(workspace)) return { name: "native", workspace, clock: createClock(workspace) };
	return wanted === "native" ? workspace : { name: "portable", clock: createPortableClock() };
}

/** The one that would be opened, the native one too where it is insisted on and there is none. */
export function backendName(): Backend["name"] {
	const backend = openBackend();
	return isSystemError(backend) ? "native" : backend.name;
}
