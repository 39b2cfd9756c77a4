/** A line of text that the reader types at the bottom of the screen. */
import type { Key } from "../cells/key-reader.ts";
import { clip } from "../cells/width.ts";
import { COLUMNS, columnsOf } from "./columns.ts";
import { complaining, type Pressed, pressed, saying } from "./effects.ts";
import type { Model, Prompt } from "./model.ts";

/** What is asked, as the screen says it. */
export const QUESTIONS: Readonly<Record<Prompt["asks"], string>> = {
	columns: "Columns",
	interval: "Seconds from round to round",
	file: "Write the report to file",
	privacy: "Hide the first so many hops (0: none)",
};

/** Nothing that is asked for is longer. */
const LONGEST = 255;
/** Between rounds: mtr asks no faster of a user either. */
const INTERVAL_SECONDS = [0.1, 3600] as const;
const MOST_HIDDEN = 255;

/** Ask; `text` is what stands there at first. */
export function asking(model: Model, asks: Prompt["asks"], text: string): Model {
	return { ...model, prompt: { asks, text } };
}

/** A key while a line is typed. */
export function typed(model: Model, prompt: Prompt, key: Key): Pressed {
	const edit = (text: string) => pressed({ ...model, prompt: { ...prompt, text: clip(text, LONGEST) } });
	if (key.kind === "paste") return edit(prompt.text + withoutControls(key.text));
	switch (key.name) {
		case "escape":
		case "ctrl-c":
			return pressed({ ...model, prompt: null });
		case "enter":
			return ANSWERED[prompt.asks]({ ...model, prompt: null }, prompt.text.trim());
		case "backspace":
			return edit([...prompt.text].slice(0, -1).join(""));
		case "ctrl-u":
			return edit("");
		case "space":
			return edit(`${prompt.text} `);
		default:
			return [...key.name].length === 1 ? edit(prompt.text + key.name) : pressed(model);
	}
}

function withoutControls(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
	return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "");
}

const ANSWERED: Readonly<Record<Prompt["asks"], (model: Model, text: string) => Pressed>> = {
	columns: (model, text) => {
		const columns = columnsOf(text);
		const letters = COLUMNS.map(({ letter }) => letter).join("");
		if (columns === null || text === "") return pressed(complaining(model, `Columns are letters of ${letters}`));
		return pressed({ ...model, columns: text });
	},
	interval: (model, text) => {
		const seconds = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
		const [least, most] = INTERVAL_SECONDS;
		if (!(seconds >= least && seconds <= most))
			return pressed(complaining(model, `Seconds from ${least} to ${most}, not "${text}"`));
		const intervalMs = Math.round(seconds * 1000);
		return pressed({ ...model, intervalMs }, { type: "interval", intervalMs });
	},
	file: (model, text) =>
		text === "" ? pressed(saying(model, "No file, nothing written")) : pressed(model, { type: "write", file: text }),
	privacy: (model, text) => {
		const hops = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
		if (!(hops <= MOST_HIDDEN)) return pressed(complaining(model, `A number of hops, not "${text}"`));
		return pressed(
			saying({ ...model, privacy: hops }, hops === 0 ? "All hops are named" : `Hidden: hops up to ${hops}`),
		);
	},
};
