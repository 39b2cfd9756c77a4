/** The lines of `mtr --raw`, in the order in which it all happened: `x` sent, `h` host, `m` label, `d` name, `p` round trip in microseconds. */
import type { ExtensionJson, ProbeResult, TraceResult } from "@whither/core";
import { printable } from "../printable.ts";
import { ownProbes } from "./traced-path.ts";

/** mtr counts its probes from here. */
const FIRST_SEQUENCE = 33_000;

interface Line {
	readonly atNs: number;
	readonly text: string;
}

/** All of one trace; hops count from 0, as mtr's do. */
export function formatMtrRaw(result: TraceResult): string {
	const lines: Line[] = [];
	const probes = result.hops.flatMap((hop) =>
		ownProbes(result, hop).map((probe) => ({ position: hop.ttl - 1, probe })),
	);
	const inTime = probes.toSorted((a, b) => answeredAt(a.probe) - answeredAt(b.probe));
	const told = new Set<string>();
	for (const { position, probe } of probes) {
		if (probe.status === "sendError") continue;
		lines.push({ atNs: probe.sentAtNs, text: `x ${position} ${FIRST_SEQUENCE + probe.seq}` });
	}
	for (const { position, probe } of inTime) {
		for (const text of answerLines(position, probe, told)) lines.push({ atNs: answeredAt(probe), text });
	}
	return lines
		.toSorted((a, b) => a.atNs - b.atNs)
		.map(({ text }) => `${text}\n`)
		.join("");
}

function answeredAt({ sentAtNs, rttNs }: ProbeResult): number {
	return sentAtNs + (rttNs ?? 0);
}

function answerLines(position: number, probe: ProbeResult, told: Set<string>): readonly string[] {
	const { from, name, rttNs, seq } = probe;
	if (from === null || rttNs === null) return [];
	const isNew = (key: string) => !told.has(key) && told.add(key) !== undefined;
	const host = isNew(`${position} ${from}`) ? [`h ${position} ${from}`, ...labelLines(position, probe.extensions)] : [];
	const named = name !== null && isNew(`${position} ${from} ${name}`) ? [`d ${position} ${word(name)}`] : [];
	return [...host, ...named, `p ${position} ${Math.round(rttNs / 1e3)} ${FIRST_SEQUENCE + seq}`];
}

function labelLines(position: number, extensions: readonly ExtensionJson[]): readonly string[] {
	const entries = extensions.flatMap(({ mpls }) => (Array.isArray(mpls) ? mpls : []));
	return entries.map(({ label, tc, bottom, ttl }) => `m ${position} ${label} ${tc} ${bottom ? 1 : 0} ${ttl}`);
}

/** A line is split at blanks. */
function word(name: string): string {
	return printable(name).replaceAll(" ", "_");
}
