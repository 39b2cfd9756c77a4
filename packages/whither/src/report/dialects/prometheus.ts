/** Figures of paths in Prometheus' text format 0.0.4. */
import type { HopSummary } from "@whither/core";
import { printable } from "../printable.ts";
import type { TracedPath } from "./traced-path.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number];

interface Metric {
	readonly name: string;
	readonly help: string;
	readonly kind?: "counter";
	readonly ofPath?: (path: TracedPath) => number | null;
	readonly ofHop?: (hop: HopSummary) => number | null;
}

const SECONDS = 1e-9;

const METRICS: readonly Metric[] = [
	{ name: "reached", help: "1 if the target answered.", ofPath: ({ summary }) => (summary.reached ? 1 : 0) },
	{ name: "hops", help: "Hops to the end of the path.", ofPath: ({ summary }) => summary.hops.at(-1)?.ttl ?? 0 },
	{ name: "rounds_total", help: "Rounds of probes.", kind: "counter", ofPath: ({ rounds }) => rounds },
	{
		name: "path_changes_total",
		help: "Hops that began to be answered by another router.",
		kind: "counter",
		ofPath: ({ summary }) => summary.hops.reduce((sum, { changes }) => sum + changes, 0),
	},
	{ name: "sent_total", help: "Probes to this hop.", kind: "counter", ofHop: ({ sent }) => sent },
	{ name: "received_total", help: "Answers in time.", kind: "counter", ofHop: ({ received }) => received },
	{ name: "loss_ratio", help: "Part of the probes that stayed unanswered.", ofHop: ({ lossRatio }) => lossRatio },
	...(["last", "best", "avg", "worst", "stddev", "p50", "p95", "p99"] as const).map((figure): Metric => {
		const words = { last: "Latest", best: "Least", avg: "Mean", worst: "Longest", stddev: "Standard deviation of the" };
		const help = `${figure in words ? words[figure as keyof typeof words] : figure} round trip.`;
		return {
			name: `rtt_${figure}_seconds`,
			help,
			ofHop: ({ rtt }) => (rtt === null ? null : seconds(rtt[`${figure}Ns`])),
		};
	}),
];

/** Paths that are shown at most, those that began last: each of 30 hops is three hundred series. */
export const MOST_PATHS = 256;

/**
 * Every metric once, with a sample for each path or hop; labels `target`, `protocol` and of hops `ttl`. Addresses stand in none: they would be a
 * new series each. Of paths to one target by one method the last is told: a series stands once.
 */
export function formatPrometheus(all: readonly TracedPath[]): string {
	const paths = newestOf(all);
	return METRICS.map(({ name, help, kind = "gauge", ofPath, ofHop }) => {
		const full = `whither_path_${name}`;
		const samples = paths.flatMap((path) => samplesOf(path, { ofPath, ofHop }));
		if (samples.length === 0) return "";
		const lines = samples.map(([labels, value]) => `${full}{${labelText(labels)}} ${value}\n`);
		return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${lines.join("")}`;
	}).join("");
}

function newestOf(all: readonly TracedPath[]): readonly TracedPath[] {
	const newest = new Map<string, TracedPath>();
	for (const path of all) {
		const key = `${path.method} ${path.target.name}`;
		// What is put in again is the newest.
		newest.delete(key);
		newest.set(key, path);
	}
	return [...newest.values()].slice(-MOST_PATHS);
}

function samplesOf(
	path: TracedPath,
	{ ofPath, ofHop }: { ofPath: Metric["ofPath"] | undefined; ofHop: Metric["ofHop"] | undefined },
): readonly Sample[] {
	const labels = { target: path.target.name, protocol: path.method };
	const sample = (more: Labels, value: number | null | undefined): readonly Sample[] =>
		value === null || value === undefined ? [] : [[{ ...labels, ...more }, value]];
	return [
		...sample({}, ofPath?.(path)),
		...path.summary.hops.flatMap((hop) => sample({ ttl: String(hop.ttl) }, ofHop?.(hop))),
	];
}

function seconds(nanoseconds: number): number {
	return Number((nanoseconds * SECONDS).toPrecision(12));
}

/** A backslash and a quote are all that is left that a label's value may not hold as it is. */
function labelText(labels: Labels): string {
	return Object.entries(labels)
		.map(([name, value]) => `${name}="${printable(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`)
		.join(",");
}
