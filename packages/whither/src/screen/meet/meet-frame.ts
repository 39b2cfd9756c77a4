/** The screen of a meeting: its pairs as lanes over time, and what the two came to. */
import { formatEndpoint } from "@whither/wire";
import { formatWay } from "../../report/meet/meet-way-text.ts";
import { PLAIN } from "../../report/paint.ts";
import { printable } from "../../report/printable.ts";
import { cell, type Line, leftAndRight, line, type Role, type Span, selected, span } from "../cells/line.ts";
import { figure } from "../views/figures.ts";
import { folded } from "../views/fold.ts";
import type { Frame } from "../views/frame.ts";
import { POINTER } from "../views/glyphs.ts";
import { keyLines } from "../views/help.ts";
import { scrolled, windowed } from "../views/window.ts";
import { MEET_KEYS } from "./meet-keys.ts";
import { type Lane, type LaneState, laneInView, type MeetModel, stateAt } from "./meet-model.ts";

/** What a state looks like in a lane, and what it is called. */
const STATES: Readonly<Record<LaneState, { readonly glyph: string; readonly role: Role; readonly word: string }>> = {
	frozen: { glyph: ".", role: "dim", word: "frozen" },
	waiting: { glyph: "-", role: "dim", word: "waiting" },
	inProgress: { glyph: "=", role: "slow", word: "checking" },
	succeeded: { glyph: "+", role: "good", word: "succeeded" },
	failed: { glyph: "x", role: "targetLoss", word: "failed" },
	nominated: { glyph: "*", role: "good", word: "nominated" },
	selected: { glyph: "@", role: "good", word: "selected" },
};

/** Milliseconds that lanes show at least. */
const LEAST_SPAN_MS = 100;

/** One screen. */
export function meetFrame(model: MeetModel): Frame {
	const { columns, rows } = model.size;
	const head = headLines(model, columns);
	const foot = footLines(model, columns).slice(0, rows);
	const kept = rows >= head.length + 6 ? head : head.slice(0, Math.max(0, rows - 5));
	const height = Math.max(0, rows - kept.length - foot.length);
	const body = bodyOf(model, columns, height);
	const blanks = Array.from({ length: Math.max(0, height - body.lines.length) }, () => line(""));
	return { lines: [...kept, ...body.lines.slice(0, height), ...blanks, ...foot].slice(-rows), scroll: body.scroll };
}

function bodyOf(model: MeetModel, width: number, height: number): Frame {
	switch (model.view) {
		case "pairs":
			return { lines: pairsAndWay(model, width, height), scroll: 0 };
		case "details":
			return { lines: detailLines(model, width), scroll: 0 };
		case "way":
			return scrolled(wayLines(model, width), model.scroll, height);
		case "log":
			return scrolled(
				model.log.map((text) => line(` ${text}`)),
				model.scroll,
				height,
			);
		case "help":
			return scrolled(
				[...keyLines({ heading: "Keys", rows: MEET_KEYS }), line(""), ...legendLines(width)],
				model.scroll,
				height,
			);
	}
}

function headLines(model: MeetModel, width: number): readonly Line[] {
	const { code, server, isMaker, peerTool, state, view, result } = model;
	const stateRole =
		state === "connected" || state === "completed" ? "good" : state === "failed" ? "targetLoss" : "slow";
	const words = state === null ? (peerTool === null ? "waiting for the other end" : "beginning") : state;
	const right = [...(view === "pairs" ? [] : [span("title", `[${view}] `)]), span(stateRole, `${words} `)];
	const other = peerTool === null ? "" : `, the other end is ${printable(peerTool)}`;
	const say =
		code === null ? "" : `Say to the other end: whither meet ${printable(code)} --server ${printable(server ?? "")}`;
	const isAlone = isMaker && peerTool === null && result === null;
	const where = server === null ? "" : `at ${printable(server)}`;
	return [
		leftAndRight([span("title", " whither meet "), span("strong", printable(code ?? ""))], right, width),
		line(isAlone ? span("strong", ` ${say}`) : span("dim", ` ${where}${other}`)),
	];
}

/** What it came to, or which keys there are. */
function footLines({ why, failure }: MeetModel, width: number): readonly Line[] {
	const keys = line(span("dim", " h help  q leave  Up Down pair  Enter details  t way  l log"));
	const sentence = failure ?? why;
	if (sentence === null) return [keys];
	const role = failure === null ? "strong" : "targetLoss";
	return [...folded(printable(sentence), width - 2).map((text) => line(span(role, ` ${text}`))), keys];
}

/** The pairs; below them the way, where it is known and there is room. */
function pairsAndWay(model: MeetModel, width: number, height: number): readonly Line[] {
	const pairs = model.lanes.map((lane) => laneLine(model, lane, width));
	const way = model.result === null ? [] : wayLines(model, width);
	const room = Math.max(0, height - 2 - (way.length === 0 ? 0 : way.length + 1));
	const most = way.length === 0 ? height - 2 : Math.max(Math.min(pairs.length, 3), room);
	const at = model.lanes.findIndex(({ id }) => id === model.pairId);
	const shown = windowed(pairs, Math.max(0, at), most);
	const more = pairs.length - shown.length;
	const head = headOf(model, width);
	if (pairs.length === 0) return [head, line(span("dim", "  No pair yet.")), ...newsLines(model, height - 2)];
	const rest = more === 0 ? legendLines(width).slice(0, 1) : [line(span("dim", `  and ${more} more`))];
	return [head, ...shown, ...rest, ...(way.length === 0 ? [] : [line(""), ...way])];
}

function newsLines({ log }: MeetModel, height: number): readonly Line[] {
	return height <= 0 ? [] : log.slice(-height).map((text) => line(span("dim", ` ${text}`)));
}

/** Pointer, type, state, round trip and checks; the rest is shared by the ends and their lane. */
const FIXED = 2 + 13 + 10 + 6 + 6 + 1;
const LEAST_LANE = 8;

function widthsOf(width: number): { readonly ends: number; readonly lane: number } {
	const room = Math.max(0, width - FIXED);
	const ends = Math.min(48, Math.max(20, Math.floor(room * 0.62)));
	return room - ends < LEAST_LANE ? { ends: room, lane: 0 } : { ends, lane: room - ends - 1 };
}

function headOf({ atMs }: MeetModel, width: number): Line {
	const { ends, lane } = widthsOf(width);
	const until = `${Math.max(LEAST_SPAN_MS, Math.ceil(atMs))} ms`;
	const head = `  ${"Local - remote".padEnd(ends)}${" Type".padEnd(13)}${"State".padEnd(10)}${"RTT".padStart(6)}${"Chk".padStart(6)} `;
	return line(span("strong", head), cell("strong", `0${until.padStart(Math.max(0, lane - 1))}`, lane));
}

function laneLine(model: MeetModel, lane: Lane, width: number): Line {
	const { ends, lane: laneWidth } = widthsOf(width);
	const { pair, goneMs } = lane;
	const { word, role } = STATES[stateAt({ ...lane, goneMs: null }, Number.POSITIVE_INFINITY) ?? "frozen"];
	const isHere = lane.id === model.pairId;
	const mark = isHere ? POINTER : pair.selected ? "*" : " ";
	const rtt = pair.rttNs === null ? "" : figure(pair.rttNs);
	const row = line(
		`${mark} `,
		cell("plain", `${formatEndpoint(pair.local)} - ${formatEndpoint(pair.remote)}`, ends),
		cell("plain", ` ${pair.type}`, 13),
		cell(goneMs === null ? role : "dim", goneMs === null ? word : "gone", 10),
		cell("plain", rtt, 6, "right"),
		cell("dim", `${pair.requestsSent}/${pair.responsesReceived}`, 6, "right"),
		" ",
		...laneSpans(lane, model.atMs, laneWidth),
	);
	return isHere ? selected(row) : row;
}

/** The lane: a glyph for what the pair was at each moment. */
function laneSpans(lane: Lane, atMs: number, width: number): readonly Span[] {
	const spanMs = Math.max(LEAST_SPAN_MS, atMs);
	return Array.from({ length: Math.max(0, width) }, (_, column) => {
		// Its end, so that no state is missed at the end.
		const state = stateAt(lane, ((column + 1) * spanMs) / width);
		return state === null ? span("plain", " ") : span(STATES[state].role, STATES[state].glyph);
	});
}

function legendLines(width: number): readonly Line[] {
	const words = Object.values(STATES).map(({ glyph, word }) => `${glyph} ${word}`);
	return folded(`${words.join("  ")}  (Chk: checks sent/answered)`.replaceAll("  ", " \u00a0"), width - 2).map((text) =>
		line(span("dim", `  ${text.replaceAll("\u00a0", " ")}`)),
	);
}

function detailLines(model: MeetModel, width: number): readonly Line[] {
	const lane = laneInView(model);
	if (lane === null) return [line(span("dim", "  No pair yet."))];
	const { pair, steps } = lane;
	const { requestsSent, responsesReceived, retransmissions, requestsReceived, responsesSent, icmpErrors } = pair;
	const marks = [
		...(pair.readable ? ["readable: a check of theirs has come"] : []),
		...(pair.writable ? ["writable: a check of ours was answered"] : []),
		...(pair.nominated ? ["nominated"] : []),
		...(pair.selected ? ["selected: packets go this way"] : []),
	];
	const failure = pair.failure === null ? [] : folded(`Last failure: ${pair.failure}`, width - 2);
	return [
		line(span("title", ` ${formatEndpoint(pair.local)} - ${formatEndpoint(pair.remote)}`)),
		line(` ${pair.type}, ${pair.local.protocol.toUpperCase()}, priority ${pair.priority}`),
		...folded(marks.join("; "), width - 2).map((text) => line(` ${text}`)),
		line(` Round trip ${pair.rttNs === null ? "not known" : `${figure(pair.rttNs)} ms`}`),
		line(` Our checks: ${requestsSent} sent, ${retransmissions} of them again, ${responsesReceived} answered`),
		line(` Their checks: ${requestsReceived} came, ${responsesSent} answered; ICMP errors: ${icmpErrors}`),
		...failure.map((text) => line(span("targetLoss", ` ${printable(text)}`))),
		line(""),
		line(" ", ...laneSpans(lane, model.atMs, width - 2)),
		...steps.map(({ atMs, state }) => {
			const { glyph, role, word } = STATES[state];
			return line(`  ${atMs.toFixed(0).padStart(7)} ms  `, span(role, `${glyph} ${word}`));
		}),
	];
}

function wayLines({ result }: MeetModel, width: number): readonly Line[] {
	if (result === null) return [line(span("dim", "  The way is traced once the two are connected."))];
	const text = formatWay(result, PLAIN);
	if (text === "") return [line(span("dim", "  No way was traced."))];
	const rows = text.trimEnd().split("\n");
	// The last are remarks, and prose.
	const [prose] = rows.slice(-1);
	const isProse = prose !== undefined && /^ {2}\S/.test(prose) && !/^ {2}(you|relay|them) /.test(prose);
	const table = (isProse ? rows.slice(0, -1) : rows).map((each, index) => span(index === 0 ? "title" : "plain", each));
	const remarks = isProse ? folded(prose.trim(), width - 3).map((each) => span("plain", `  ${each}`)) : [];
	return [...table, ...remarks].map((each) => line(each));
}
