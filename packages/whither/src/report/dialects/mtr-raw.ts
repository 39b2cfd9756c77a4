/** The lines of `mtr --raw`, in the order in which it all happened: `x` sent, `h` host, `m` label, `d` name, `p` round trip in microseconds. */
import type { ExtensionJson, ProbeResult, TraceResult } from "@whither/core";
import { printable } from "../printable.ts";
import { ownProbes } from "./traced-path.ts";

/** mtr counts its probes from here. */
const FIRST_SEQUENCE = 33_000;

/** What a probe's answer has to have for its lines. */
export type RawAnswer = Pick<ProbeResult, "seq" | "from" | "name" | "rttNs" | "extensions">;

interface NamedHost {
	readonly address: string;
	readonly name: string;
}

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
		lines.push({ atNs: probe.sentAtNs, text: sentLine(position, probe) });
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

/** That a probe was sent; `position` counts hops from 0. */
export function sentLine(position: number, { seq }: Pick<ProbeResult, "seq">): string {
	return `x ${position} ${FIRST_SEQUENCE + seq}`;
}

/** What an answer tells: who gives it, with labels and name where `told` does not have them yet, and the round trip. */
export function answerLines(position: number, probe: RawAnswer, told: Set<string>): readonly string[] {
	const { from, name, rttNs, seq, extensions } = probe;
	if (from === null || rttNs === null) return [];
	const isNew = !told.has(`${position} ${from}`);
	told.add(`${position} ${from}`);
	const host = isNew ? [`h ${position} ${from}`, ...labelLines(position, extensions)] : [];
	const named = name === null ? [] : nameLines(position, { address: from, name }, told);
	return [...host, ...named, `p ${position} ${Math.round(rttNs / 1e3)} ${FIRST_SEQUENCE + seq}`];
}

/** What a host is called, once. */
export function nameLines(position: number, { address, name }: NamedHost, told: Set<string>): readonly string[] {
	const key = `${position} ${address} ${name}`;
	if (told.has(key)) return [];
	told.add(key);
	return [`d ${position} ${word(name)}`];
}

function labelLines(position: number, extensions: readonly ExtensionJson[]): readonly string[] {
	const entries = extensions.flatMap(({ mpls }) => (Array.isArray(mpls) ? mpls : []));
	return entries.map(({ label, tc, bottom, ttl }) => `m ${position} ${label} ${tc} ${bottom ? 1 : 0} ${ttl}`);
}

/** A line is split at blanks. */
function word(name: string): string {
	return printable(name).replaceAll(" ", "_");
}
