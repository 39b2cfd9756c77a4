/** A connection as this browser sees it, and as the other end does: why this way, lanes, pairs, candidates. */

import type { OtherEnd } from "../model/other-end.ts";
import { CandidateList } from "./candidate-list.tsx";
import type { WatchedConnection } from "./connection.ts";
import { LaneChart } from "./lane-chart.tsx";
import { PairTable } from "./pair-table.tsx";
import { outcomeOf, whyWords } from "./why.ts";

/** The other end's view, where it tells of it. */
export interface OtherView {
	readonly title: string;
	readonly end: OtherEnd;
}

/** What is known of it now. */
export function IceView({
	connection,
	other,
	seenAs,
}: {
	readonly connection: WatchedConnection;
	readonly other: OtherView | null;
	readonly seenAs: string | null;
}) {
	const ice = connection.ice.value;
	const state = connection.state.value;
	const hasEnded = state === "closed" && connection.wasConnected.value;
	// Who has left in order had a way until then.
	const outcome = outcomeOf(hasEnded ? "connected" : state, connection.wasConnected.value);
	const lanes = [{ title: "This browser", lanes: connection.lanes.value }];
	if (other !== null) lanes.push({ title: other.title, lanes: other.end.lanes });
	return (
		<>
			<div class="ice-state row" data-ice-state={state}>
				<StateBadge state={state} />
				<p>
					{outcome === null ? STATE_SENTENCES[state] : whyWords(ice, { outcome, seenAs })}
					{hasEnded && " It has ended since."}
				</p>
			</div>
			<section class="section" aria-labelledby="lanes-title">
				<h2 id="lanes-title">Pairs over time</h2>
				<LaneChart groups={lanes} />
			</section>
			<div class={other === null ? "stack" : "two-columns"}>
				<section class="section" aria-label="Pairs of this browser">
					<h2>This browser</h2>
					<PairTable title="Pairs of this browser" pairs={ice.pairs} />
					<CandidateList local={connection.told.value} remote={ice.remote} />
				</section>
				{other !== null && (
					<section class="section" aria-label={`Pairs of ${other.title.toLowerCase()}`}>
						<h2>{other.title}</h2>
						<PairTable title={`Pairs of ${other.title.toLowerCase()}`} pairs={other.end.pairs} />
						<CandidateList local={other.end.local} remote={other.end.remote} />
					</section>
				)}
			</div>
		</>
	);
}

function StateBadge({ state }: { readonly state: RTCIceConnectionState }) {
	return <span class={`ice-badge ${state}`}>{BADGES[state]}</span>;
}

const BADGES: Readonly<Record<RTCIceConnectionState, string>> = {
	new: "Starting",
	checking: "Checking",
	connected: "Connected",
	completed: "Connected",
	disconnected: "Interrupted",
	failed: "Failed",
	closed: "Ended",
};

const STATE_SENTENCES: Readonly<Record<RTCIceConnectionState, string>> = {
	new: "Looking for addresses to be reached at.",
	checking: "Trying each pair of addresses.",
	connected: "",
	completed: "",
	disconnected: "The other end is silent.",
	failed: "No pair works.",
	closed: "The connection has ended. What it was stays here.",
};
