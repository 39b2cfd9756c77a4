/** A meeting that is kept, as it was seen by who wrote it down: why that way, its pairs over time and at the end, the path. */
import "../styles/ice.css";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { SessionBook } from "../model/session-book.ts";
import { CandidateList } from "./candidate-list.tsx";
import { LaneChart } from "./lane-chart.tsx";
import { PairTable } from "./pair-table.tsx";
import { PathStrip } from "./path-strip.tsx";

/** The view; `version` rises with the news of a meeting that is under way. */
export function MeetSession({ book }: { readonly book: SessionBook; readonly version: number }) {
	const end = book.meeting;
	const isBrowser = book.header.request.ice === "browser";
	const [here, there] = isBrowser ? ["The server", "The browser"] : ["Here", "The other end"];
	return (
		<>
			{end.why !== null && <p class="note">{`${isBrowser ? "The server says: " : ""}${printable(end.why)}`}</p>}
			<section class="section" aria-labelledby="lanes-title">
				<h2 id="lanes-title">Pairs over time</h2>
				<LaneChart groups={[{ title: here, lanes: end.lanes }]} />
			</section>
			<section class="section" aria-labelledby="pairs-title">
				<h2 id="pairs-title">Pairs</h2>
				<PairTable title="Pairs" pairs={end.pairs} />
				<CandidateList local={end.local} remote={end.remote} />
			</section>
			<section class="section" aria-labelledby="path-title">
				<h2 id="path-title">The way that was traced</h2>
				{end.path === null ? (
					<p class="note">{end.missing === null ? "None yet." : printable(`${end.missing.message}.`)}</p>
				) : (
					<PathStrip trace={end.path} from={here} to={there} />
				)}
			</section>
		</>
	);
}
