/**
 * Text, byte for byte as traceroute(8) 2.1.2 prints it, one event at a time: the header when the trace starts, a line
 * for each hop as it is complete. Every function is pure, so a finished result formats the same way.
 */
import {
	type CompanionResult,
	type Family,
	type HopResult,
	hopsBack,
	type ProbeResult,
	type TraceEvent,
	type TraceResult,
	UNMARKED,
} from "@whither/core";
import { type Paint, PLAIN } from "../paint.ts";
import { printable } from "../printable.ts";
import { annotation } from "./annotation.ts";
import { formatDetail } from "./detail-text.ts";
import { formatExtensions } from "./extension-text.ts";
import { hopNews, nothingShown, type Shown } from "./hop-news.ts";
import { formatWhereabouts } from "./whereabouts.ts";

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
	/** -O mss: their maximum segment size alone. */
	readonly mss: boolean;
	/** --changes: behind each hop's answers what was different in our packets when they came there. */
	readonly changes: boolean;
	/** The trace's TOS byte or traffic class; with `changes`, and unless 0, each quoted one stands before the time. */
	readonly tos: number;
	readonly paint: Paint;
}

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** The style of traceroute(8) without options, beside what the trace itself decides. */
export const PLAIN_TEXT: Omit<TextStyle, "family" | "queries"> = {
	numeric: false,
	extensions: false,
	back: false,
	info: false,
	mss: false,
	changes: false,
	tos: 0,
	paint: PLAIN,
};

/**
 * What to write for one event, newline included; "" for the events text does not show. `shown` is what earlier hops
 * have shown (`hopNews`).
 */
export function formatTextEvent(event: TraceEvent, style: TextStyle, shown: Shown = nothingShown(null)): string {
	if (event.type === "start") return `${formatHeader(event.target, event)}\n`;
	if (event.type === "handshake") return `${formatHandshake(event)}\n`;
	if (event.type === "hop") return `${formatHopLine(event.hop, style, shown)}\n`;
	return "";
}

/** A whole finished trace: names, no extensions and no colour unless asked for. */
export function formatText(result: TraceResult, choices: Partial<Omit<TextStyle, "family" | "queries">> = {}): string {
	const style: TextStyle = { ...PLAIN_TEXT, ...choices, family: result.family, queries: result.options.queries };
	const header = formatHeader(result.target, { maxTtl: result.options.maxTtl, length: result.options.length });
	const handshake = result.handshake === undefined ? [] : [formatHandshake(result.handshake)];
	return [header, ...handshake, ""].join("\n") + formatHopLines(result, style) + formatUnmarked(result, style);
}

/** Every hop's line with its newline; a hop that nothing was sent to has none. */
export function formatHopLines(result: TraceResult, style: TextStyle): string {
	let shown = nothingShown(result.options.length);
	let text = "";
	for (const hop of result.hops) {
		if (hop.probes.length === 0) continue;
		text += `${formatHopLine(hop, style, shown)}\n`;
		shown = hopNews(hop, shown).shown;
	}
	return text;
}

/** The line before the first hop where probes travel in a connection: `hand  12.345 ms <syn,ack,MSS:1460,SACK>`. */
function formatHandshake({
	rttNs,
	mss,
	sackPermitted,
	connections,
}: Pick<NonNullable<TraceResult["handshake"]>, "rttNs" | "mss" | "sackPermitted" | "connections">): string {
	const agreed = ["syn", "ack", ...(mss === null ? [] : [`MSS:${mss}`]), ...(sackPermitted ? ["SACK"] : [])];
	const several = connections > 1 ? ` (${connections} connections)` : "";
	return `hand  ${milliseconds(rttNs)} <${agreed.join(",")}>${several}`;
}

/**
 * A line for the answers to packets that went without the mark of those above: `+ 4  10.8.0.1  12.700 ms`, under the
 * number of the target's hop, or where that is unknown under the TTL they were sent with.
 */
export function formatUnmarked({ companions = [], reached, hops }: TraceResult, style: TextStyle): string {
	const target = reached ? hops.at(-1)?.ttl : undefined;
	const line = ({ ttl, probes }: CompanionResult) =>
		`${formatLine("+", { ttl: target ?? ttl, probes }, { ...style, changes: false }, null)}\n`;
	return companions
		.filter(({ name }) => name === UNMARKED)
		.map(line)
		.join("");
}

function formatHeader(
	target: { readonly name: string; readonly address: string },
	shape: { readonly maxTtl: number; readonly length: number },
): string {
	return `traceroute to ${printable(target.name)} (${target.address}), ${shape.maxTtl} hops max, ${shape.length} byte packets`;
}

/** One hop without its newline: ` 3  gw.example (192.0.2.9)  5.010 ms !X * 192.0.2.10 (192.0.2.10)  5.100 ms`. */
export function formatHopLine(hop: HopResult, style: TextStyle, shown: Shown = nothingShown(null)): string {
	const { changes, nat, mtu } = hopNews(hop, shown);
	const line = formatLine("", hop, style, mtu);
	if (!style.changes) return line;
	const marks = [...(nat ? ["NAT"] : []), ...(changes.length === 0 ? [] : [`[${changes.map(printable).join(", ")}]`])];
	return [line, ...marks.map(style.paint.bad)].join(" ");
}

/** The number behind its mark, then each answer; `mtu` stands before the first time. */
function formatLine(mark: string, hop: HopResult, style: TextStyle, mtu: number | null): string {
	let line = `${style.paint.dim(mark + String(hop.ttl).padStart(2))} `;
	let before: ProbeResult | null = null;
	let length = mtu;
	for (const probe of hop.probes.slice(0, style.queries)) {
		line += formatProbe(hop, probe, { before, mtu: length }, style);
		if (probe.rttNs !== null) length = null;
		if (probe.from !== null) before = probe;
	}
	return line;
}

/** What stands on the line already, and what is still to be written there. */
interface LineSoFar {
	readonly before: ProbeResult | null;
	readonly mtu: number | null;
}

function formatProbe(hop: HopResult, probe: ProbeResult, { before, mtu }: LineSoFar, style: TextStyle): string {
	const mark = annotation(style.family, probe);
	const suffix = mark === "" ? "" : ` ${style.paint.bad(mark)}`;
	if (probe.from === null || probe.status !== "reply") return ` ${style.paint.dim("*")}${suffix}`;
	const who = before !== null && sameAnswerer(before, probe, style) ? "" : formatAnswerer(hop, probe, style);
	const length = mtu === null ? "" : ` F=${mtu}`;
	const rtt = probe.rttNs === null ? "" : `${length}  ${milliseconds(probe.rttNs)}`;
	return who + findings(probe, style) + quotedTos(probe, style) + rtt + suffix;
}

function milliseconds(nanoseconds: number): string {
	return `${(nanoseconds / NANOSECONDS_PER_MILLISECOND).toFixed(3)} ms`;
}

/** The byte as it arrived at the hop, whole and in its parts (RFC 2474, RFC 3168). */
function quotedTos({ quoted }: ProbeResult, { changes, tos: sent }: TextStyle): string {
	const tos = quoted?.tos ?? null;
	return !changes || sent === 0 || tos === null ? "" : ` <TOS:${tos},DSCP:${tos >> 2},ECN:${tos & 3}>`;
}

/** What the method found in the answer; like traceroute's own it stands before every time. */
function findings({ reply }: ProbeResult, { info, mss }: TextStyle): string {
	const text = reply === null ? "" : formatDetail(reply, { info, mss });
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
	text += formatWhereabouts(probe);
	if (style.extensions && probe.extensions.length > 0) text += ` <${formatExtensions(probe.extensions)}>`;
	const replyTtl = probe.reply?.ttl ?? null;
	const back = style.back && replyTtl !== null ? hopsBack(replyTtl) : null;
	return back !== null && back !== hop.ttl ? `${text} '-${back}'` : text;
}
