/** What a table of options is: its rows, the type of a command line that is derived from them, and the options of every command. */
import { oneOf, type ValueKind } from "./values.ts";

/** Heading under which help lists an option. */
export type OptionGroup =
	| "Method"
	| "Path"
	| "Probes"
	| "Timing"
	| "Server"
	| "Call"
	| "Relay"
	| "Router"
	| "Targets"
	| "Store"
	| "Check"
	| "Output"
	| "General";

/** One option; its long name is its key in the table. `value` null: a flag. */
export interface OptionRow<T = unknown> {
	/** One letter; or, for a flag that traceroute(8) spells so, two after one hyphen (`-UL`), which stand alone. */
	readonly short: string | null;
	readonly value: ValueKind<T> | null;
	readonly group: OptionGroup;
	readonly summary: string;
	/** The default as help shows it; null: none worth a word. */
	readonly byDefault: string | null;
}

/** Options by long name. */
export type OptionTable = Readonly<Record<string, OptionRow>>;

/** What a command line says, by long name; what it does not mention is absent. */
export type Parsed<Table extends OptionTable> = {
	readonly [Name in keyof Table]?: Table[Name] extends OptionRow<infer T> ? T : never;
};

/** A row without a value. */
export function flag(short: string | null, group: OptionGroup, summary: string): OptionRow<true> {
	return { short, value: null, group, summary, byDefault: null };
}

/** A row with one. */
export function valued<T>(
	short: string | null,
	value: ValueKind<T>,
	group: OptionGroup,
	summary: string,
	byDefault: string | null = null,
): OptionRow<T> {
	return { short, value, group, summary, byDefault };
}

/** Options of every command. */
export const GENERAL = {
	help: flag("h", "General", "Show this help and exit"),
} as const satisfies OptionTable;

/** Of every command that prints a report. */
export const COLOR = {
	color: valued(
		null,
		oneOf(["auto", "always", "never"], "WHEN"),
		"Output",
		"Colour: auto, always or never; NO_COLOR is heeded",
		"auto",
	),
} as const satisfies OptionTable;
