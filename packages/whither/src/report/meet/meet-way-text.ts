/** The merged way as text: both ways' hops beside what stands there. */

import type { Paint } from "../paint.ts";
import { printable } from "../printable.ts";
import { mergeWays, ms, type WayHop, type WayRow } from "./meet-way.ts";

const NAMES: Readonly<Record<WayRow["kind"], string>> = { you: "you", router: "", relay: "relay", them: "them" };

/** A table and its remarks; "" where nothing was traced. */
export function formatWay(result: Parameters<typeof mergeWays>[0], paint: Paint): string {
	const way = mergeWays(result);
	if (way === null) return "";
	const head = paint.bold("The way between you");
	const rows = way.rows.map((row) => formatRow(row, paint));
	const remarks = way.remarks.length === 0 ? "" : `  ${printable(way.remarks.join("; "))}\n`;
	return `${head}\n${paint.dim("         there          back")}\n${rows.join("")}${remarks}`;
}

function formatRow(row: WayRow, paint: Paint): string {
	const label = NAMES[row.kind].padEnd(5);
	const cells = `${cell(row.there)}  ${cell(row.back)}`;
	const isMark = (note: string) => note.endsWith("only") || note.startsWith("another");
	const differs = row.notes.some(isMark);
	const notes = row.notes.map((note) => (isMark(note) ? paint.bad(`! ${note}`) : note)).join(", ");
	// The other end chose some of these words.
	const what = printable(whatStands(row));
	const line = `  ${label} ${cells}  ${differs ? paint.bad(what) : what}`;
	return `${notes === "" ? line.trimEnd() : `${line}  ${notes}`}\n`;
}

/** ` 3   12.31 ms`, 13 wide. */
function cell(hop: WayHop | null): string {
	if (hop === null) return "".padEnd(13);
	return `${String(hop.ttl).padStart(2)} ${(hop.rttNs === null ? "*" : ms(hop.rttNs)).padStart(10)}`;
}

function whatStands({ kind, there, back, place }: WayRow): string {
	if (kind !== "router") return place ?? "";
	const [out, home] = [named(there), named(back)];
	if (out === null) return home === null ? "*" : home;
	return home === null || there?.address === back?.address ? out : `${out}, back ${home}`;
}

function named(hop: WayHop | null): string | null {
	if (hop === null || hop.address === null) return null;
	return hop.name === null ? hop.address : `${hop.address} (${hop.name})`;
}
