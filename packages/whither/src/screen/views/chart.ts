/** Round trips over time: of the hop in view as bars, and of every hop in a line each below it. */
import type { HopSummary } from "@whither/core";
import { cell, type Line, line, type Span, selected, span } from "../cells/line.ts";
import { type Model, shownTarget } from "../model/model.ts";
import { hopInView } from "../model/moves.ts";
import { figure, secondsText } from "./figures.ts";
import { barCell, LOST, POINTER } from "./glyphs.ts";
import { lossWord } from "./loss.ts";
import { calledBy } from "./naming.ts";
import { type HistoryColumn, historyColumns, longestRtt, roundUp } from "./scale.ts";
import { sparkline } from "./sparkline.ts";
import { windowed } from "./window.ts";

/** What stands left of the bars: figures of the axis, or a hop's name. */
const AXIS = 10;
const HEAT_NAME = 24;
/** Head, line of losses and axis. */
const CHART_FRAME = 3;
const LEAST_BARS = 3;

/** The view. */
export function chartLines(model: Model, width: number, height: number): readonly Line[] {
	const target = shownTarget(model);
	const hop = hopInView(model);
	if (target === null || hop === null) return [line(span("dim", "  Nothing has come yet."))];
	const { hops } = target.summary;
	const heatRoom = Math.max(0, height - CHART_FRAME - LEAST_BARS - 1);
	const heat = Math.min(hops.length, Math.floor(heatRoom * 0.7));
	const bars = height - CHART_FRAME - (heat === 0 ? 0 : heat + 1);
	const plot = plotLines(model, hop, { width, bars: Math.max(1, bars) });
	if (heat === 0) return plot.slice(0, height);
	return [
		...plot,
		line(
			span(
				"strong",
				`     ${"All hops".padEnd(HEAT_NAME)} the same rounds, to ${figure(longestRtt(hops, width * model.zoom))} ms`,
			),
		),
		...heatLines(model, hops, width, heat),
	];
}

interface Plot {
	readonly width: number;
	readonly bars: number;
}

function plotLines(model: Model, hop: HopSummary, { width, bars }: Plot): readonly Line[] {
	const room = Math.max(0, width - AXIS);
	const columns = historyColumns(hop.recent, room, model.zoom);
	const fullNs = roundUp(columns.reduce((longest, { rttNs }) => Math.max(longest, rttNs ?? 0), 0));
	const rows = Array.from({ length: bars }, (_, index) => {
		const above = bars - 1 - index;
		const isLabelled = index === 0 || above === 0 || (bars >= 8 && index === Math.floor(bars / 2));
		const ns = (fullNs * (above + 1)) / bars;
		const label = isLabelled ? figure(above === 0 && bars > 1 ? 0 : ns) : "";
		return line(
			cell("dim", `${label.padStart(AXIS - 2)} |`, AXIS),
			...barSpans(columns, { model, fullNs, bars, above }),
		);
	});
	return [headLine(model, hop), ...rows, lossLine(hop, columns), axisLine(model, columns.length)];
}

function headLine(model: Model, hop: HopSummary): Line {
	const [first = null] = hop.answerers;
	const { word, role } = lossWord(hop);
	const name = first === null ? "???" : calledBy(model, first);
	const rtt =
		hop.rtt === null
			? ""
			: `  last ${figure(hop.rtt.lastNs)}  p50 ${figure(hop.rtt.p50Ns)}  p95 ${figure(hop.rtt.p95Ns)}  p99 ${figure(hop.rtt.p99Ns)} ms`;
	return line(span("title", ` Hop ${hop.ttl} ${name}`), rtt, "  ", span(role, word));
}

interface BarRow extends Pick<Plot, "bars"> {
	readonly model: Model;
	readonly fullNs: number;
	readonly above: number;
}

function barSpans(columns: readonly HistoryColumn[], { model, fullNs, bars, above }: BarRow): readonly Span[] {
	const cells = columns.map(({ rttNs }) =>
		rttNs === null ? " " : barCell(Math.max(0.1, (rttNs / fullNs) * bars), above, model.charset),
	);
	return [span("good", cells.join(""))];
}

/** A cross where every probe of a column was lost, a colon where some were. */
function lossLine(hop: HopSummary, columns: readonly HistoryColumn[]): Line {
	const { role } = lossWord(hop);
	const marks = columns.map(({ lost, samples }) => (lost === 0 ? " " : lost === samples ? LOST : ":"));
	return line(
		cell("dim", `${"lost".padStart(AXIS - 2)} |`, AXIS),
		span(role === "plain" ? "dim" : role, marks.join("")),
	);
}

function axisLine({ zoom, intervalMs }: Model, columns: number): Line {
	const rounds = `${zoom} ${zoom === 1 ? "round" : "rounds"} a column`;
	const span1 = `${secondsText(columns * zoom * intervalMs)} ago`;
	const text = `${" ".repeat(AXIS)}${span1} to now, ${rounds} (= - zoom), ms`;
	return line(span("dim", text));
}

/** Bars of each hop in a line, all to one scale. */
function heatLines(model: Model, hops: readonly HopSummary[], width: number, height: number): readonly Line[] {
	const room = Math.max(0, width - HEAT_NAME - 5);
	const range = { fromNs: 0, toNs: longestRtt(hops, room * model.zoom) };
	const { charset, zoom } = model;
	const rows = hops.map((hop) => {
		const [first = null] = hop.answerers;
		const isHere = hop.ttl === model.ttl;
		const row = line(
			`${isHere ? POINTER : " "}${String(hop.ttl).padStart(2)}. `,
			cell(first === null ? "silent" : "plain", first === null ? "???" : calledBy(model, first), HEAT_NAME - 1),
			" ",
			...sparkline(hop, { width: room, range, charset, zoom, isPlain: false }),
		);
		return isHere ? selected(row) : row;
	});
	const at = hops.findIndex(({ ttl }) => ttl === model.ttl);
	return windowed(rows, Math.max(0, at), height);
}
