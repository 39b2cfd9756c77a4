/** The manual page in roff (man macros), from the tables. */
import { TOOL } from "../../api/version.ts";
import type { OptionRow } from "../arguments/option-table.ts";
import { COMMANDS, type CommandRow, EXIT_CODES } from "../commands.ts";
import { GROUPS, methodRows, methodsWithOptions, optionsIn, optionText } from "./help.ts";
import { ANNOTATION_ROWS, TEXT_ROWS } from "./manual-text.ts";

/** whither(1). No date stands in it, so that it only changes when the tables do. */
export function formatMan(): string {
	const [trace, ...others] = COMMANDS;
	const lines = [
		`.TH WHITHER 1 "" "whither ${TOOL.version}" "User Commands"`,
		".SH NAME",
		"whither \\- where the packets go: trace any flow between two machines, hop by hop",
		".SH SYNOPSIS",
		...COMMANDS.flatMap((command) => [`.B ${roff(command.usage)}`, ".br"]),
		".SH DESCRIPTION",
		...(trace?.about ?? []).flatMap((text) => [roff(text), ".PP"]),
		...(trace === undefined ? [] : optionLines(trace)),
		".SH METHODS",
		...methodRows().flatMap(([name, summary]) => [".TP", `.B ${roff(name)}`, roff(summary)]),
		...methodOptionLines(),
		".SH OUTPUT",
		"Text is that of traceroute(8). After a round trip may stand:",
		...ANNOTATION_ROWS.flatMap(([mark, words]) => [".TP", `.B ${roff(mark)}`, roff(words)]),
		".PP",
		"Where an option or a method asks for it, there may also stand:",
		...TEXT_ROWS.flatMap(([mark, words]) => [".TP", `.B ${roff(mark)}`, roff(words)]),
		".SH COMMANDS",
		...others.flatMap(commandLines),
		".SH EXIT STATUS",
		...EXIT_CODES.flatMap(([code, words]) => [".TP", `.B ${code}`, roff(words)]),
		".SH ENVIRONMENT",
		".TP",
		".B NO_COLOR",
		"Set and not empty: no colour unless \\-\\-color=always. TERM=dumb does the same.",
		".TP",
		".B WHITHER_STUN",
		roff("The STUN server that `whither stun` asks where none is named."),
		".TP",
		".B WHITHER_BACKEND",
		roff(
			"portable: Node's own sockets even where the kernel's calls can be had; no router is heard by them. native: the kernel's calls or nothing.",
		),
		".SH SEE ALSO",
		".BR traceroute (8),",
		".BR capabilities (7),",
		".BR setpriv (1)",
	];
	return `${lines.join("\n")}\n`;
}

function optionLines(command: CommandRow): readonly string[] {
	return GROUPS.flatMap((group) => {
		const rows = optionsIn(command.options, group);
		const title = `.SH ${group.toUpperCase()} OPTIONS`;
		return rows.length === 0 ? [] : [title, ...rows.flatMap(([name, row]) => optionEntry(name, row))];
	});
}

function methodOptionLines(): readonly string[] {
	return methodsWithOptions().flatMap(({ name, rows }) => [
		`.SS Options of ${roff(name)} (\\-O)`,
		...rows.flatMap(([label, text]) => [".TP", `.B ${roff(label)}`, roff(text)]),
	]);
}

function commandLines(command: CommandRow): readonly string[] {
	const options = Object.entries(command.options).filter(([name]) => name !== "help");
	return [
		".TP",
		`.B ${roff(command.usage)}`,
		`${roff(command.summary)}.`,
		...command.about.flatMap((text) => [".IP", roff(text)]),
		...(options.length === 0 ? [] : [".RS", ...options.flatMap(([name, row]) => optionEntry(name, row)), ".RE"]),
	];
}

function optionEntry(name: string, row: OptionRow): readonly string[] {
	const short = row.short === null ? "" : `\\fB\\-${row.short}\\fR, `;
	const value = row.value === null ? "" : `=\\fI${roff(row.value.placeholder)}\\fR`;
	return [".TP", `${short}\\fB\\-\\-${roff(name)}\\fR${value}`, roff(optionText(row))];
}

/** Escapes for roff: backslash, the hyphens that are minus signs, and a control character at a line's start. */
function roff(text: string): string {
	return text
		.replaceAll("\\", "\\e")
		.replaceAll("-", "\\-")
		.replaceAll("`", "\\(ga")
		.replace(/^([.'])/, "\\&$1");
}
