/** The command `whither`: which command, its exit code, and nothing else. */
import { asWhitherError, WhitherError } from "../api/error.ts";
import { failureDocument } from "../api/failure.ts";
import { TOOL } from "../api/version.ts";
import { formatJson } from "../report/trace/json.ts";
import { formatNdjsonEnd } from "../report/trace/ndjson.ts";
import { TRACE_OPTIONS } from "./arguments/options.ts";
import { mentionsOption, parseOptions, splitCommand } from "./arguments/parse.ts";
import { isUsageProblem, UsageProblem } from "./arguments/values.ts";
import { COMMANDS, type CommandRow } from "./commands.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { LIVE_OPTIONS } from "./live/live-options.ts";
import { complain, print, printAside } from "./output.ts";
import { withoutUnknown } from "./shown-words.ts";
import { traceCommand } from "./trace/trace.ts";

/** Run one command line (without node and script); resolves with the exit code and never rejects. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
	try {
		return await dispatch(args);
	} catch (thrown) {
		return await reportFailure(args, isUsageProblem(thrown) ? new WhitherError("usage", thrown.message) : thrown);
	}
}

async function dispatch(args: readonly string[]): Promise<number> {
	const [defaultCommand] = COMMANDS;
	if (defaultCommand === undefined) throw new Error("no commands");
	if (args.length === 0) return showHelp(defaultCommand);
	if (args[0] === "--version" || args[0] === "-V") return shown(`${TOOL.name} ${TOOL.version}\n`);
	const { command, rest } = splitCommand(args, defaultCommand);
	if (asksForHelp(rest, command)) return showHelp(command);
	refuseBackend(process.env[BACKEND_VARIABLE]);
	if (command.name === "trace") return traceCommand(rest, args);
	refuseLater(command, rest);
	const { operands } = parseOptions(rest, command.options);
	checkOperands(command, operands);
	const { runOtherCommand } = await import("./other-commands.ts");
	return runOtherCommand(command, { rest, operands, args });
}

/** Help is given even beside options that are wrong, but not when the word is the value of another option or an operand. */
function asksForHelp(rest: readonly string[], command: CommandRow): boolean {
	const end = rest.indexOf("--");
	const words = end === -1 ? rest : rest.slice(0, end);
	return words.includes("--help") || (words.includes("-h") && command.options.help?.short === "h");
}

/** What sockets are made of; the library takes any other word for none. */
const BACKEND_VARIABLE = "WHITHER_BACKEND";

function refuseBackend(wanted = ""): void {
	if (["", "native", "portable"].includes(wanted)) return;
	throw new UsageProblem(`${BACKEND_VARIABLE} is native, portable or not set, not "${wanted}"`);
}

function refuseLater({ name, later = {} }: CommandRow, rest: readonly string[]): void {
	const end = rest.indexOf("--");
	for (const word of end === -1 ? rest : rest.slice(0, end)) {
		const option = /^--([^=]+)/.exec(word)?.[1];
		if (option === undefined || !Object.hasOwn(later, option)) continue;
		throw new UsageProblem(`--${option} is for ${later[option]}, which \`whither ${name}\` gets in a later version`);
	}
}

function checkOperands(command: CommandRow, operands: readonly string[]): void {
	const [least, most] = command.operands;
	if (operands.length >= least && operands.length <= most) return;
	const taken =
		most === 0 ? "no operands" : most === 1 ? "one word" : `at least ${least === 1 ? "one word" : `${least} words`}`;
	throw new UsageProblem(`\`whither ${command.name}\` takes ${taken}; usage: ${command.usage}`);
}

async function showHelp(command: CommandRow): Promise<number> {
	const { formatHelp } = await import("./other-commands.ts");
	return shown(formatHelp(command));
}

function shown(text: string): number {
	print(text);
	return EXIT.ok;
}

/** The sentence on stderr and, where a document was asked for, that document on stdout. */
async function reportFailure(args: readonly string[], thrown: unknown): Promise<number> {
	const error = asWhitherError(thrown);
	const isLiveJson = args[0] === "live" && mentionsOption(args.slice(1), LIVE_OPTIONS, "json");
	const asks = (format: string) =>
		args.includes(`--${format}`) || args.includes(`--format=${format}`) || (format === "json" && isLiveJson);
	const format = (["json", "ndjson"] as const).find(asks);
	if (format !== undefined) print(await failureText(args, format, error));
	return reportDefect(error);
}

/** What was thrown where nobody waited for it, as a sentence on stderr; the exit code. */
export function reportDefect(thrown: unknown): number {
	const error = asWhitherError(thrown);
	complain(error.message);
	if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
	return exitCodeOf(error);
}

async function failureText(given: readonly string[], format: "json" | "ndjson", error: WhitherError): Promise<string> {
	const [defaultCommand] = COMMANDS;
	if (defaultCommand === undefined) throw new Error("no commands");
	const args = withoutUnknown(given, splitCommand(given, defaultCommand).command);
	if (args[0] === "meet") {
		const { formatMeetFailure } = await import("./other-commands.ts");
		return formatMeetFailure({ tool: TOOL, args, startedAt: new Date().toISOString() }, error);
	}
	if (args[0] === "check") {
		const { formatCheckFailure } = await import("./other-commands.ts");
		return formatCheckFailure(args, error);
	}
	if (args[0] === "stun") {
		const { formatStunFailure } = await import("./other-commands.ts");
		return formatStunFailure({ tool: TOOL, args, name: null, startedAt: new Date().toISOString() }, error);
	}
	if (args[0] === "turn") {
		const { formatTurnFailure } = await import("./other-commands.ts");
		return formatTurnFailure({ tool: TOOL, args, name: null, startedAt: new Date().toISOString() }, error);
	}
	if (args[0] === "whois") {
		const { formatWhoisFailure } = await import("./other-commands.ts");
		return formatWhoisFailure("", error);
	}
	const unknown = { name: "", address: null, port: null, method: null, family: null };
	const order = { tool: TOOL, args, startedAt: new Date().toISOString(), ...unknown };
	if (mentionsOption(given, TRACE_OPTIONS, "ping")) {
		const { formatPingFailure } = await import("./other-commands.ts");
		return formatPingFailure(order, error, format);
	}
	const document = failureDocument(order, error);
	return format === "json" ? formatJson(document, 0) : formatNdjsonEnd(document);
}
