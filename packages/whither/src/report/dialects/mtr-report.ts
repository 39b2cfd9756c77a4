/** The report of `mtr -r` and `mtr -rw`, as mtr 0.95 sets it. */
import type { HopSummary, PathSummary } from "@whither/core";
import { printable } from "../printable.ts";
import { MTR_COLUMNS, type MtrColumn, type MtrNames, mtrAsn, mtrColumns, mtrHost } from "./mtr-columns.ts";

/** What stands around the figures. */
export interface MtrReportChoices extends Partial<MtrNames> {
	/** ISO 8601. */
	readonly startedAt: string;
	/** Of this machine. */
	readonly hostName: string;
	/** `-w`: names are not cut. */
	readonly wide: boolean;
	/** Letters of `-o`; default: mtr's. */
	readonly columns?: string;
}

/** Where the figures begin unless the report is wide. */
const FIGURES_AT = 33;
/** Of the mark of a hop: `  1.|-- `. */
const MARK_WIDTH = 8;

/** Two lines of head, one a hop, and one for every further answerer. */
export function formatMtrReport({ hops }: PathSummary, choices: MtrReportChoices): string {
	const { numeric = false, addresses = false, wide } = choices;
	const names = { numeric, addresses };
	const columns = mtrColumns(choices.columns ?? MTR_COLUMNS);
	const called = hops.map((hop) => hop.answerers.map((answerer) => mtrHost(answerer, names)));
	const width = wide ? Math.max(...[choices.hostName, ...called.flat(), "???"].map(({ length }) => length)) : null;
	const head = `HOST: ${printable(choices.hostName).padEnd(width ?? 0)}`;
	const lines = hops.flatMap((hop, index) => {
		const [host = "???", ...others] = called[index] ?? [];
		const lead = markOf(hop, hops, choices) + host.padEnd(width ?? 0);
		const more = others.map((other) => `${" ".repeat(MARK_WIDTH)}${other.padEnd(width ?? FIGURES_AT)}`);
		return [placed(lead, wide) + row(columns, (column) => figure(column, hop)), ...more];
	});
	const titles = row(columns, ({ title, width: room }) => title.padStart(room));
	return [startLine(choices.startedAt), placed(head, wide) + titles, ...lines].map((line) => `${line}\n`).join("");
}

function placed(lead: string, wide: boolean): string {
	return wide ? lead : lead.slice(0, FIGURES_AT).padEnd(FIGURES_AT);
}

/** `  1.|-- `, and with origins `  1. AS64500  `. */
function markOf(hop: HopSummary, hops: readonly HopSummary[], choices: Pick<MtrNames, "asns">): string {
	const asn = mtrAsn(hop, hops, choices);
	const number = String(hop.ttl).padStart(3);
	return asn === null ? `${number}.|-- ` : `${number}. ${asn.padEnd(9)}`;
}

/** Every cell takes its width and no more, the last one excepted. */
function row(columns: readonly MtrColumn[], cell: (column: MtrColumn) => string): string {
	return columns
		.map((column, index) => (index === columns.length - 1 ? cell(column) : cell(column).slice(0, column.width)))
		.join("");
}

function figure({ kind, width, value }: MtrColumn, hop: HopSummary): string {
	if (kind === "space") return " ";
	const number = value(hop);
	const digits = width - 1;
	if (kind === "percent") return ` ${number.toFixed(1).padStart(digits - 1)}%`;
	return ` ${(kind === "count" ? String(number) : number.toFixed(1)).padStart(digits)}`;
}

/** mtr's time has whole seconds and a numeric zone. */
function startLine(startedAt: string): string {
	return `Start: ${startedAt.replace(/(\.\d+)?Z$/, "+0000")}`;
}
