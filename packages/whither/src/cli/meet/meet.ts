/** `whither meet`: connects two machines, and shows the way between them. A file of its own in the bundle. */
import { asWhitherError, type WhitherError } from "../../api/error.ts";
import { type FailedMeet, meetFailureDocument } from "../../api/meet/failure.ts";
import { startMeet } from "../../api/meet/meet.ts";
import type { MeetRequestOptions } from "../../api/meet/options.ts";
import type { MeetResult } from "../../api/meet/result.ts";
import type { MeetRun } from "../../api/meet/run.ts";
import { TOOL } from "../../api/version.ts";
import { type LiveStyle, MeetLive } from "../../report/meet/meet-live.ts";
import { formatMeetJson } from "../../report/meet/meet-report.ts";
import { meetNews, meetWarningSentence } from "../../report/meet/meet-words.ts";
import { parseOptions } from "../arguments/parse.ts";
import { UsageProblem } from "../arguments/values.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import type { MeetScreenOptions } from "../live/meet-screen.ts";
import { beforeLossEnds, complain, hasScreen, isTerminal, paintFor, print, printAside } from "../output.ts";
import { readCertificates } from "../read-pem.ts";
import { withoutSecrets } from "../shown-words.ts";
import { watchSignals } from "../signals.ts";
import { turnUserSecrets } from "../turn-user.ts";
import { Held } from "./held.ts";
import { byHand } from "./meet-by-hand.ts";
import { type ByCall, checkCallFlags, hasCallFlags } from "./meet-call-flags.ts";
import { MEET_OPTIONS, type MeetFlags } from "./meet-options.ts";

/** What --server says where it is left out. */
const SERVER_VARIABLE = "WHITHER_SERVER";
/** What --token says there, which the list of processes does not show then. */
const TOKEN_VARIABLE = "WHITHER_TOKEN";

/** People carry lines slower than servers. */
const BY_HAND_MS = 600_000;

/** Run the command; resolves with the exit code. */
export async function meetCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, MEET_OPTIONS);
	const shown = withoutSecrets(commandLine);
	const failed = { tool: TOOL, args: shown, startedAt: new Date().toISOString() };
	const isOnScreen = flags.live === true && canBeOnScreen(flags);
	const lines = new Held<string>();
	const call = await callOf(flags, operands[0], lines.tell);
	const run = startMeet({ ...requestOf(flags, operands[0], call !== null), ...call?.request }, shown);
	const stopped = new AbortController();
	const signals = watchSignals(
		() => {
			run.stop();
			stopped.abort();
		},
		// The other end is told also where the terminal has gone.
		{ hangUp: true },
	);
	if (isOnScreen) await showOnScreen(run, flags, { stopped: stopped.signal, lines });
	// The other end is told, and a relay given back, also where nobody reads any more.
	const loss = beforeLossEnds(() => run.stop());
	const code = await show(run, flags, { failed, isOver: isOnScreen, lines });
	await run.closed;
	await call?.close();
	return loss() ?? signals.exitCode() ?? code;
}

interface ShownMeet {
	readonly failed: FailedMeet;
	/** Its events have been shown. */
	readonly isOver: boolean;
	/** What is said beside them. */
	readonly lines: Held<string>;
}

/** Lines of --copy-paste are typed, and keys too. */
function canBeOnScreen(flags: MeetFlags): boolean {
	const other = (["json", "copy-paste"] as const).find((name) => flags[name] === true);
	if (other !== undefined) throw new UsageProblem(`Choose one of --live and --${other}`);
	return hasScreen();
}

async function showOnScreen(
	run: MeetRun,
	{ color }: MeetFlags,
	beside: Pick<MeetScreenOptions, "stopped" | "lines">,
): Promise<void> {
	const { showMeetScreen } = await import("../live/live.ts");
	print(await showMeetScreen(run, { color, ...beside }));
}

async function show(run: MeetRun, flags: MeetFlags, { failed, isOver, lines }: ShownMeet): Promise<number> {
	const indent = isTerminal("stdout") ? 2 : 0;
	try {
		const live = flags.json ? null : new MeetLive(liveStyle(flags));
		lines.heardBy((line) => (live === null ? printAside(`${line}\n`) : print(live.line(line))));
		// On a screen everything has been seen but what it came to.
		if (isOver) {
			print(live?.end(await run.result) ?? "");
			return resultCode(await run.result);
		}
		for await (const event of run) {
			if (live !== null) print(live.event(event));
			// The code has to be said to somebody, and stdout is the document's.
			else if (event.kind === "code") complain(meetNews(event) ?? "");
			else if (event.kind === "warning") complain(meetWarningSentence(event.warning));
		}
		const result = await run.result;
		print(live === null ? formatMeetJson(result, indent) : live.end(result));
		return resultCode(result);
	} catch (thrown) {
		const error = asWhitherError(thrown);
		if (flags.json) print(formatMeetJson(meetFailureDocument(failed, error), indent));
		if (error.code !== "aborted") complain(error.message);
		if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
		return exitCodeOf(error);
	}
}

/** A terminal that can is written on in place. */
function liveStyle({ color }: MeetFlags): LiveStyle {
	const paint = paintFor(color);
	const isScreen = isTerminal("stdout") && process.env.TERM !== "dumb";
	const { columns = 80, rows = 24 } = isScreen ? process.stdout : {};
	return { paint, screen: isScreen ? { columns, rows } : null };
}

/** Codes of signalling's failures that are the caller's own, and those that are the network's. */
const USAGE: ReadonlySet<string> = new Set(["badUrl", "badCode", "nameNotFound", "sipBadUri", "sipNotFound"]);
const SYSTEM: ReadonlySet<string> = new Set([
	...["unreachable", "tls", "notRendezvous", "serverEnded"],
	...["sipTransport", "sipTimeout", "sipProtocol"],
]);

/** Who is not connected has a negative result, unless nothing could be tried. */
function resultCode({ connected, outcome }: MeetResult): number {
	if (connected) return EXIT.ok;
	if (outcome.code === "defect") return EXIT.bug;
	const why = outcome.signalling?.code ?? "";
	return USAGE.has(why) ? EXIT.usage : SYSTEM.has(why) ? EXIT.system : EXIT.negative;
}

/** A SIP call, if one is asked for; what it needs is loaded then. */
async function callOf(flags: MeetFlags, code: string | undefined, say: (line: string) => void): Promise<ByCall | null> {
	if (!hasCallFlags(flags)) return null;
	checkCallFlags(flags, code);
	const { bySip } = await import("./meet-by-sip.ts");
	return bySip(flags, say);
}

function requestOf(flags: MeetFlags, code: string | undefined, isByCall: boolean): MeetRequestOptions {
	const { ipv4, ipv6, stun, turn, user, policy, wait, ca } = flags;
	if (ipv4 && ipv6) throw new UsageProblem("Choose one of -4 and -6, or leave both out to try both");
	const isByHand = flags["copy-paste"] === true;
	return {
		...(isByCall ? serverOf(flags) : isByHand ? handOf(flags, code) : codeOf(flags, code)),
		...{ stun, turn, username: user, policy },
		...(turn === undefined ? {} : turnUserSecrets(flags)),
		family: ipv4 ? 4 : ipv6 ? 6 : undefined,
		trace: flags["no-trace"] !== true,
		waitMs: wait ?? (isByHand ? BY_HAND_MS : undefined),
		authorities: ca === undefined ? undefined : readCertificates(ca, "--ca"),
	};
}

/** A code at a rendezvous server, made or joined with. */
function codeOf(flags: MeetFlags, code: string | undefined): Partial<MeetRequestOptions> {
	const { code: choose } = flags;
	if (code !== undefined && choose !== undefined)
		throw new UsageProblem("CODE joins, and --code makes a code: give one of the two");
	const named = serverOf(flags);
	if (named.server === undefined)
		throw new UsageProblem(
			`Name the server where both ends meet: --server URL, or ${SERVER_VARIABLE}; --copy-paste and --sip need none`,
		);
	return { code, choose, ...named };
}

/** Lines that people carry; a server then lends STUN and TURN alone. */
function handOf(flags: MeetFlags, line: string | undefined): Partial<MeetRequestOptions> {
	if (flags.code !== undefined) throw new UsageProblem("--code is for a server; --copy-paste has lines instead");
	const say = flags.json ? printAside : print;
	return { signalling: byHand({ line, say, input: process.stdin }), ...serverOf(flags) };
}

function serverOf({ server, token }: MeetFlags): Pick<MeetRequestOptions, "server" | "token"> {
	const url = server ?? process.env[SERVER_VARIABLE] ?? "";
	const shown = token ?? process.env[TOKEN_VARIABLE] ?? "";
	if (url !== "") return { server: url, token: shown === "" ? undefined : shown };
	// One of the environment is for whichever server there may be; one that was given is for this.
	if (token !== undefined)
		throw new UsageProblem(`--token is shown to a server, and none is named: --server URL, or ${SERVER_VARIABLE}`);
	return {};
}

/** The document of a command line that cannot be obeyed; `args` as they may be shown. */
export function formatMeetFailure(failed: FailedMeet, error: WhitherError): string {
	return formatMeetJson(meetFailureDocument(failed, error), 0);
}
