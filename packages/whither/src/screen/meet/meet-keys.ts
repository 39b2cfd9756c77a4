/** The keys of a meeting's screen, from which its help is made too. */
import type { Key } from "../cells/key-reader.ts";
import type { MeetModel, MeetView } from "./meet-model.ts";

/** What a key asks of whoever runs the meeting. */
export type MeetEffect = "quit" | "quitKeepingFrame" | "suspend" | "redraw";

/** One row. */
export interface MeetKeyRow {
	readonly keys: readonly string[];
	readonly shown: string;
	readonly says: string;
	readonly press: (model: MeetModel) => { readonly model: MeetModel; readonly effect: MeetEffect | null };
}

function row(
	keys: readonly string[],
	says: string,
	change: (model: MeetModel) => MeetModel,
	shown = keys.join(" "),
): MeetKeyRow {
	return { keys, shown, says, press: (model) => ({ model: change(model), effect: null }) };
}

function effect(keys: readonly string[], says: string, what: MeetEffect, shown = keys.join(" ")): MeetKeyRow {
	return { keys, shown, says, press: (model) => ({ model, effect: what }) };
}

function view(keys: readonly string[], name: MeetView, says: string, shown = keys.join(" ")): MeetKeyRow {
	return row(keys, says, (model) => ({ ...model, view: model.view === name ? "pairs" : name, scroll: 0 }), shown);
}

function moved(model: MeetModel, by: number): MeetModel {
	if (model.view !== "pairs" && model.view !== "details") return { ...model, scroll: Math.max(0, model.scroll + by) };
	const at = model.lanes.findIndex(({ id }) => id === model.pairId);
	const to = Math.min(model.lanes.length - 1, Math.max(0, at === -1 && by < 0 ? model.lanes.length - 1 : at + by));
	return { ...model, pairId: model.lanes[to]?.id ?? null };
}

/** All keys. */
export const MEET_KEYS: readonly MeetKeyRow[] = [
	view(["?", "h"], "help", "this help"),
	row(["up"], "pair before", (model) => moved(model, -1), "Up"),
	row(["down"], "pair behind", (model) => moved(model, 1), "Down"),
	view(["enter", "D"], "details", "details of the pair", "Enter D"),
	view(["t"], "way", "the way between the two, as both ends traced it"),
	view(["l"], "log", "log: what was found and said"),
	row(["escape"], "back to the pairs", (model) => ({ ...model, view: "pairs", scroll: 0, pairId: null }), "Esc"),
	effect(["q", "ctrl-c"], "leave the meeting, and print what it came to", "quit"),
	effect(["Q"], "the same, and leave this on the terminal", "quitKeepingFrame"),
	effect(["ctrl-l"], "draw the screen anew", "redraw", "Ctrl-L"),
	effect(["ctrl-z"], "suspend; fg goes on", "suspend", "Ctrl-Z"),
];

/** The model after a key, and what is to be done; null: nothing. */
export function pressMeet(model: MeetModel, key: Key): ReturnType<MeetKeyRow["press"]> {
	const found = key.kind === "key" ? MEET_KEYS.find(({ keys }) => keys.includes(key.name)) : undefined;
	return found?.press(model) ?? { model, effect: null };
}
