/** Completion scripts for bash, zsh and fish, from the tables. */

import type { OptionRow } from "../arguments/option-table.ts";
import { COMMANDS, type CommandRow, type SHELLS } from "../commands.ts";

/** A shell that completion is made for. */
export type Shell = (typeof SHELLS)[number];

/** The script for one shell, as `whither completion SHELL` prints it. */
export function formatCompletion(shell: Shell): string {
	return { bash, zsh, fish }[shell]();
}

function optionsOf(command: CommandRow): readonly (readonly [string, OptionRow])[] {
	return Object.entries(command.options);
}

function spellings(name: string, row: OptionRow): readonly string[] {
	return row.short === null ? [`--${name}`] : [`--${name}`, `-${row.short}`];
}

function wordsOf(command: CommandRow): readonly string[] {
	return Array.isArray(command.completes) ? command.completes : [];
}

function bash(): string {
	const cases = COMMANDS.map((command) => {
		const flags = optionsOf(command).flatMap(([name, row]) => spellings(name, row));
		return `\t${command.name}) words="${[...flags, ...wordsOf(command)].join(" ")}" ;;`;
	});
	return `# bash completion for whither
_whither() {
	local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command=trace words=""
	case "\${COMP_WORDS[1]}" in
	${COMMANDS.map((command) => command.name).join("|")}) ((COMP_CWORD > 1)) && command="\${COMP_WORDS[1]}" ;;
	esac
	[[ "$previous" == = ]] && previous="\${COMP_WORDS[COMP_CWORD-2]}"
	[[ "$current" == = ]] && previous="\${COMP_WORDS[COMP_CWORD-1]}" && current=""
	case "$command $previous" in
${bashValueCases().join("\n")}
	esac
	case "$command" in
${cases.join("\n")}
	esac
	((COMP_CWORD == 1)) && words="$words ${COMMANDS.map((command) => command.name).join(" ")}"
	COMPREPLY=($(compgen -W "$words" -- "$current"))
	if [[ "$command" =~ ^(${BASH_HOSTS})$ && "$current" != -* ]]; then
		COMPREPLY+=($(compgen -A hostname -- "$current"))
	fi
}
complete -F _whither whither
`;
}

/** Commands whose operands are hosts. */
const BASH_HOSTS = COMMANDS.filter(({ completes }) => completes === "host")
	.map(({ name }) => name)
	.join("|");

/** A letter may mean another thing in another command. */
function bashValueCases(): readonly string[] {
	const patterns = new Map<string, string[]>();
	for (const command of COMMANDS) {
		for (const [name, row] of optionsOf(command)) {
			if (row.value === null) continue;
			const reply = bashValues(row);
			const words = spellings(name, row).map((spelling) => `"${command.name} ${spelling}"`);
			patterns.set(reply, [...(patterns.get(reply) ?? []), ...words]);
		}
	}
	return [...patterns].map(([reply, words]) => `\t${words.join("|")}) ${reply} ; return ;;`);
}

function bashValues(row: OptionRow): string {
	const completes = row.value?.completes ?? null;
	const reply = (words: string) => `COMPREPLY=($(compgen -W "${words}" -- "$current"))`;
	if (completes === "interface") return reply("$(command ls /sys/class/net 2>/dev/null)");
	return Array.isArray(completes) ? reply(completes.join(" ")) : "COMPREPLY=()";
}

function zsh(): string {
	const functions = COMMANDS.map(
		(command) => `_whither_${command.name}() {\n\t_arguments -s -S \\\n${zshSpecs(command).join(" \\\n")}\n}`,
	);
	const commands = COMMANDS.map((command) => `\t\t'${command.name}:${zshText(command.summary)}'`);
	return `#compdef whither
${functions.join("\n\n")}

_whither() {
	local -a commands=(
${commands.join("\n")}
	)
	case "\${words[2]}" in
	${COMMANDS.map((command) => command.name).join("|")})
		if ((CURRENT > 2)); then
			local command="\${words[2]}"
			shift words
			((CURRENT--))
			_whither_$command
			return
		fi ;;
	esac
	if ((CURRENT == 2)) && [[ "\${words[2]}" != -* ]]; then
		_describe command commands
	fi
	_whither_trace
}

_whither "$@"
`;
}

function zshSpecs(command: CommandRow): readonly string[] {
	const options = optionsOf(command).map(([name, row]) => {
		const text = `[${zshText(row.summary)}]`;
		const value =
			row.value === null ? "" : `:${row.value.placeholder.replaceAll(/[[\],:]/g, " ").trim()}:${zshValues(row)}`;
		if (row.short === null) return `\t\t'--${name}${value === "" ? "" : "="}${text}${value}'`;
		const long = value === "" ? `--${name}` : `--${name}=`;
		const short = value === "" ? `-${row.short}` : `-${row.short}+`;
		return `\t\t'(-${row.short} --${name})'{${short},${long}}'${text}${value}'`;
	});
	const words = wordsOf(command);
	if (command.completes === "host") return [...options, "\t\t'*:host:_hosts'"];
	return words.length === 0 ? options : [...options, `\t\t'1:${command.name}:(${words.join(" ")})'`];
}

function zshValues(row: OptionRow): string {
	const completes = row.value?.completes ?? null;
	if (completes === "interface") return "_net_interfaces";
	return Array.isArray(completes) ? `(${completes.join(" ")})` : " ";
}

function zshText(text: string): string {
	return text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, "\\$&");
}

function fish(): string {
	const names = COMMANDS.map((command) => command.name).join(" ");
	const lines = ["# fish completion for whither", `set -l commands ${names}`];
	for (const command of COMMANDS) {
		lines.push(`complete -c whither -n __fish_use_subcommand -a ${command.name} -d ${fishText(command.summary)}`);
	}
	for (const command of COMMANDS) {
		const others = COMMANDS.filter((other) => other !== command).map((other) => other.name);
		const seen =
			command.name === "trace"
				? `not __fish_seen_subcommand_from ${others.join(" ")}`
				: `__fish_seen_subcommand_from ${command.name}`;
		const when = `complete -c whither -f -n '${seen}'`;
		for (const [name, row] of optionsOf(command)) lines.push(`${when} ${fishOption(name, row)}`);
		if (command.completes === "host") lines.push(`${when} -a '(__fish_print_hostnames)'`);
		for (const word of wordsOf(command)) lines.push(`${when} -a ${word}`);
	}
	return `${lines.join("\n")}\n`;
}

function fishOption(name: string, row: OptionRow): string {
	const short = row.short === null ? "" : `${row.short.length === 1 ? "-s" : "-o"} ${row.short} `;
	return `${short}-l ${name}${fishValues(row)} -d ${fishText(row.summary)}`;
}

function fishValues(row: OptionRow): string {
	if (row.value === null) return "";
	const completes = row.value.completes;
	if (completes === "interface") return " -x -a '(__fish_print_interfaces)'";
	return Array.isArray(completes) ? ` -x -a '${completes.join(" ")}'` : " -x";
}

function fishText(text: string): string {
	return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
