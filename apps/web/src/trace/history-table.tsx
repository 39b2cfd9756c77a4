/** The past in figures: for every hop and minute or so, mean round trip and loss. */
import type { PathSummary } from "@whither/core";
import { meanNs, type Slot } from "../model/history-book.ts";
import { formatDuration, formatMsNumber, formatShare } from "../model/words.ts";
import { ScrollBox } from "../shell/scroll-box.tsx";
import type { BookProps } from "./trace-view.tsx";

const ROWS = 60;

/** At most sixty lines, the newest first. */
export function HistoryTable({ book, summary }: BookProps & { readonly summary: PathSummary }) {
	const { history } = book;
	// Probes of the first round went farther than the path.
	const ttls = summary.hops.map(({ ttl }) => ttl);
	const together = Math.max(1, Math.ceil(history.length / ROWS));
	const starts = Array.from(
		{ length: Math.ceil(history.length / together) },
		(_, index) => index * together,
	).toReversed();
	const seconds = history.widthNs / 1e9;
	return (
		<ScrollBox label="Round trips over time, table" kind="past-table">
			<table>
				<thead>
					<tr>
						<th scope="col">From the start</th>
						{ttls.map((ttl) => (
							<th key={ttl} scope="col" class="number">
								Hop {ttl}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{starts.map((start) => (
						<tr key={start}>
							<th scope="row" class="number">
								{formatDuration(start * seconds)}
							</th>
							{ttls.map((ttl) => (
								<td key={ttl} class="number">
									{cellWords(history.slots(ttl).slice(start, start + together))}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</ScrollBox>
	);
}

function cellWords(slots: readonly (Slot | undefined)[]): string {
	const known = slots.filter((slot) => slot !== undefined);
	if (known.length === 0) return "";
	const total = known.reduce((sum, slot) => ({
		sumNs: sum.sumNs + slot.sumNs,
		answered: sum.answered + slot.answered,
		lost: sum.lost + slot.lost,
		bestNs: 0,
		worstNs: 0,
	}));
	if (total.answered === 0) return "no answer";
	const loss = total.lost === 0 ? "" : ` (${formatShare(total.lost / (total.lost + total.answered))} lost)`;
	return `${formatMsNumber(meanNs(total))}${loss}`;
}
