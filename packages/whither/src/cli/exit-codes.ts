/** Exit codes, fixed for scripts (listed in the manual). */
import type { WhitherError } from "../api/error.ts";

/** Meaning to code; `bug` is EX_SOFTWARE (sysexits.h), signals are 128 and their number. */
export const EXIT = {
	ok: 0,
	negative: 1,
	usage: 2,
	privilege: 3,
	system: 4,
	bug: 70,
	hungUp: 129,
	quit: 131,
	interrupted: 130,
	terminated: 143,
} as const;

/** The code for a trace that could not begin. */
export function exitCodeOf(error: WhitherError): number {
	if (error.code === "internal") return EXIT.bug;
	if (error.code === "permissionDenied") return EXIT.privilege;
	const usage = ["badOption", "nameNotFound", "unknownMethod", "usage"].includes(error.code);
	return usage ? EXIT.usage : EXIT.system;
}
