/** The JSON of `mtr --json`, and its numbers: reals keep a point, and have five digits that count. */
import { MTR_COLUMNS, type MtrNames, mtrAsn, mtrColumns, mtrHost } from "./mtr-columns.ts";
import type { TracedPath } from "./traced-path.ts";

/** What mtr knows of its machine and was told. */
export interface MtrChoices extends MtrNames {
	readonly hostName: string;
	/** Letters of `-o`; default: mtr's. */
	readonly columns?: string;
}

/** A number that is written with a point. */
class Real {
	readonly value: number;
	constructor(value: number) {
		this.value = value;
	}
}

type Json = string | number | Real | readonly Json[] | { readonly [key: string]: Json };

/** One document and its newline, four spaces a level. */
export function formatMtrJson(path: TracedPath, choices: MtrChoices): string {
	const { summary, target, tos, rounds, length } = path;
	const columns = mtrColumns(choices.columns ?? MTR_COLUMNS).filter(({ kind }) => kind !== "space");
	const hubs = summary.hops.map((hop): Json => {
		const asn = mtrAsn(hop, summary.hops, choices);
		const figures = columns.map(({ title, kind, value }) => {
			return [title, kind === "count" ? value(hop) : new Real(value(hop))] as const;
		});
		const host = mtrHost(hop.answerers[0], choices);
		return { count: hop.ttl, host, ...(asn === null ? {} : { ASN: asn }), ...Object.fromEntries(figures) };
	});
	const mtr = {
		src: choices.hostName,
		dst: target.name,
		tos,
		tests: rounds,
		psize: String(length),
		bitpattern: "0x00",
	};
	return `${text({ report: { mtr, hubs } }, 0)}\n`;
}

const INDENT = "    ";

function text(value: Json, level: number): string {
	if (value instanceof Real) return realText(value.value);
	if (typeof value !== "object") return JSON.stringify(value);
	const inner = INDENT.repeat(level + 1);
	const outer = INDENT.repeat(level);
	if (Array.isArray(value)) {
		if (value.length === 0) return "[]";
		return `[\n${value.map((item) => inner + text(item, level + 1)).join(",\n")}\n${outer}]`;
	}
	const entries = Object.entries(value).map(
		([key, item]) => `${inner}${JSON.stringify(key)}: ${text(item, level + 1)}`,
	);
	return `{\n${entries.join(",\n")}\n${outer}}`;
}

function realText(value: number): string {
	const short = String(Number(value.toPrecision(5)));
	return /[.e]/.test(short) ? short : `${short}.0`;
}
