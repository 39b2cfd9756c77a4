/** The latest sessions of the server. */
import { useEffect, useState } from "preact/hooks";
import type { SessionList } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask, type Problem } from "../api/client.ts";
import { formatMoment } from "../model/words.ts";
import { OutcomeMark } from "../shell/outcome-mark.tsx";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";

const SHOWN = 8;

/** A short list; the whole one is the history. */
export function RecentSessions() {
	const [list, setList] = useState<SessionList["sessions"] | null>(null);
	const [problem, setProblem] = useState<Problem | null>(null);
	useEffect(() => {
		void ask<SessionList>("GET", `/sessions?limit=${SHOWN}`).then((outcome) => {
			if (outcome.ok) setList(outcome.value.sessions);
			else setProblem(outcome.problem);
		});
	}, []);
	return (
		<section class="section" aria-labelledby="recent-title">
			<h2 id="recent-title">Latest</h2>
			{problem !== null && <ProblemNote problem={problem} />}
			{list?.length === 0 && <p class="note">Nothing yet. What you trace stays here until it is deleted.</p>}
			{list !== null && list.length > 0 && (
				<ul class="recent panel">
					{list.map(({ header, outcome, summary }) => (
						<li key={header.id}>
							<a href={formatRoute("s", [header.id])}>
								<OutcomeMark outcome={outcome} />
								<span class="recent-target">{header.target ?? "A meeting"}</span>
								<span class="recent-kind">{header.kind}</span>
								<span class="recent-summary">{summary}</span>
								<time class="recent-time" dateTime={header.startedAt}>
									{formatMoment(header.startedAt)}
								</time>
							</a>
						</li>
					))}
				</ul>
			)}
			{list !== null && list.length === SHOWN && (
				<a class="small" href="#/history">
					All of them
				</a>
			)}
		</section>
	);
}
