/** Candidates of both ends. */
import type { MeetCandidate } from "../../../../packages/whither/src/api/meet/result.ts";
import { End } from "./pair-table.tsx";

/** Two lists: ours, and those that were told or found of the other end. */
export function CandidateList({
	local,
	remote,
}: {
	readonly local: readonly MeetCandidate[];
	readonly remote: readonly MeetCandidate[];
}) {
	return (
		<details>
			<summary>
				Candidates: {local.length} here, {remote.length} there
			</summary>
			<div class="two-columns">
				<Column title="Here" candidates={local} />
				<Column title="There" candidates={remote} />
			</div>
		</details>
	);
}

function Column({ title, candidates }: { readonly title: string; readonly candidates: readonly MeetCandidate[] }) {
	return (
		<section class="section">
			<h3>{title}</h3>
			<ul class="candidates small">
				{candidates.map((candidate) => (
					<li key={`${candidate.type} ${candidate.address} ${candidate.port}`}>
						<End end={candidate} />
					</li>
				))}
			</ul>
		</section>
	);
}
