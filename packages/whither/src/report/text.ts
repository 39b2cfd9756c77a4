/**
 * Text, byte for byte as traceroute(8) 2.1.2 prints it, one event at a time: the header when the trace starts, a line
 * for each hop as it is complete. Every function is pure, so a finished result formats the same way.
 */
import type { Family, HopResult, ProbeResult, TraceEvent, TraceResult } from "@whither/core";
import { annotation } from "./annotation.ts";
import { formatDetail } from "./detail-text.ts";
import { formatExtensions } from "./extension-text.ts";
import { type Paint, PLAIN } from "./paint.ts";
import { printable } from "./printable.ts";

/** What text shows, and how. */
export interface TextStyle {
	readonly family: Family;
	/** Probes a hop: answers the target gave to probes with larger TTLs stand after them and are not shown. */
	readonly queries: number;
	/** -n: addresses alone. Otherwise `name (address)`, and `address (address)` where there is no name. */
	readonly numeric: boolean;
	/** -e: ICMP extension objects after the address. */
	readonly extensions: boolean;
	/** --back: the guessed number of hops back where it differs. */
	readonly back: boolean;
	/** -O info: flags and maximum segment size of TCP answers, before each time. */
	readonly info: boolean;
	readonly paint: Paint;
}

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** What to write for one event, newline included; "" for the events text does not show. */
export function formatTextEvent(event: TraceEvent, style: TextStyle): string {
	if (event.type === "start") return `${formatHeader(event.target, event)}\n`;
	if (event.type === "hop") return `${formatHopLine(event.hop, style)}\n`;
	return "";
}

/** A whole finished trace: names, no extensions and no colour unless asked for. */
export function formatText(result: TraceResult, choices: Partial<Omit<TextStyle, "family" | "queries">> = {}): string {
	const plain = { numeric: false, extensions: false, back: false, info: false, paint: PLAIN };
	const style: TextStyle = { ...plain, ...choices, family: result.family, queries: result.options.queries };
	const header = formatHeader(result.target, { maxTtl: result.options.maxTtl, length: result.options.length });
	return [header, ...result.hops.map((hop) => formatHopLine(hop, style)), ""].join("\n");
}

function formatHeader(
	target: { readonly name: string; readonly address: string },
	shape: { readonly maxTtl: number; readonly length: number },
): string {
	return `traceroute to ${printable(target.name)} (${target.address}), ${shape.maxTtl} hops max, ${shape.length} byte packets`;
}

/** One hop without its newline: ` 3  gw.example (192.0.2.9)  5.010 ms !X * 192.0.2.10 (192.0.2.10)  5.100 ms`. */
export function formatHopLine(hop: HopResult, style: TextStyle): string {
	let line = `${style.paint.dim(String(hop.ttl).padStart(2))} `;
	let shown: ProbeResult | null = null;
	for (const probe of hop.probes.slice(0, style.queries)) {
		line += formatProbe(hop, probe, shown, style);
		if (probe.from !== null) shown = probe;
	}
	return line;
}

function formatProbe(hop: HopResult, probe: ProbeResult, shown: ProbeResult | null, style: TextStyle): string {
	const mark = annotation(style.family, probe);
	const suffix = mark === "" ? "" : ` ${style.paint.bad(mark)}`;
	if (probe.from === null || probe.status !== "reply") return ` ${style.paint.dim("*")}${suffix}`;
	const who = shown !== null && sameAnswerer(shown, probe, style) ? "" : formatAnswerer(hop, probe, style);
	const rtt = probe.rttNs === null ? "" : `  ${(probe.rttNs / NANOSECONDS_PER_MILLISECOND).toFixed(3)} ms`;
	return who + findings(probe, style) + rtt + suffix;
}

/** What the method found in the answer; like traceroute's own it stands before every time. */
function findings({ reply }: ProbeResult, { info }: TextStyle): string {
	const text = reply === null ? "" : formatDetail(reply, { info });
	return text === "" ? "" : ` <${text}>`;
}

/** Whether the address need not be printed again: nothing that stands beside it has changed since the last answer. */
function sameAnswerer(before: ProbeResult, probe: ProbeResult, style: TextStyle): boolean {
	if (before.from !== probe.from) return false;
	if (style.extensions && formatExtensions(before.extensions) !== formatExtensions(probe.extensions)) return false;
	return !style.back || before.reply?.ttl === probe.reply?.ttl;
}

function formatAnswerer(hop: HopResult, probe: ProbeResult, style: TextStyle): string {
	const address = probe.from ?? "";
	const name = printable(probe.name ?? address);
	let text = style.numeric ? ` ${style.paint.bold(address)}` : ` ${style.paint.bold(name)} (${address})`;
	if (style.extensions && probe.extensions.length > 0) text += ` <${formatExtensions(probe.extensions)}>`;
	const replyTtl = probe.reply?.ttl ?? null;
	const back = style.back && replyTtl !== null ? hopsBack(replyTtl) : null;
	return back !== null && back !== hop.ttl ? `${text} '-${back}'` : text;
}

/** Initial TTLs that hosts are seen to use: 64 (Linux, BSD), 128 (Windows), 255 (routers). */
const INITIAL_TTLS = [64, 128, 255];

/** Guess of the hops an answer came by, from the TTL it arrived with and the next initial TTL above that. */
export function hopsBack(replyTtl: number): number {
	const initial = INITIAL_TTLS.find((ttl) => replyTtl <= ttl) ?? 255;
	return initial - replyTtl + 1;
}
