/** The hop table: who answers at each distance, figures, what missing answers mean, and the latest round trips as bars. */
import type { AnswererSummary, HopSummary } from "@whither/core";
import { formatExtensions } from "../../report/trace/extension-text.ts";
import { cell, type Line, line, type Span, selected, span } from "../cells/line.ts";
import { columnsOf, lettersOn } from "../model/columns.ts";
import { type Model, shownTarget } from "../model/model.ts";
import { figure, percent } from "./figures.ts";
import { POINTER } from "./glyphs.ts";
import { lossWord } from "./loss.ts";
import { calledBy, dscpsBefore, IP_INFO_WIDTHS, ipInfoText, isMpls, marksOf } from "./naming.ts";
import { longestRtt, type Range, rangeOf } from "./scale.ts";
import { sparkline } from "./sparkline.ts";
import { windowed } from "./window.ts";

/** Pointer, TTL and full stop. */
const TTL_WIDTH = 5;
const LOSS_WORD_WIDTH = 7;
const LEAST_NAME = 16;
/** A name's share of what figures leave, and no more than so many columns. */
const NAME_SHARE = 0.7;
const MOST_NAME = 60;
/** Fewer columns of history say nothing. */
const LEAST_HISTORY = 4;
/** From here on marks are words. */
const WIDE_NAME = 44;

interface Layout {
	readonly name: number;
	readonly columns: NonNullable<ReturnType<typeof columnsOf>>;
	readonly history: number;
	/** Of all hops; null: each hop has its own. */
	readonly range: Range | null;
	readonly ipInfo: number;
}

/** The table, its head first, `height` lines at most. */
export function hopLines(model: Model, width: number, height: number): readonly Line[] {
	const target = shownTarget(model);
	if (target === null || height <= 0) return [];
	const { hops, rounds } = target.summary;
	const layout = layoutOf(model, hops, width);
	if (hops.length === 0) return [headLine(layout), line(span("dim", "  Nothing has come yet."))];
	const before = dscpsBefore(hops, target.dscp);
	const rows = hops.flatMap((hop, index) => {
		const marks = marksOf(hop, { dscpBefore: before[index] ?? 0, rounds });
		return linesOfHop(model, hop, layout, marks).map((each) => ({ ttl: hop.ttl, line: each }));
	});
	const at = rows.findIndex(({ ttl }) => ttl === model.ttl);
	const body = windowed(
		rows.map((row) => row.line),
		Math.max(0, at),
		height - 1,
	);
	return [headLine(layout), ...body];
}

function layoutOf(model: Model, hops: readonly HopSummary[], width: number): Layout {
	const isFigures = model.displayMode === "figures";
	const columns = isFigures ? (columnsOf(lettersOn(model.columns, width)) ?? []) : [];
	const figures = isFigures ? columns.reduce((sum, column) => sum + (column?.width ?? 1), 0) + LOSS_WORD_WIDTH : 1;
	const ipInfo = model.ipInfo === null ? 0 : IP_INFO_WIDTHS[model.ipInfo] + 1;
	const room = Math.max(0, width - TTL_WIDTH - ipInfo - figures);
	const share = isFigures ? NAME_SHARE : NAME_SHARE / 2;
	const wanted = Math.min(MOST_NAME, Math.max(LEAST_NAME, Math.floor(room * share)));
	const history = room - wanted - 1 >= LEAST_HISTORY ? room - wanted - 1 : 0;
	const name = Math.max(0, Math.min(room, history === 0 ? room : wanted));
	const toNs = longestRtt(hops, Math.max(1, history) * model.zoom);
	return { name, columns, history, range: isFigures ? null : { fromNs: 0, toNs }, ipInfo };
}

function headLine({ name, columns, history, ipInfo, range }: Layout): Line {
	const heads = columns.map((column) => (column === null ? " " : column.title.padStart(column.width)));
	const top = range === null ? "" : ` to ${figure(range.toNs)} ms`;
	return line(
		span("strong", `${" ".repeat(TTL_WIDTH + ipInfo)}${"Host".padEnd(name).slice(0, name)}${heads.join("")}`),
		span("strong", columns.length === 0 ? " " : " ".repeat(LOSS_WORD_WIDTH)),
		...(history === 0 ? [] : [" ", cell("strong", history < 12 ? "History" : `Round trips${top}`, history)]),
	);
}

type Marks = ReturnType<typeof marksOf>;

function linesOfHop(model: Model, hop: HopSummary, layout: Layout, marks: Marks): readonly Line[] {
	const { answerersShown, mpls, ttl } = model;
	const [first = null, ...others] = hop.answerers.slice(0, answerersShown ?? undefined);
	const isMany = hop.answerers.length > 1;
	const isHere = hop.ttl === ttl;
	const pointer = span(isHere ? "strong" : "plain", `${isHere ? POINTER : " "}${String(hop.ttl).padStart(2)}. `);
	const top = line(
		pointer,
		...nameSpans(model, layout, { one: first, share: isMany ? shareOf(hop, first) : null, marks }),
		...figureSpans(model, hop, layout),
	);
	const rest = others.map((one) =>
		line(" ".repeat(TTL_WIDTH), ...nameSpans(model, layout, { one, share: shareOf(hop, one), marks: [] })),
	);
	const labels = mpls ? hop.answerers.flatMap((one) => labelLines(one, isMany ? `${calledBy(model, one)} ` : "")) : [];
	return [isHere ? selected(top) : top, ...rest, ...labels];
}

/** Of the hop's answers, those that are this one's. */
function shareOf({ answerers }: HopSummary, one: AnswererSummary | null): number | null {
	const all = answerers.reduce((sum, { received }) => sum + received, 0);
	return one === null || all === 0 ? null : one.received / all;
}

interface Named {
	readonly one: AnswererSummary | null;
	readonly share: number | null;
	readonly marks: Marks;
}

function nameSpans(model: Model, { name, ipInfo }: Layout, { one, share, marks }: Named): readonly Span[] {
	const shareText = share === null ? "" : ` ${percent(share).padStart(4)}`;
	const markText = marks.length === 0 ? "" : ` ${marksText(marks, name >= WIDE_NAME)}`;
	const info = one === null || ipInfo === 0 ? "" : ipInfoText(model, one);
	const room = Math.max(0, name - shareText.length - markText.length - 1);
	return [
		cell("dim", info, ipInfo),
		one === null ? cell("silent", "???", room) : cell("plain", calledBy(model, one), room),
		span("mark", markText),
		span("dim", shareText),
		" ",
	].map((piece) => (typeof piece === "string" ? span("plain", name > 0 ? piece : "") : piece));
}

function marksText(marks: Marks, isWide: boolean): string {
	return isWide ? marks.map(([, word]) => `[${word}]`).join("") : `[${marks.map(([letter]) => letter).join("")}]`;
}

function figureSpans(model: Model, hop: HopSummary, layout: Layout): readonly Span[] {
	const { columns, history } = layout;
	const { word, role } = lossWord(hop);
	const figures = columns.map((column) => {
		if (column === null) return span("plain", " ");
		return cell(column.letter === "L" ? role : "plain", column.value(hop), column.width, "right");
	});
	const words = model.displayMode === "figures" ? [cell(role, ` ${word}`, LOSS_WORD_WIDTH)] : [span("plain", " ")];
	if (history === 0) return [...figures, ...words];
	const isPlain = model.displayMode === "answers";
	const range = layout.range ?? rangeOf(hop, history * model.zoom);
	const style = { width: history, range, charset: model.charset, zoom: model.zoom, isPlain };
	return [...figures, ...words, span("plain", " "), ...sparkline(hop, style)];
}

function labelLines({ extensions }: AnswererSummary, whose: string): readonly Line[] {
	const stacks = extensions.filter(isMpls);
	return stacks.map((stack) => line(" ".repeat(TTL_WIDTH), span("dim", `  ${whose}[${formatExtensions([stack])}]`)));
}
