/** What is to be said of ways that were traced. */
import type { MeetWarning } from "../result.ts";
import type { FoundPaths } from "./paths.ts";

/** That a trace went beside the pair, by another flow, and that the pair in use is another than the one that was traced. */
export function pathWarnings({ own, peer, pairChanged }: FoundPaths): readonly MeetWarning[] {
	const warnings: MeetWarning[] = [];
	if (own?.by === "beside" && own.result !== null)
		warnings.push({ code: "tracedBeside", whose: "ours", method: own.result.method });
	if (peer?.by === "beside" && peer.trace !== null)
		warnings.push({ code: "tracedBeside", whose: "theirs", method: peer.trace.method });
	if (pairChanged) warnings.push({ code: "pairChanged" });
	return warnings;
}
