/** Pairs of candidates as a table, the best first, two lines each: what is tried, and how it stands. */

import { formatEndpoint } from "@whither/wire";
import type { MeetPair } from "../../api/meet/result.ts";
import type { Paint } from "../paint.ts";
import { ms } from "./meet-way.ts";

const STATES: Readonly<Record<MeetPair["state"], string>> = {
	frozen: "frozen",
	waiting: "waiting",
	inProgress: "checking",
	succeeded: "succeeded",
	failed: "failed",
};

/** Lines without their ends; `most`: pairs that are shown, the best and the selected. */
export function pairLines(
	pairs: readonly MeetPair[],
	paint: Paint,
	most = Number.POSITIVE_INFINITY,
): readonly string[] {
	if (pairs.length === 0) return [];
	const sorted = pairs.toSorted((a, b) => rank(b) - rank(a) || (BigInt(a.priority) > BigInt(b.priority) ? -1 : 1));
	const shown = sorted.slice(0, most);
	const left = sorted.length - shown.length;
	const head = paint.dim("  local - remote");
	const more = left === 0 ? [] : [paint.dim(`  and ${left} more`)];
	return [head, paint.dim(LEGEND), ...shown.flatMap((pair) => linesOf(pair, paint)), ...more];
}

const LEGEND = "    type         r w n         RTT  state      priority   (read, write, nominated)";

function rank({ selected }: MeetPair): number {
	return selected ? 1 : 0;
}

function linesOf(pair: MeetPair, paint: Paint): readonly string[] {
	const { local, remote, type, readable, writable, nominated, rttNs, state, priority, selected } = pair;
	const over = local.protocol === "tcp" ? " TCP" : "";
	const marks = [readable ? "r" : "-", writable ? "w" : "-", nominated ? "n" : "-"].join(" ");
	const rtt = (rttNs === null ? "-" : ms(rttNs)).padStart(10);
	const ends = `  ${formatEndpoint(local)} - ${formatEndpoint(remote)}${over}`;
	const facts = `    ${type.padEnd(11)}  ${marks}  ${rtt}  ${STATES[state].padEnd(9)}  ${priority}`;
	const painted = selected ? paint.good : state === "failed" ? paint.dim : (text: string) => text;
	return [painted(selected ? `* ${ends.slice(2)}` : ends), painted(facts)];
}
