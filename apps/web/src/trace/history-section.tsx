/** A trace's past: lines, heat, or a table. The drawing is code that is loaded when there is a past to draw. */
import type { PathSummary } from "@whither/core";
import { useState } from "preact/hooks";
import { formatDuration } from "../model/words.ts";
import { Lazy } from "../shell/lazy.tsx";
import { HistoryTable } from "./history-table.tsx";
import type { BookProps } from "./trace-view.tsx";

type Look = "lines" | "heat" | "table";
const LOOKS: readonly (readonly [Look, string])[] = [
	["lines", "Lines"],
	["heat", "Heat"],
	["table", "Table"],
];
const NOTES: Readonly<Record<Look, string>> = {
	lines: "Each point is the mean of SLOT; where a line has a gap, nothing was answered.",
	heat: "Each cell is the mean of SLOT; grey crosses are answers that a router held back.",
	table: "Means in milliseconds.",
};
const chart = async () => (await import("./history-chart.tsx")).HistoryChart;
const heat = async () => (await import("./history-heat.tsx")).HistoryHeat;

/** Only of a live trace: one trace has no past. */
export function HistorySection({ book, version, summary }: BookProps & { readonly summary: PathSummary }) {
	const [look, setLook] = useState<Look>("lines");
	if (book.header.kind !== "live" || book.history.length < 2) return null;
	const width = book.history.widthNs / 1e9;
	const slot = width < 1 ? `${Math.round(width * 1000)} ms` : formatDuration(width);
	return (
		<section class="section" aria-labelledby="past-title">
			<div class="row apart">
				<h2 id="past-title">Round trips over time</h2>
				<div class="switch" role="radiogroup" aria-label="How to show them">
					{LOOKS.map(([name, label]) => (
						<label key={name}>
							<input type="radio" name="look" checked={look === name} onChange={() => setLook(name)} />
							{label}
						</label>
					))}
				</div>
			</div>
			<div class="panel past">
				{look === "lines" && <Lazy code={chart} props={{ book, version, summary }} />}
				{look === "heat" && <Lazy code={heat} props={{ book, version, summary }} />}
				{look === "table" && <HistoryTable book={book} version={version} summary={summary} />}
				<p class="small quiet-text past-note">{NOTES[look].replace("SLOT", slot)}</p>
			</div>
		</section>
	);
}
