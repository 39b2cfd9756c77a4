/** mtr's report of a path. */

import { hostname } from "node:os";
import type { AnswererSummary, PathSummary } from "@whither/core";
import { printable } from "../../report/printable.ts";
import { columnsOf } from "../model/columns.ts";

export interface MtrReportChoices {
	readonly startedAt: Date;
	readonly isWide: boolean;
	readonly columns: string;
	readonly addresses: boolean;
}

const NAME_WIDTH = 28;

/** The report, a line each hop and further answerer. */
export function mtrReport({ hops }: PathSummary, { startedAt, isWide, columns, addresses }: MtrReportChoices): string {
	const called = (one: AnswererSummary) => {
		if (one.name === null) return one.address;
		return printable(addresses ? `${one.name} (${one.address})` : one.name);
	};
	const names = hops.flatMap(({ answerers }) => answerers.map(called));
	const width = isWide ? Math.max(NAME_WIDTH, ...names.map(({ length }) => length)) : NAME_WIDTH;
	const shown = (columnsOf(columns) ?? []).flatMap((column) => (column === null ? [] : [column]));
	const head = `HOST: ${hostname()}`.slice(0, width + 8).padEnd(width + 8);
	const lines = hops.flatMap((hop) => {
		const [first, ...others] = hop.answerers;
		const figures = shown.map((column) => column.value(hop).padStart(column.width + 1)).join("");
		const top = `${String(hop.ttl).padStart(3)}.|-- ${(first === undefined ? "???" : called(first)).slice(0, width).padEnd(width)}`;
		return [`${top}${figures}`, ...others.map((one) => `${" ".repeat(8)}${called(one).slice(0, width)}`)];
	});
	const titles = shown.map((column) => column.title.padStart(column.width + 1)).join("");
	return [`Start: ${startedAt.toISOString()}`, `${head}${titles}`, ...lines]
		.map((line) => `${line.trimEnd()}\n`)
		.join("");
}
