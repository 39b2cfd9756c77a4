/** The lines of `--summary`, in the form that scripts know from other traceroutes. */
import type { TraceResult } from "@whither/core";

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** Each line with its newline; `Path MTU` stands only where it was looked for. */
export function formatSummary(result: TraceResult, { pathMtu }: { readonly pathMtu: boolean }): string {
	const lines = [
		`Timedout: ${result.stopReason === "timeout"}`,
		`Duration: ${(result.durationNs / NANOSECONDS_PER_MILLISECOND).toFixed(3)} ms`,
		`DestinationReached: ${result.reached}`,
		...(pathMtu ? [`Path MTU: ${pathMtuWords(result)}`] : []),
	];
	return lines.map((line) => `   ${line}\n`).join("");
}

/** The target has to have answered a packet of that length; otherwise one on the way is all that is known. */
function pathMtuWords(result: TraceResult): string {
	const last = result.hops.at(-1);
	const mtu = result.pathMtu;
	if (mtu === null) {
		const least = result.hops.findLast((hop) => hop.mtu !== undefined)?.mtu;
		if (least === undefined) return "unknown";
		return result.reached ? `${least} or more` : `${least} (Potentially overestimated)`;
	}
	const proven = result.reached && last?.mtu !== undefined && last.mtu >= mtu;
	return proven ? String(mtu) : `${mtu} (Potentially overestimated)`;
}
