/** The lines of `mtr --raw` as a continuous trace goes on. */
import type { RoundsEvent } from "@whither/core";
import { answerLines, nameLines, sentLine } from "./mtr-raw.ts";

/** One run's lines; what an event has to say, or "". Hops count from 0, as mtr's do. A probe is told with what became of it. */
export function mtrRawLines(numeric: boolean): (event: RoundsEvent) => string {
	const told = new Set<string>();
	const hopsOf = new Map<string, Set<number>>();
	return (event) =>
		linesOf(event)
			.map((line) => `${line}\n`)
			.join("");

	function linesOf(event: RoundsEvent): readonly string[] {
		if (event.type === "name") {
			const { address, name } = event;
			if (name === null || numeric) return [];
			return [...(hopsOf.get(address) ?? [])].flatMap((hop) => nameLines(hop, { address, name }, told));
		}
		if (event.type !== "probe" || event.probe.status === "sendError" || event.probe.duplicates !== undefined) return [];
		const { probe } = event;
		const hop = event.ttl - 1;
		if (probe.from !== null && probe.rttNs !== null)
			hopsOf.set(probe.from, (hopsOf.get(probe.from) ?? new Set()).add(hop));
		const answer = answerLines(hop, numeric ? { ...probe, name: null } : probe, told);
		return probe.late === true ? answer : [sentLine(hop, probe), ...answer];
	}
}
