/** `--help`, from the tables. */
import { TRACE_METHODS, type TraceMethod } from "@whither/core";
import { methodOptionLabel } from "../../api/method-options.ts";
import type { OptionGroup, OptionRow, OptionTable } from "../arguments/option-table.ts";
import { COMMANDS, type CommandRow, EXIT_CODES } from "../commands.ts";

/** Groups in the order help shows them. */
export const GROUPS: readonly OptionGroup[] = [
	"Method",
	"Path",
	"Probes",
	"Timing",
	"Server",
	"Call",
	"Relay",
	"Router",
	"Targets",
	"Store",
	"Check",
	"Output",
	"General",
];

const WIDTH = 100;
const INDENT = 30;

/** The whole help of one command. */
export function formatHelp(command: CommandRow): string {
	const parts = [`Usage: ${command.usage}`, `${command.summary}.`, ...command.about].map((text) => wrap(text, 0));
	if (command.name === "trace") parts.push(commandList());
	for (const group of GROUPS) {
		const rows = optionsIn(command.options, group);
		if (rows.length > 0)
			parts.push(
				section(
					group,
					rows.map(([name, row]) => [optionLabel(name, row), optionText(row)]),
				),
			);
	}
	if (command.name === "trace") {
		parts.push(section("Methods", methodRows()));
		parts.push(
			section(
				"Exit codes",
				EXIT_CODES.map(([code, words]) => [String(code), words]),
			),
		);
	}
	return `${parts.join("\n\n")}\n`;
}

/** `-O help`: the options of one method. */
export function formatMethodOptions(method: TraceMethod): string {
	const rows = optionRows(method);
	if (rows.length === 0) return `Method ${method.name} has no options of its own.\n`;
	return `${section(`Options of method ${method.name} (-O NAME[=VALUE],...)`, rows)}\n`;
}

function optionRows({ options = [] }: TraceMethod): readonly [string, string][] {
	return options.map((option) => [methodOptionLabel(option), option.summary]);
}

/** Every method with one line about it. */
export function methodRows(): readonly (readonly [string, string])[] {
	return TRACE_METHODS.map(({ name, summary }) => [name, summary]);
}

/** Methods that have options of their own, and those options. */
export function methodsWithOptions(): readonly { readonly name: string; readonly rows: readonly [string, string][] }[] {
	return TRACE_METHODS.flatMap((method) => {
		const rows = optionRows(method);
		return rows.length === 0 ? [] : [{ name: method.name, rows }];
	});
}

function commandList(): string {
	return section(
		"Commands",
		COMMANDS.map((command) => [command.name, command.summary]),
	);
}

/** The options of one group, in the table's order. */
export function optionsIn(table: OptionTable, group: OptionGroup): readonly (readonly [string, OptionRow])[] {
	return Object.entries(table).filter(([, row]) => row.group === group);
}

/** `-m, --max-hops=N`. */
export function optionLabel(name: string, row: OptionRow): string {
	const short = row.short === null ? "    " : `-${row.short}, `;
	return `${short}--${name}${row.value === null ? "" : `=${row.value.placeholder}`}`;
}

/** The summary, and the default in brackets. */
export function optionText(row: OptionRow): string {
	return row.byDefault === null ? row.summary : `${row.summary} [${row.byDefault}]`;
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
	return [`${title}:`, ...rows.map(([label, text]) => entry(label, text))].join("\n");
}

function entry(label: string, text: string): string {
	const start = `  ${label}`;
	const body = wrap(text, INDENT);
	return start.length < INDENT - 1 ? start + body.slice(start.length) : `${start}\n${body}`;
}

/** The text in lines of at most `WIDTH`, each `indent` in. */
function wrap(text: string, indent: number): string {
	const margin = " ".repeat(indent);
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
			lines.push(margin + line);
			line = word;
		} else line = line === "" ? word : `${line} ${word}`;
	}
	return [...lines, margin + line].join("\n");
}
