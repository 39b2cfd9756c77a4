/** One path as most reports see it: whose, how it was asked, and its figures. */
import {
	type Family,
	type HopResult,
	type PathGraph,
	type PathSummary,
	type ProbeResult,
	pathGraph,
	type RoundsResult,
	summaryOf,
	type TraceResult,
} from "@whither/core";

/** What is known around the figures of a continuous trace. */
export interface RunFacts extends Pick<RoundsResult, "target" | "source" | "method" | "family" | "startedAt"> {
	/** With the byte that probes were sent with, where it is known. */
	readonly options: RoundsResult["options"] & { readonly tos?: number };
}

/** A path with its figures. */
export interface TracedPath {
	readonly target: { readonly name: string; readonly address: string; readonly port: number | null };
	readonly source: string;
	readonly method: string;
	readonly family: Family;
	/** ISO 8601. */
	readonly startedAt: string;
	/** IP packets, in bytes. */
	readonly length: number;
	/** The byte that probes were sent with, as far as quotes or options tell; else 0. */
	readonly tos: number;
	readonly rounds: number;
	readonly summary: PathSummary;
	/** The single answers; null of a continuous trace. */
	readonly result: TraceResult | null;
}

/** The hop's own probes: behind them stand further answers of the target, to probes from beyond it. */
export function ownProbes({ options }: TraceResult, { probes }: HopResult): readonly ProbeResult[] {
	return probes.slice(0, options.queries);
}

/** The path of a finished trace. Only the hops' own probes count: further answers of the target say nothing of loss. */
export function pathOfResult(result: TraceResult): TracedPath {
	const { target, method, family, startedAt, options } = result;
	const hops = result.hops.map((hop) => ({ ...hop, probes: ownProbes(result, hop) }));
	const source = result.source.address;
	const asked = { target, source, method, family, startedAt, length: options.length, rounds: options.queries };
	return { ...asked, tos: sentTos(result), summary: summaryOf({ ...result, hops }), result };
}

/** The path of a continuous trace. */
export function pathOfRun(facts: RunFacts, summary: PathSummary): TracedPath {
	const { target, source, method, family, startedAt, options } = facts;
	const asked = { target, source: source.address, method, family, startedAt, length: options.length };
	return { ...asked, tos: options.tos ?? 0, rounds: summary.rounds, summary, result: null };
}

/** Its graph. */
export function graphOfPath({ result, summary, source, target, method }: TracedPath): PathGraph {
	return result === null ? pathGraph(summary, { source, target: target.address, method }) : pathGraph([result]);
}

/** Seconds since 1970-01-01 UTC; 0 where the text is no time. */
export function unixSeconds(iso: string): number {
	const ms = Date.parse(iso);
	return Number.isFinite(ms) ? Math.floor(ms / 1000) : 0;
}

function sentTos({ hops }: TraceResult): number {
	for (const { quoted } of hops.flatMap((hop) => hop.probes)) {
		if (quoted === null || quoted.tos === null) continue;
		const change = quoted.changes.flatMap((text) => /^tos (\d+) -> /.exec(text)?.[1] ?? [])[0];
		return change === undefined ? quoted.tos : Number(change);
	}
	return 0;
}
