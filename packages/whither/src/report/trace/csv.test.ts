import { expect, it } from "vitest";
import { formatCsvHeader, formatCsvRows } from "./csv.ts";
import { answer, hop, sampleResult } from "./sample-trace.fixture.ts";

/** RFC 4180 section 2 as a reader. */
function readCsv(text: string): string[][] {
	const rows: string[][] = [[]];
	for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
		rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
		if (end === "\r\n") rows.push([]);
	}
	return rows.slice(0, -1);
}

it("there is one row a probe, each as wide as the header", () => {
	const result = sampleResult([hop(1, "10.0.0.1", null, "10.0.0.1"), hop(2, null, null, null)]);
	const rows = readCsv(formatCsvHeader() + formatCsvRows(result));
	expect(rows).toHaveLength(1 + 6);
	for (const row of rows) expect(row).toHaveLength(rows[0]?.length ?? 0);
	expect(rows.map((row) => row[3])).toEqual(["ttl", "1", "1", "1", "2", "2", "2"]);
	expect(rows.slice(1).map((row) => row[7])).toEqual(["reply", "timeout", "reply", "timeout", "timeout", "timeout"]);
});

it("commas, quotes and line ends in a name come back as they were", () => {
	const name = 'a,"b"\r\nc';
	const result = sampleResult([hop(1, (seq) => answer(seq, "10.0.0.1", { name }))]);
	const [header, row] = readCsv(formatCsvHeader() + formatCsvRows(result));
	expect(row?.[header?.indexOf("name") ?? -1]).toBe(name);
});

it("every line ends in CR LF and nothing else does", () => {
	const text = formatCsvHeader() + formatCsvRows(sampleResult([hop(1, "10.0.0.1")]));
	expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
	expect(text.endsWith("\r\n")).toBe(true);
});
