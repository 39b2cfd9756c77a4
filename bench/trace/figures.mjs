// Medians, percentiles and the printed table.

const sorted = (values) => [...values].sort((a, b) => a - b);

/** The value below which a share of the values lies (nearest rank); null for none. */
export function percentile(values, share) {
	const list = sorted(values);
	return list.length === 0 ? null : list[Math.max(0, Math.ceil(share * list.length) - 1)];
}

export const median = (values) => percentile(values, 0.5);

/** Medians of every number in a list of like objects; nulls are left out. */
export function medians(rounds) {
	const names = new Set(rounds.flatMap((round) => Object.keys(round)));
	const entries = [...names].map((name) => {
		const values = rounds.map((round) => round[name]).filter((value) => typeof value === "number");
		return [name, median(values)];
	});
	return Object.fromEntries(entries);
}

/** Three significant digits at most; a dash for what is not there. */
export function show(value) {
	if (value === null || value === undefined) return "-";
	if (typeof value !== "number") return String(value);
	return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Rows of cells under a heading, columns aligned: the first to the left, the others to the right. */
export function formatTable(columns, rows) {
	const cells = [columns, ...rows.map((row) => row.map(show))];
	const widths = columns.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
	const line = (row) =>
		row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join("  ");
	return [line(cells[0]), widths.map((width) => "-".repeat(width)).join("  "), ...cells.slice(1).map(line)].join("\n");
}
