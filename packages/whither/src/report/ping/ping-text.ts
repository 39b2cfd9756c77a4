/** A ping as text: a line when it starts, one for each probe as it is settled, two in the end as ping(8) has them. */
import type { Family, PingEvent, PingResult, PingTotals, ProbeResult } from "@whither/core";
import { type Paint, PLAIN } from "../paint.ts";
import { printable } from "../printable.ts";
import { annotation } from "../trace/annotation.ts";
import { formatExtensions } from "../trace/extension-text.ts";
import { formatWhereabouts } from "../trace/whereabouts.ts";

/** What text shows, and how. */
export interface PingStyle {
	readonly family: Family;
	/** -n: addresses alone; otherwise `name (address)` where there is a name. */
	readonly numeric: boolean;
	/** -e: ICMP extension objects after the address. */
	readonly extensions: boolean;
	readonly paint: Paint;
}

/** Everything plain, of IPv4. */
export const PLAIN_PING: PingStyle = { family: 4, numeric: false, extensions: false, paint: PLAIN };

const NANOSECONDS_PER_MILLISECOND = 1e6;

/**
 * What to write for one event, newline included; "" for those that text does not show. `before` is who answered last:
 * somebody else is marked.
 */
export function formatPingEvent(event: PingEvent, style: PingStyle, before: string | null = null): string {
	if (event.type === "start") return `${formatHeader(event)}\n`;
	if (event.type === "handshake")
		return `handshake  ${milliseconds(event.rttNs)} ms${event.sackPermitted ? "" : "  no SACK"}\n`;
	if (event.type === "probe") return `${formatProbe(event.probe, style, before)}\n`;
	return "";
}

/** Loss, and round trips where anybody answered: `rtt min/avg/max/stddev = 1.000/2.000/3.000/0.800 ms, jitter 1.000 ms`. */
export function formatPingSummary({ totals, rtt, durationNs }: PingResult): string {
	const lossPercent = totals.lossPercent === null ? "" : `, ${percent(totals.lossPercent)} lost`;
	const time = (durationNs / NANOSECONDS_PER_MILLISECOND).toFixed(0);
	const counts = `${totals.sent} sent, ${totals.received} received${lossPercent}${others(totals)}, time ${time} ms`;
	if (rtt === null) return `${counts}\n`;
	const times = [rtt.minNs, rtt.avgNs, rtt.maxNs, rtt.stddevNs].map(milliseconds).join("/");
	return `${counts}\nrtt min/avg/max/stddev = ${times} ms, jitter ${milliseconds(rtt.jitterNs)} ms\n`;
}

/** What does not happen every day. */
function others({ late, duplicates, notSent, waiting }: PingTotals): string {
	const words = [
		waiting > 0 ? `, ${waiting} still waited for` : "",
		late > 0 ? `, ${late} of them late` : "",
		duplicates > 0 ? `, ${duplicates} ${duplicates === 1 ? "duplicate" : "duplicates"}` : "",
		notSent > 0 ? `, ${notSent} not sent` : "",
	];
	return words.join("");
}

function formatHeader(event: Extract<PingEvent, { type: "start" }>): string {
	const { method, target, ttl, intervalNs } = event;
	const where = `${printable(target.name)} (${target.address})`;
	return `ping mode: ${method} to ${where}, ttl ${ttl}, every ${duration(intervalNs)}`;
}

function formatProbe(probe: ProbeResult, style: PingStyle, before: string | null): string {
	const { paint } = style;
	const head = paint.dim(`seq ${probe.seq}`);
	const mark = annotation(style.family, probe);
	const marks = mark === "" ? "" : ` ${paint.bad(mark)}`;
	if (probe.status === "sendError")
		return `${head}  ${paint.bad("not sent")}${marks || ` ${probe.error?.errnoName ?? ""}`.trimEnd()}`;
	if (probe.from === null || probe.rttNs === null) return `${head}  ${paint.dim("*")}${marks}`;
	const late = probe.late === true ? `  ${paint.bad("late")}` : "";
	const changed = before !== null && before !== probe.from ? `  ${paint.bad(`was ${before}`)}` : "";
	return `${head}  ${answerer(probe, style)}  ${milliseconds(probe.rttNs)} ms${marks}${late}${changed}`;
}

function answerer(probe: ProbeResult, { numeric, extensions, paint }: PingStyle): string {
	const address = probe.from ?? "";
	const named = !numeric && probe.name !== null;
	const who = named ? `${paint.bold(printable(probe.name ?? ""))} (${address})` : paint.bold(address);
	const objects = extensions && probe.extensions.length > 0 ? ` <${formatExtensions(probe.extensions)}>` : "";
	return `${who}${formatWhereabouts(probe)}${objects}`;
}

function milliseconds(nanoseconds: number): string {
	return (nanoseconds / NANOSECONDS_PER_MILLISECOND).toFixed(3);
}

/** `1 s`, `1.5 s`, `50 ms`. */
function duration(nanoseconds: number): string {
	const ms = nanoseconds / NANOSECONDS_PER_MILLISECOND;
	return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** One decimal where it is not 0: `30 %`, `0.4 %`. */
function percent(value: number): string {
	return `${Number(value.toFixed(1))} %`;
}
