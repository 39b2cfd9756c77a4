/** The whole screen of `whither live`: what is traced on top, a view, and one line at the bottom. */

import { printable } from "../../report/printable.ts";
import { type Line, leftAndRight, line, type Span, span } from "../cells/line.ts";
import { type Model, shownTarget, type Target, type ViewName } from "../model/model.ts";
import { QUESTIONS } from "../model/prompts.ts";
import { chartLines } from "./chart.ts";
import { detailLines } from "./details.ts";
import { secondsText } from "./figures.ts";
import { flowLines } from "./flows.ts";
import { folded } from "./fold.ts";
import { helpLines } from "./help.ts";
import { hopLines } from "./hops.ts";
import { mapLines } from "./map.ts";
import { scrolled } from "./window.ts";

/** A screen, and how far its view is scrolled: no further than it goes. */
export interface Frame {
	readonly lines: readonly Line[];
	readonly scroll: number;
}

/** The model as lines, one for each row of the screen. */
export function frameOf(model: Model): Frame {
	const { columns, rows } = model.size;
	const head = headLines(model, columns);
	const foot = footLines(model, columns).slice(0, rows);
	// A screen of few lines has a view before it has anything else.
	const kept = rows >= head.length + 4 ? head : head.slice(0, Math.max(0, rows - 4));
	const height = Math.max(0, rows - kept.length - foot.length);
	const body = bodyOf(model, columns, height);
	const blanks = Array.from({ length: Math.max(0, height - body.lines.length) }, () => line(""));
	return { lines: [...kept, ...body.lines.slice(0, height), ...blanks, ...foot].slice(-rows), scroll: body.scroll };
}

function bodyOf(model: Model, width: number, height: number): Frame {
	const whole = (lines: readonly Line[]): Frame => ({ lines, scroll: model.scroll });
	switch (model.view) {
		case "hops":
			return whole(hopLines(model, width, height));
		case "chart":
			return whole(chartLines(model, width, height));
		case "map":
			return whole(mapLines(model, width, height));
		case "flows":
			return scrolled(flowLines(model, width), model.scroll, height);
		case "help":
			return scrolled(helpLines(width), model.scroll, height);
		case "details": {
			// The selected answerer stays in sight.
			const lines = detailLines(model, width);
			const at = lines.findIndex(({ isSelected }) => isSelected);
			const scroll = at < height - 4 ? 0 : at - height + 5;
			return scrolled(lines, scroll, height);
		}
	}
}

const VIEW_TITLES: Readonly<Record<ViewName, string>> = {
	hops: "",
	chart: "chart",
	flows: "flows",
	details: "details",
	map: "map",
	help: "help",
};

function headLines(model: Model, width: number): readonly Line[] {
	const target = shownTarget(model);
	const title = span("title", " whither live ");
	if (target === null) return [line(title)];
	const flags = [
		...(model.isFrozen ? [span("slow", "FROZEN ")] : []),
		...(model.isPaused ? [span("slow", "PAUSED ")] : []),
		...(VIEW_TITLES[model.view] === "" ? [] : [span("title", `[${VIEW_TITLES[model.view]}] `)]),
		stateSpan(target),
	];
	const name = printable(target.name);
	const at = target.address === null || target.address === target.name ? "" : ` (${target.address})`;
	const facts = leftAndRight([span("dim", ` ${factsOf(model, target)}`)], [span("dim", `${hopsText(target)} `)], width);
	return [leftAndRight([title, span("strong", `${name}${at}`)], flags, width), facts, ...tabLines(model)];
}

function stateSpan({ state, summary }: Target): Span {
	if (state === "failed") return span("targetLoss", "FAILED ");
	if (state === "ended") return span("strong", "ended ");
	if (state === "starting") return span("dim", "starting ");
	return summary.reached ? span("good", "reached ") : span("dim", "not reached ");
}

function factsOf({ intervalMs }: Model, { method, port, source, summary }: Target): string {
	const to = port === null ? "" : ` to port ${port}`;
	const from = source === null ? "" : ` from ${source}`;
	return `${method ?? "..."}${to}${from}, round ${summary.rounds}, every ${secondsText(intervalMs)}`;
}

function hopsText({ summary }: Target): string {
	const changes = summary.changes.length === 0 ? "" : `${summary.changes.length} path changes, `;
	return `${changes}${summary.hops.length} hops`;
}

/** The targets, where there are several. */
function tabLines({ shown, target }: Model): readonly Line[] {
	if (shown.length < 2) return [];
	const tabs = shown.map((each, index) => {
		const text = `${index + 1} ${printable(each.name)}`;
		return index === target ? span("strong", `[${text}] `) : span("dim", ` ${text}  `);
	});
	return [line(" ", ...tabs)];
}

const HINTS: readonly (readonly [string, string])[] = [
	["h", "help"],
	["q", "quit"],
	["p", "pause"],
	["Enter", "details"],
	["c", "chart"],
	["f", "flows"],
	["m", "map"],
	["d", "display"],
	["o", "columns"],
	["w", "write"],
];

/** What is asked, said or may be pressed; sentences are folded. */
function footLines({ prompt, message, shown, target }: Model, width: number): readonly Line[] {
	if (prompt !== null) {
		const question = `${QUESTIONS[prompt.asks]}: `;
		return [
			line(span("strong", ` ${question}`), `${prompt.text}_`, span("dim", "  Enter to take it, Esc to leave it")),
		];
	}
	const note = shown[target]?.note ?? null;
	if (message === null && note === null) return [hintLine(width)];
	const { text, isBad } = message ?? { text: printable(note ?? ""), isBad: true };
	const mark = isBad ? " ! " : " ";
	return folded(text, width - mark.length).map((part, index) =>
		line(span(isBad ? "slow" : "plain", index === 0 ? mark : " ".repeat(mark.length)), part),
	);
}

function hintLine(width: number): Line {
	let room = width;
	const hints = HINTS.filter(([key, word]) => {
		room -= key.length + word.length + 3;
		return room >= 0;
	});
	return line(...hints.flatMap(([key, word]) => [" ", span("key", key), span("dim", ` ${word} `)]));
}
