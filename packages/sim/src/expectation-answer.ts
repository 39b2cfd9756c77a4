/** Whether an answer says what its scenario expects: the method's own findings, and what an enriched router told. */
import type { ProbeResult } from "@whither/core";
import type { ExpectedHop } from "./scenario.ts";

/** Every difference, one sentence each. */
export function answerProblems({ detail, networkStatus }: ExpectedHop, probe: ProbeResult): readonly string[] {
	const said = probe.reply?.detail;
	const told = statusOf(probe);
	return [
		...(detail === undefined || includes(said, detail) ? [] : [`${show(said)} does not include ${show(detail)}`]),
		...(networkStatus === undefined || includes(told, networkStatus)
			? []
			: [`the router says ${show(told)}, expected ${show(networkStatus)}`]),
	];
}

/** NETWORK-STATUS in the router's own object; false: it sent none. */
function statusOf({ extensions }: ProbeResult): unknown {
	for (const { stun } of extensions) {
		if (typeof stun === "object" && stun !== null && "networkStatus" in stun) return stun.networkStatus;
	}
	return false;
}

/** Whether one value is the other, or has at least its fields. */
function includes(have: unknown, want: unknown): boolean {
	if (typeof want !== "object" || want === null) return have === want;
	if (typeof have !== "object" || have === null) return false;
	const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(have));
	return Object.entries(want).every(([name, value]) => includes(fields.get(name), value));
}

function show(value: unknown): string {
	return JSON.stringify(value) ?? "nothing";
}
