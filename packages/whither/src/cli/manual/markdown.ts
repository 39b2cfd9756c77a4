/** docs/cli.md, from the tables. */

import type { OptionRow } from "../arguments/option-table.ts";
import { COMMANDS, type CommandRow, EXIT_CODES } from "../commands.ts";
import { GROUPS, methodRows, methodsWithOptions, optionLabel, optionsIn } from "./help.ts";
import { ANNOTATION_ROWS, TEXT_ROWS } from "./manual-text.ts";

/** The command-line reference. */
export function formatMarkdown(): string {
	const parts = [
		"# Command line",
		"Made from the option tables of the commands (`packages/whither/src/cli/commands.ts` names them) by `node scripts/generate.mjs`; edit it there.",
		...COMMANDS.flatMap(commandParts),
		"## Methods",
		table(
			["name", "what it sends"],
			methodRows().map(([name, summary]) => [`\`${name}\``, summary]),
		),
		...methodsWithOptions().flatMap(({ name, rows }) => [
			`### Options of \`${name}\` (\`-O\`)`,
			table(
				["option", "does"],
				rows.map(([label, text]) => [`\`${label}\``, text]),
			),
		]),
		"## Marks after a round trip",
		table(
			["mark", "meaning"],
			ANNOTATION_ROWS.map(([mark, words]) => [`\`${mark}\``, words]),
		),
		"## What else text may show",
		table(
			["text", "meaning"],
			TEXT_ROWS.map(([mark, words]) => [`\`${mark}\``, words]),
		),
		"## Exit codes",
		table(
			["code", "meaning"],
			EXIT_CODES.map(([code, words]) => [String(code), words]),
		),
	];
	return `${parts.join("\n\n")}\n`;
}

function commandParts(command: CommandRow): readonly string[] {
	const rows = GROUPS.flatMap((group) =>
		optionsIn(command.options, group).map(([name, row]) => optionCells(name, row)),
	);
	return [
		`## \`whither ${command.name}\``,
		`\`\`\`\n${command.usage}\n\`\`\``,
		`${command.summary}.`,
		...command.about,
		...(rows.length === 0 ? [] : [table(["option", "does", "default"], rows)]),
	];
}

function optionCells(name: string, row: OptionRow): readonly string[] {
	return [`\`${optionLabel(name, row).trim()}\``, row.summary, row.byDefault ?? ""];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
	return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
