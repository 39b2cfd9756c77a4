/** CSV (RFC 4180): a header, then one row a probe. Lines end in CR LF. */
import type { HopResult, ProbeResult, TraceResult } from "@whither/core";
import { annotation } from "./annotation.ts";
import { formatExtensions } from "./extension-text.ts";

type Cell = string | number | null;

interface Column {
	readonly name: string;
	readonly cell: (result: TraceResult, hop: HopResult, probe: ProbeResult) => Cell;
}

const COLUMNS: readonly Column[] = [
	{ name: "target", cell: (result) => result.target.name },
	{ name: "address", cell: (result) => result.target.address },
	{ name: "method", cell: (result) => result.method },
	{ name: "ttl", cell: (_, hop, probe) => probe.ttl ?? hop.ttl },
	{ name: "seq", cell: (_, __, probe) => probe.seq },
	{ name: "flow", cell: (_, __, probe) => probe.flow },
	{ name: "sentAtNs", cell: (_, __, probe) => probe.sentAtNs },
	{ name: "status", cell: (_, __, probe) => probe.status },
	{ name: "from", cell: (_, __, probe) => probe.from },
	{ name: "name", cell: (_, __, probe) => probe.name },
	{ name: "rttNs", cell: (_, __, probe) => probe.rttNs },
	{ name: "kind", cell: (_, __, probe) => probe.reply?.kind ?? null },
	{ name: "icmpType", cell: (_, __, probe) => probe.reply?.icmp?.type ?? null },
	{ name: "icmpCode", cell: (_, __, probe) => probe.reply?.icmp?.code ?? null },
	{ name: "replyTtl", cell: (_, __, probe) => probe.reply?.ttl ?? null },
	{ name: "annotation", cell: (result, _, probe) => annotation(result.family, probe) },
	{ name: "extensions", cell: (_, __, probe) => formatExtensions(probe.extensions) },
	{ name: "quotedTos", cell: (_, __, probe) => probe.quoted?.tos ?? null },
	{ name: "changes", cell: (_, __, probe) => (probe.quoted?.changes ?? []).join("; ") },
	{ name: "nat", cell: (_, hop) => hop.nat ?? null },
	{ name: "mtu", cell: (_, hop) => hop.mtu ?? null },
];

/** The header row, line end included. */
export function formatCsvHeader(): string {
	return csvRow(COLUMNS.map((column) => column.name));
}

/** One row for every probe of the result, without the header. */
export function formatCsvRows(result: TraceResult): string {
	const rows = result.hops.flatMap((hop) =>
		hop.probes.map((probe) => csvRow(COLUMNS.map((column) => column.cell(result, hop, probe)))),
	);
	return rows.join("");
}

function csvRow(cells: readonly Cell[]): string {
	return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(cell: Cell): string {
	const text = cell === null ? "" : String(cell);
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
