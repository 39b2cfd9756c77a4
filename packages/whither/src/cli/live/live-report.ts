/** `whither live` without a screen: so many rounds, then a report as mtr writes it. */
import { hostname } from "node:os";
import { REPORT_ROUNDS, type RoundsEvent } from "@whither/core";
import { asWhitherError, type WhitherError } from "../../api/error.ts";
import { failureDocument } from "../../api/failure.ts";
import { startLive } from "../../api/live/live.ts";
import type { LiveRun } from "../../api/live/run.ts";
import { tosByte } from "../../api/options.ts";
import { TOOL } from "../../api/version.ts";
import type { Dialect } from "../../report/dialects/dialect.ts";
import { DIALECTS, writeReport } from "../../report/dialects/index.ts";
import { formatMtrCsv } from "../../report/dialects/mtr-csv.ts";
import { formatMtrJson } from "../../report/dialects/mtr-json.ts";
import { mtrRawLines } from "../../report/dialects/mtr-raw-lines.ts";
import { formatMtrReport } from "../../report/dialects/mtr-report.ts";
import { formatMtrXml } from "../../report/dialects/mtr-xml.ts";
import { pathOfRun, type RunFacts } from "../../report/dialects/traced-path.ts";
import { formatJson } from "../../report/trace/json.ts";
import { warningSentence } from "../../report/trace/warning-words.ts";
import type { FileReport } from "../../screen/live/live-screen.ts";
import type { Target } from "../../screen/model/model.ts";
import { HIDDEN, redacted } from "../../screen/model/privacy.ts";
import { dataSets } from "../arguments/places-options.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { complain, isTerminal, print, printAside } from "../output.ts";
import { watchSignals } from "../signals.ts";
import type { LiveOrder } from "./live.ts";
import { type LiveFormat, reportLookups, screenOnly, wantsAs } from "./live-request.ts";

/** What is written of it. */
export interface LiveReportOrder extends LiveOrder {
	readonly format: LiveFormat;
}

/** Run all hosts at the same time, and write their reports in order; resolves with the exit code. */
export async function reportRuns(order: LiveReportOrder): Promise<number> {
	const { hosts, request, flags, args, openWorld, format } = order;
	const unheeded = screenOnly(flags);
	if (unheeded !== null) complain(unheeded);
	const asked = { ...request, ...reportLookups(flags), places: dataSets(flags) };
	// Raw lines go on until they are stopped, as mtr's do.
	const rounds = request.rounds ?? (format === "raw" ? undefined : REPORT_ROUNDS);
	const runs = hosts.map((host) => startLive(host, { ...asked, rounds }, { args, openWorld }));
	const signals = watchSignals(() => {
		for (const run of runs) run.stop();
	});
	const codes: number[] = [];
	for (const [index, run] of runs.entries()) codes.push(await showRun(run, hosts[index] ?? "", order));
	const code = signals.exitCode() ?? Math.max(...codes);
	await Promise.all(runs.map((run) => run.closed));
	return code;
}

async function showRun(run: LiveRun, host: string, order: LiveReportOrder): Promise<number> {
	const startedAt = new Date().toISOString();
	try {
		await follow(run, order);
		const result = await run.result;
		if (order.format !== "raw") print(formatRun(result, result.summary, order));
		const isBroken = result.stopReason === "error" || result.warnings.some(({ code }) => code === "sessionFailed");
		return isBroken ? EXIT.system : EXIT.ok;
	} catch (thrown) {
		const error = asWhitherError(thrown);
		if (order.format === "json") print(failureText(run, host, { order, error, startedAt }));
		if (error.code !== "aborted") complain(error.message);
		if (error.code === "internal" && process.env.WHITHER_DEBUG) printAside(`${error.stack}\n`);
		return exitCodeOf(error);
	}
}

/** What is said while it runs. */
async function follow(run: LiveRun, { format, flags }: LiveReportOrder): Promise<void> {
	const hidden = flags.privacy ?? 0;
	const lines = mtrRawLines(flags["no-dns"] === true);
	const isShown = (event: RoundsEvent) => event.type !== "probe" || event.ttl > hidden;
	for await (const event of run) {
		if (event.type === "warning") complain(warningSentence(event.warning));
		else if (format === "raw" && isShown(event)) print(lines(event));
	}
}

function failureText(
	run: LiveRun,
	name: string,
	{ order, error, startedAt }: { readonly order: LiveOrder; readonly error: WhitherError; readonly startedAt: string },
): string {
	const { address = null, family = null } = run.target ?? {};
	const { method, port = null } = order.request;
	const asked = (typeof method === "string" ? method : method?.[0]) ?? null;
	const failed = { tool: TOOL, args: order.args, name, address, port, method: asked, family, startedAt };
	return formatJson(failureDocument(failed, error), isTerminal("stdout") ? 2 : 0);
}

function formatRun(facts: RunFacts, summary: Target["summary"], order: LiveReportOrder): string {
	const { flags, format } = order;
	const hidden = flags.privacy ?? 0;
	const path = pathOfRun({ ...facts, options: { ...facts.options, tos: tosByte(flags) } }, redacted(summary, hidden));
	const columns = flags.order === undefined ? {} : { columns: flags.order };
	const names = { numeric: flags["no-dns"] === true, addresses: flags["show-ips"] === true, asns: wantsAs(flags) };
	const choices = { hostName: hostNameFor(hidden), ...names, ...columns };
	if (format === "json") return formatMtrJson(path, choices);
	if (format === "csv") return formatMtrCsv(path, choices);
	if (format === "xml") return formatMtrXml(path, choices);
	return formatMtrReport(path.summary, { ...choices, startedAt: facts.startedAt, wide: format === "wide" });
}

/** Whoever hides hops does not tell where they begin. */
function hostNameFor(hidden: number): string {
	return hidden > 0 ? HIDDEN : hostname();
}

/** The report that the screen writes to a file: mtr's wide one, or what the file's ending asks for; in a sentence why that cannot be. */
export function fileReport(file: string, target: Target, facts: RunFacts, hidden: number): FileReport | string {
	const dialect = dialectOf(file);
	if (typeof dialect === "string") return dialect;
	const hostName = hostNameFor(hidden);
	const shown = hidden > 0 ? { ...facts, source: { ...facts.source, address: HIDDEN } } : facts;
	const material = { kind: "summary", runs: [{ facts: shown, summary: target.summary }] } as const;
	return { text: writeReport(dialect, material, { hostName, indent: 2 }) ?? "", format: dialect.name };
}

function dialectOf(file: string): Dialect | string {
	const able = DIALECTS.filter(({ takes }) => takes.includes("summary"));
	const wide = able.find(({ name }) => name === "mtr-wide");
	const byEnding = able.find(({ ending }) => file.endsWith(`.${ending}`));
	const [, last = ""] = /\.([^./]+)$/.exec(file) ?? [];
	const byLast = able.find(({ ending }) => ending.split(".").at(-1) === last && last !== "txt");
	// `.json` alone is mtr's; `.atlas.json` can only be meant as it says.
	const refused = DIALECTS.find(({ takes, ending }) => {
		const isUnsaid = ending.includes(".") || byLast === undefined;
		return !takes.includes("summary") && file.endsWith(`.${ending}`) && isUnsaid;
	});
	if (refused !== undefined)
		return `No ${refused.name} (.${refused.ending}) is made of a path that is watched; .json, .csv, .xml, .md, .svg and .txt are`;
	const found = byEnding ?? byLast ?? wide;
	if (found === undefined) throw new Error("no report of a path");
	return found.name === "text" && wide !== undefined ? wide : found;
}
