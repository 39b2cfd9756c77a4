/** `whither stun`: the public address, and what the NAT does. */
import { asWhitherError, type WhitherError } from "../api/error.ts";
import { type FailedStun, stunFailureDocument } from "../api/stun/failure.ts";
import type { StunRequestOptions } from "../api/stun/options.ts";
import type { StunResult } from "../api/stun/result.ts";
import type { StunRun } from "../api/stun/run.ts";
import { startStun } from "../api/stun/stun.ts";
import { TOOL } from "../api/version.ts";
import { formatStun, formatStunJson, lifetimeNews } from "../report/stun-report.ts";
import { STUN_OPTIONS, type StunFlags } from "./arguments/options.ts";
import { parseOptions } from "./arguments/parse.ts";
import { UsageProblem } from "./arguments/values.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { complain, isTerminal, paintFor, print, printAside } from "./output.ts";
import { readCertificates } from "./read-pem.ts";
import { watchSignals } from "./signals.ts";

/** Run the command; resolves with the exit code. */
export async function stunCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, STUN_OPTIONS);
	const [server] = operands;
	const failed = { tool: TOOL, args: commandLine, name: server ?? null, startedAt: new Date().toISOString() };
	const run = startStun(server, requestOf(flags), commandLine);
	const signals = watchSignals(() => run.stop());
	const code = await show(run, flags, failed);
	return signals.exitCode() ?? code;
}

async function show(run: StunRun, flags: StunFlags, failed: FailedStun): Promise<number> {
	const indent = isTerminal("stdout") ? 2 : 0;
	try {
		for await (const event of run) {
			const news = lifetimeNews(event);
			if (news !== null && isTerminal("stderr")) complain(news);
		}
		const result = await run.result;
		print(flags.json ? formatStunJson(result, indent) : formatStun(result, paintFor(flags.color)));
		return resultCode(result);
	} catch (thrown) {
		const error = asWhitherError(thrown);
		if (flags.json) print(formatStunJson(stunFailureDocument(failed, error), indent));
		if (error.code !== "aborted") complain(error.message);
		if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
		return exitCodeOf(error);
	}
}

/** Without an answer it is a negative result, unless nothing could be sent at all. */
function resultCode({ families }: StunResult): number {
	if (families.some(({ noAnswer }) => noAnswer === null)) return EXIT.ok;
	return families.every(({ noAnswer }) => noAnswer?.code === "system") ? EXIT.system : EXIT.negative;
}

function requestOf(flags: StunFlags): StunRequestOptions {
	const { ipv4, ipv6, tcp, tls, source, classic, lifetime, longest, timeout, ca } = flags;
	if (ipv4 && ipv6) throw new UsageProblem("Choose one of -4 and -6, or leave both out to ask over both");
	if (tcp && tls) throw new UsageProblem("Choose one of --tcp and --tls, not both");
	if (longest !== undefined && !lifetime) throw new UsageProblem("--longest says nothing without --lifetime");
	const family = ipv4 ? 4 : ipv6 ? 6 : undefined;
	return {
		family,
		transport: tcp ? "tcp" : tls ? "tls" : undefined,
		source,
		classic,
		lifetime: lifetime ? (longest ?? true) : undefined,
		timeoutMs: timeout,
		authorities: ca === undefined ? undefined : readCertificates(ca, "--ca"),
	};
}

/** The document of a command line that cannot be obeyed. */
export function formatStunFailure(failed: FailedStun, error: WhitherError): string {
	return formatStunJson(stunFailureDocument(failed, error), 0);
}
