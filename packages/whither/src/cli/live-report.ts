/** `whither live` without a screen: so many rounds, then a report. */
import { REPORT_ROUNDS } from "@whither/core";
import { asWhitherError } from "../api/error.ts";
import { startLive } from "../api/live/live.ts";
import type { LiveRun } from "../api/live/run.ts";
import { mtrReport } from "../screen/live/mtr-text.ts";
import type { Target } from "../screen/model/model.ts";
import { redacted } from "../screen/model/privacy.ts";
import { exitCodeOf } from "./exit-codes.ts";
import type { LiveOrder } from "./live.ts";
import type { LiveFormat } from "./live-request.ts";
import { complain, print, printAside } from "./output.ts";
import { watchSignals } from "./signals.ts";

/** What is written of it. */
export interface LiveReportOrder extends LiveOrder {
	readonly format: LiveFormat;
}

/** Run all hosts at the same time, and write their reports in order; resolves with the exit code. */
export async function reportRuns(order: LiveReportOrder): Promise<number> {
	const { hosts, request, flags, args, openWorld } = order;
	const asLookup = flags["as-server"] ?? (flags.aslookup === true || flags.ipinfo === 0);
	const asked = { rounds: REPORT_ROUNDS, ...request, names: flags["no-dns"] !== true, asLookup };
	const rounds = request.rounds ?? REPORT_ROUNDS;
	const startedAt = new Date();
	const runs = hosts.map((host) => startLive(host, { ...asked, rounds }, { args, openWorld }));
	const signals = watchSignals(() => {
		for (const run of runs) run.stop();
	});
	const codes: number[] = [];
	for (const run of runs) codes.push(await showRun(run, order, startedAt));
	const code = signals.exitCode() ?? Math.max(...codes);
	await Promise.all(runs.map((run) => run.closed));
	return code;
}

async function showRun(run: LiveRun, order: LiveReportOrder, startedAt: Date): Promise<number> {
	try {
		const result = await run.result;
		const summary = redacted(result.summary, order.flags.privacy ?? 0);
		print(mtrReport(summary, { startedAt, isWide: order.format === "wide", ...choicesOf(order) }));
		return 0;
	} catch (thrown) {
		const error = asWhitherError(thrown);
		if (error.code !== "aborted") complain(error.message);
		if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
		return exitCodeOf(error);
	}
}

/** The report that the screen writes of a target. */
export function reportOf({ summary }: Target, order: LiveOrder): string {
	return mtrReport(summary, { startedAt: new Date(), isWide: true, ...choicesOf(order) });
}

function choicesOf({ flags }: LiveOrder) {
	return { columns: flags.order ?? "LS NABWV", addresses: flags["show-ips"] === true };
}
