/**
 * Every command but `trace`: a file of its own in the bundle, so that a trace does not wait for it to be parsed. `meet`,
 * `live` and `serve` are others.
 */
import type { WhitherError } from "../api/error.ts";
import type { FailedMeet } from "../api/meet/failure.ts";
import { COMPLETION_OPTIONS } from "./arguments/options.ts";
import { parseOptions } from "./arguments/parse.ts";
import { suggest } from "./arguments/suggest.ts";
import { UsageProblem } from "./arguments/values.ts";
import { COMMANDS, type CommandRow, findCommand, SHELLS } from "./commands.ts";
import { demoCommand } from "./demo/demo.ts";
import { doctorCommand } from "./doctor.ts";
import { EXIT } from "./exit-codes.ts";
import { formatCompletion } from "./manual/completion.ts";
import { installCompletion, shellOf } from "./manual/completion-install.ts";
import { formatHelp, formatMethodOptions } from "./manual/help.ts";
import { formatMan } from "./manual/man.ts";
import { print } from "./output.ts";
import { formatPingFailure, pingCommand } from "./ping/ping.ts";
import { routerCommand } from "./router.ts";
import type { resultsText as ResultsText } from "./show/write-report.ts";
import { formatStunFailure, stunCommand } from "./stun.ts";
import { openPcapFile } from "./trace/pcap-file.ts";
import { formatTurnFailure, turnCommand } from "./turn.ts";

export {
	formatHelp,
	formatMethodOptions,
	formatPingFailure,
	formatStunFailure,
	formatTurnFailure,
	openPcapFile,
	pingCommand,
};

/** A command line taken apart. */
export interface CommandWords {
	/** What follows the command's name. */
	readonly rest: readonly string[];
	readonly operands: readonly string[];
	/** The whole command line. */
	readonly args: readonly string[];
}

/** Results in a format that is no stream. */
export async function resultsText(...given: Parameters<typeof ResultsText>): Promise<string> {
	const { resultsText: text } = await import("./show/show.ts");
	return text(...given);
}

/** Run the command; resolves with the exit code. */
export async function runOtherCommand(command: CommandRow, words: CommandWords): Promise<number> {
	switch (command.name) {
		case "doctor":
			return doctorCommand(words.rest);
		case "live": {
			const { liveCommand } = await import("./live/live.ts");
			return liveCommand(words.rest, words.args);
		}
		case "meet": {
			const { meetCommand } = await import("./meet/meet.ts");
			return meetCommand(words.rest, words.args);
		}
		case "stun":
			return stunCommand(words.rest, words.args);
		case "turn":
			return turnCommand(words.rest, words.args);
		case "serve": {
			const { serveCommand } = await import("./serve/serve.ts");
			return serveCommand(words.rest);
		}
		case "check": {
			const { checkCommand } = await import("./check/check.ts");
			return checkCommand(words.rest, words.args);
		}
		case "show": {
			const { showCommand } = await import("./show/show.ts");
			return showCommand(words.rest);
		}
		case "demo":
			return demoCommand(words.rest, words.args);
		case "router":
			return routerCommand(words.rest);
		case "whois": {
			const { whoisCommand } = await import("./whois/whois.ts");
			return whoisCommand(words.rest);
		}
		case "completion":
			return show(completionFor(words));
		case "man":
			return show(formatMan());
		default:
			return show(formatHelp(commandNamed(words.operands[0] ?? "trace")));
	}
}

/** The document of a command line of `whither meet` that cannot be obeyed. */
export async function formatMeetFailure(failed: FailedMeet, error: WhitherError): Promise<string> {
	const { formatMeetFailure: format } = await import("./meet/meet.ts");
	return format(failed, error);
}

/** The document of a command line of `whither whois` that cannot be obeyed. */
export async function formatWhoisFailure(query: string, error: WhitherError): Promise<string> {
	const { formatWhoisFailure: format } = await import("./whois/whois.ts");
	return format(query, error);
}

/** The same of `whither check`. */
export async function formatCheckFailure(args: readonly string[], error: WhitherError): Promise<string> {
	const { formatCheckFailure: format } = await import("./check/check.ts");
	return format(args, error);
}

function completionFor({ rest, operands }: CommandWords): string {
	const isInstalled = parseOptions(rest, COMPLETION_OPTIONS).options.install === true;
	const word = operands[0] ?? (isInstalled ? shellOf(process.env) : undefined);
	const { usage } = commandNamed("completion");
	if (word === undefined) throw new UsageProblem(`\`whither completion\` takes one word; usage: ${usage}`);
	const shell = SHELLS.find((name) => name === word);
	if (shell === undefined) throw new UsageProblem(`Completion is there for ${SHELLS.join(", ")}, not for ${word}`);
	return isInstalled ? installCompletion(shell, process.env) : formatCompletion(shell);
}

function commandNamed(word: string): CommandRow {
	const command = findCommand(word);
	if (command !== null) return command;
	const names = COMMANDS.map((row) => row.name);
	const near = suggest(word, names);
	const hint = near === null ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
	throw new UsageProblem(`There is no command ${word}; ${hint}`);
}

function show(text: string): number {
	print(text);
	return EXIT.ok;
}
