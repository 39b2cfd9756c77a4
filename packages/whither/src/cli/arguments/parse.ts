/** A command line into a command, its options and its operands, over the table of options. */
import { parseArgs } from "node:util";
import { type CommandRow, findCommand } from "../commands.ts";
import type { OptionRow, OptionTable, Parsed } from "./option-table.ts";
import { suggest } from "./suggest.ts";
import { UsageProblem } from "./values.ts";

/** Split the command word off; without one it is `trace`. Only the first word counts, so a host may have any name. */
export function splitCommand(
	args: readonly string[],
	byDefault: CommandRow,
): { command: CommandRow; rest: readonly string[] } {
	const command = findCommand(args[0]);
	return command === null ? { command: byDefault, rest: args } : { command, rest: args.slice(1) };
}

/** Read options and operands; throws `UsageProblem` with a sentence for the user. An option given twice counts as last given, unless its kind merges. */
export function parseOptions<Table extends OptionTable>(
	args: readonly string[],
	table: Table,
): { options: Parsed<Table>; operands: readonly string[] } {
	const options: Record<string, unknown> = {};
	const operands: string[] = [];
	for (const token of tokensOf(args, table)) {
		if (token.kind === "positional") operands.push(token.value);
		if (token.kind === "option") options[token.name] = optionValue(table, token, options[token.name]);
	}
	return { options: options as Parsed<Table>, operands };
}

/** Whether an option is there, whatever is wrong with it or with others. */
export function mentionsOption<Table extends OptionTable>(
	args: readonly string[],
	table: Table,
	name: keyof Table,
): boolean {
	return tokensOf(args, table).some((token) => token.kind === "option" && token.name === name);
}

function tokensOf(args: readonly string[], table: OptionTable) {
	const options = parserOptions(table);
	return parseArgs({ args: spelledOut(args, table), options, strict: false, tokens: true }).tokens;
}

interface OptionToken {
	readonly name: string;
	readonly rawName: string;
	readonly value?: string | undefined;
}

/** Words such as `-UL`, which the parser would take for two letters, by their long names. */
function spelledOut(args: readonly string[], table: OptionTable): string[] {
	const long = new Map(Object.entries(table).map(([name, row]) => [`-${row.short}`, `--${name}`]));
	const end = args.indexOf("--");
	return args.map((word, index) => {
		const alone = word.length > 2 && (end === -1 || index < end);
		return (alone ? long.get(word) : undefined) ?? word;
	});
}

type ParserOption = { type: "string" | "boolean"; short?: string };

function parserOptions(table: OptionTable): Record<string, ParserOption> {
	const entries = Object.entries(table).map(([name, row]): [string, ParserOption] => [
		name,
		{ type: row.value === null ? "boolean" : "string", ...(row.short?.length === 1 ? { short: row.short } : {}) },
	]);
	return Object.fromEntries(entries);
}

function optionValue(table: OptionTable, token: OptionToken, before: unknown): unknown {
	const row = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
	if (row === undefined) throw new UsageProblem(unknownOption(table, token.rawName));
	if (row.value === null) {
		if (token.value !== undefined) throw new UsageProblem(`${token.rawName} takes no value`);
		return true;
	}
	if (token.value === undefined)
		throw new UsageProblem(`${token.rawName} wants a value: ${usageOf(token.rawName, row)}`);
	const value = row.value.read(token.value, token.rawName);
	return before === undefined || row.value.merge === undefined ? value : row.value.merge(before, value);
}

function usageOf(rawName: string, row: OptionRow): string {
	return `${rawName}${rawName.startsWith("--") ? "=" : " "}${row.value?.placeholder ?? ""}`;
}

function unknownOption(table: OptionTable, rawName: string): string {
	const names = Object.keys(table);
	const near = rawName.startsWith("--") ? suggest(rawName.slice(2), names) : null;
	const hint = near === null ? "`whither --help` lists them all" : `did you mean --${near}?`;
	return `There is no option ${rawName}; ${hint}`;
}
