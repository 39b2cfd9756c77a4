/** The table of `mtr --csv`. */
import { printable } from "../printable.ts";
import { MTR_COLUMNS, mtrAsn, mtrColumns, mtrHost } from "./mtr-columns.ts";
import type { MtrChoices } from "./mtr-json.ts";
import { type TracedPath, unixSeconds } from "./traced-path.ts";

/** Whose format it is. */
const VERSION = "MTR.0.95";

/** A head, which ends in a comma, and a row a hop. Of a path without origins the column `Asn` is missing. */
export function formatMtrCsv(path: TracedPath, choices: MtrChoices): string {
	const { hops } = path.summary;
	const columns = mtrColumns(choices.columns ?? MTR_COLUMNS);
	const hasAsn = hops[0] !== undefined && mtrAsn(hops[0], hops, choices) !== null;
	const head = ["Mtr_Version", "Start_Time", "Status", "Host", "Hop", "Ip", ...(hasAsn ? ["Asn"] : [])];
	const begin = [VERSION, unixSeconds(path.startedAt), "OK", cell(path.target.name)];
	const rows = hops.map((hop) => {
		const asn = mtrAsn(hop, hops, choices);
		const figures = columns.map(({ kind, value }) => {
			return kind === "percent" || kind === "time" ? value(hop).toFixed(2) : value(hop);
		});
		const host = cell(mtrHost(hop.answerers[0], choices));
		return [...begin, hop.ttl, host, ...(asn === null ? [] : [cell(asn)]), ...figures].join(",");
	});
	return [`${[...head, ...columns.map(({ title }) => title)].join(",")},`, ...rows].map((line) => `${line}\n`).join("");
}

/** mtr quotes nothing: what would be taken for another cell is left out. */
function cell(text: string): string {
	return printable(text).replaceAll(/[",]/g, "_");
}
