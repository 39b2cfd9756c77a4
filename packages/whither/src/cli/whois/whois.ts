/** `whither whois`: what the registries say of an address, an AS number or a name. */
import { asWhitherError, type WhitherError } from "../../api/error.ts";
import { whoisFailureDocument } from "../../api/whois/failure.ts";
import type { WhoisRequestOptions } from "../../api/whois/options.ts";
import { whois } from "../../api/whois/whois.ts";
import type { WhoisAnswer } from "../../api/whois/whois-answer.ts";
import { formatWhois, formatWhoisJson, formatWhoisRaw } from "../../report/whois-report.ts";
import { parseOptions } from "../arguments/parse.ts";
import { UsageProblem } from "../arguments/values.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { complain, isTerminal, paintFor, print, printAside } from "../output.ts";
import { readCertificates } from "../read-pem.ts";
import { watchSignals } from "../signals.ts";
import { WHOIS_OPTIONS, type WhoisFlags } from "./whois-options.ts";

/** Run the command; resolves with the exit code. */
export async function whoisCommand(args: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, WHOIS_OPTIONS);
	// `AS 64500` is two words.
	const query = operands.join(" ");
	if (flags.json && flags.raw) throw new UsageProblem("Choose one of --json and --raw, not both; JSON has `raw` in it");
	const interrupted = new AbortController();
	const signals = watchSignals(() => interrupted.abort());
	const code = await show(query, flags, requestOf(flags, interrupted.signal));
	return signals.exitCode() ?? code;
}

async function show(query: string, flags: WhoisFlags, request: WhoisRequestOptions): Promise<number> {
	const indent = isTerminal("stdout") ? 2 : 0;
	try {
		print(formatAs(await whois(query, request), flags, indent));
		return EXIT.ok;
	} catch (thrown) {
		const error = asWhitherError(thrown);
		if (flags.json) print(formatWhoisJson(whoisFailureDocument(query, error), indent));
		if (error.code !== "aborted") complain(error.message);
		if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
		return error.code === "noSuchObject" ? EXIT.negative : exitCodeOf(error);
	}
}

function formatAs(answer: WhoisAnswer, flags: WhoisFlags, indent: number): string {
	if (flags.json) return formatWhoisJson(answer, indent);
	return flags.raw && answer.raw !== "" ? formatWhoisRaw(answer) : formatWhois(answer, paintFor(flags.color));
}

function requestOf(flags: WhoisFlags, signal: AbortSignal): WhoisRequestOptions {
	return {
		protocol: flags.protocol,
		rdap: flags.rdap,
		whoisServer: flags["whois-server"],
		allowPrivate: flags["allow-private"],
		cache: !flags["no-cache"],
		timeoutMs: flags.timeout,
		authorities: flags.ca === undefined ? undefined : readCertificates(flags.ca, "--ca"),
		signal,
	};
}

/** The document of a command line that cannot be obeyed. */
export function formatWhoisFailure(query: string, error: WhitherError): string {
	return formatWhoisJson(whoisFailureDocument(query, error), 0);
}
