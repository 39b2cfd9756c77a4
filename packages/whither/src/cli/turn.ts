/** `whither turn`: whether a server relays, over which legs, how fast. */
import { asWhitherError, type WhitherError } from "../api/error.ts";
import { type FailedTurn, turnFailureDocument } from "../api/turn/failure.ts";
import type { TurnRequestOptions } from "../api/turn/options.ts";
import type { TurnResult } from "../api/turn/result.ts";
import type { TurnRun } from "../api/turn/run.ts";
import { startTurn } from "../api/turn/turn.ts";
import { TOOL } from "../api/version.ts";
import { formatTurn, formatTurnJson } from "../report/turn-report.ts";
import { parseOptions } from "./arguments/parse.ts";
import { UsageProblem } from "./arguments/values.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { complain, isTerminal, paintFor, print, printAside } from "./output.ts";
import { readCertificates } from "./read-pem.ts";
import { withoutSecrets } from "./shown-words.ts";
import { watchSignals } from "./signals.ts";
import { TURN_OPTIONS, type TurnFlags } from "./turn-options.ts";
import { turnUserSecrets } from "./turn-user.ts";

/** Run the command; resolves with the exit code. */
export async function turnCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, TURN_OPTIONS);
	const [server = ""] = operands;
	const shown = withoutSecrets(commandLine);
	const failed = { tool: TOOL, args: shown, name: server, startedAt: new Date().toISOString() };
	const run = startTurn(server, requestOf(flags), shown);
	const signals = watchSignals(() => run.stop());
	const code = await show(run, flags, failed);
	return signals.exitCode() ?? code;
}

async function show(run: TurnRun, flags: TurnFlags, failed: FailedTurn): Promise<number> {
	const indent = isTerminal("stdout") ? 2 : 0;
	try {
		const result = await run.result;
		print(flags.json ? formatTurnJson(result, indent) : formatTurn(result, paintFor(flags.color)));
		return resultCode(result);
	} catch (thrown) {
		const error = asWhitherError(thrown);
		if (flags.json) print(formatTurnJson(turnFailureDocument(failed, error), indent));
		if (error.code !== "aborted") complain(error.message);
		if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
		return exitCodeOf(error);
	}
}

/** What relays nothing is a negative result, unless nothing could be sent at all. */
function resultCode({ relays, cells }: TurnResult): number {
	if (relays) return EXIT.ok;
	return cells.every(({ failure }) => failure?.code === "system") ? EXIT.system : EXIT.negative;
}

function requestOf(flags: TurnFlags): TurnRequestOptions {
	const { ipv4, ipv6, user, transport, count, size, rate, duration, peer, ca, source, trace, wait, timeout } = flags;
	if (ipv4 && ipv6) throw new UsageProblem("Choose one of -4 and -6, or leave both out to try both");
	return {
		username: user,
		...turnUserSecrets(flags),
		transports: transport,
		family: ipv4 ? 4 : ipv6 ? 6 : undefined,
		tlsPort: flags["tls-port"],
		...{ count, size, rate, peer, source, trace },
		durationMs: duration,
		authorities: ca === undefined ? undefined : readCertificates(ca, "--ca"),
		waitMs: wait,
		timeoutMs: timeout,
	};
}

/** The document of a command line that cannot be obeyed; `args` as they may be shown. */
export function formatTurnFailure(failed: FailedTurn, error: WhitherError): string {
	return formatTurnJson(turnFailureDocument(failed, error), 0);
}
