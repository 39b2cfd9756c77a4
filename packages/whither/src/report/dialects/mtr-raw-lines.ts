/** The lines of `mtr --raw` as a continuous trace goes on. */
import type { RoundsEvent } from "@whither/core";
import { printable } from "../printable.ts";

/** mtr counts its probes from here. */
const FIRST_SEQUENCE = 33_000;

/** One run's lines; what an event has to say, or "". Hops count from 0, as mtr's do. A probe is told with what became of it. */
export function mtrRawLines(numeric: boolean): (event: RoundsEvent) => string {
	const told = new Set<string>();
	const once = (line: string) => (told.has(line) || told.add(line) === undefined ? "" : `${line}\n`);
	const hopsOf = new Map<string, Set<number>>();
	return (event) => {
		if (event.type === "name") {
			if (event.name === null || numeric) return "";
			const word = printable(event.name).replaceAll(" ", "_");
			return [...(hopsOf.get(event.address) ?? [])].map((hop) => once(`d ${hop} ${word}`)).join("");
		}
		if (event.type !== "probe" || event.probe.status === "sendError" || event.probe.duplicates !== undefined) return "";
		const { seq, from, rttNs, late } = event.probe;
		const hop = event.ttl - 1;
		const sent = late === true ? "" : `x ${hop} ${FIRST_SEQUENCE + seq}\n`;
		if (from === null || rttNs === null) return sent;
		hopsOf.set(from, (hopsOf.get(from) ?? new Set()).add(hop));
		const name =
			numeric || event.probe.name === null ? "" : once(`d ${hop} ${printable(event.probe.name).replaceAll(" ", "_")}`);
		return `${sent}${once(`h ${hop} ${from}`)}${name}p ${hop} ${Math.round(rttNs / 1e3)} ${FIRST_SEQUENCE + seq}\n`;
	};
}
