/** What a trace by ordinary sockets may have missed: behind a 1:1 NAT, the kernel finds quoted packets to be nobody's. */
import { findMethod, type TraceResult } from "@whither/core";
import type { HopFacts } from "./facts.ts";
import type { Note } from "./verdict.ts";

/** How a trace ends that heard nobody any more. */
const SILENT_ENDS: ReadonlySet<TraceResult["stopReason"]> = new Set(["maxHops", "silentHops", "timeout"]);

/** A note where everything from some hop on was silent, and raw sockets might have heard more. */
export function privilegeNote(result: TraceResult, hops: readonly HopFacts[]): Note[] {
	const isSilent = hops.length > 0 && hops.at(-1)?.answered === 0 && SILENT_ENDS.has(result.stopReason);
	if (result.reached || !isSilent || !lacksPrivilege(result)) return [];
	const sentence =
		"Ordinary sockets hear nobody beyond a 1:1 NAT; with CAP_NET_RAW more may be heard (run as root, or see whither doctor).";
	return [{ code: "privilege", sentence }];
}

/** Whether the method, or the one it stands in for, would rather have used a raw socket. */
function lacksPrivilege({ channel, method, warnings }: TraceResult): boolean {
	if (channel !== "errorQueue") return false;
	const prefersRaw = findMethod(method)?.channels.some(({ kind }) => kind === "raw") ?? false;
	return (
		prefersRaw || warnings.some((warning) => warning.code === "methodFallback" && warning.reason === "permissionDenied")
	);
}
