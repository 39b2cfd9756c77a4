/** What a small receive window of the target keeps a trace inside its connection from finding out. */
import { IP_HEADER_LENGTH, TCP_HEADER_LENGTH } from "@whither/wire";
import type { ProbeContext, TraceEvidence } from "../method.ts";
import type { TraceWarning } from "../result.ts";
import { isRoomy, longestPayload } from "./tcpinsession-place.ts";

/** Of one byte, with timestamps: there is room for those. */
const SHORTEST = { 4: 53, 6: 73 } as const;

/** The warning is given where the window shows: the target left probes unanswered, or there was no room for longer ones. */
export function windowConclusions(context: ProbeContext, { reached, hops }: TraceEvidence): readonly TraceWarning[] {
	const { sessions, family, linkMtu } = context;
	const window = Math.min(...sessions.map((session) => session.window));
	const last = hops.at(-1);
	if (!reached || last === undefined || isRoomy(window)) return [];
	const isSilent = last.probes.some(({ status }) => status === "timeout");
	const asked = last.mtu === undefined ? context.length : Math.max(context.length, linkMtu ?? 0);
	const room = longestPayload(window) + IP_HEADER_LENGTH[family] + TCP_HEADER_LENGTH;
	return isSilent || asked > Math.max(room, SHORTEST[family]) ? [{ code: "smallWindow", window }] : [];
}
