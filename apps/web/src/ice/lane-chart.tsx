/** What became of each pair, over time. */
import { type Lane, type LanePart, type Lanes, laneWords, lastChangeMs, STATE_WORDS } from "./lanes.ts";

/** Lanes of one end or of two on one scale of time. */
export function LaneChart({
	groups,
}: {
	readonly groups: readonly { readonly title: string; readonly lanes: Lanes }[];
}) {
	const lastMs = Math.max(...groups.map(({ lanes }) => lastChangeMs(lanes)));
	const endMs = Math.max(200, lastMs * 1.15);
	if (groups.every(({ lanes }) => lanes.length === 0)) return <p class="note">No pairs have been formed yet.</p>;
	return (
		<div class="lane-chart panel">
			{groups.map(({ title, lanes }) => (
				<div class="lane-group" key={title}>
					<h3>{title}</h3>
					<ul>
						{lanes.map((lane) => (
							<LaneRow key={lane.id} lane={lane} endMs={endMs} />
						))}
					</ul>
				</div>
			))}
			<div class="lane-axis tiny quiet-text" aria-hidden="true">
				<span>0</span>
				<span>{duration(endMs / 2)}</span>
				<span>{duration(endMs)}</span>
			</div>
			<Legend />
		</div>
	);
}

function LaneRow({ lane, endMs }: { readonly lane: Lane; readonly endMs: number }) {
	return (
		<li class="lane">
			<span class="lane-label small" aria-hidden="true" title={lane.label}>
				{lane.label}
			</span>
			<span class="lane-bar" role="img" aria-label={laneWords(lane)}>
				{lane.parts.map((part) => (
					<Part key={part.fromMs} part={part} endMs={endMs} />
				))}
			</span>
		</li>
	);
}

function Part({ part: { state, fromMs, toMs }, endMs }: { readonly part: LanePart; readonly endMs: number }) {
	const to = toMs ?? endMs;
	const style = { left: `${percent(fromMs, endMs)}%`, width: `${percent(to - fromMs, endMs)}%` };
	const words = `${STATE_WORDS[state]}, ${duration(fromMs)} to ${toMs === null ? "now" : duration(toMs)}`;
	return <span class={`lane-part ${state}`} style={style} title={words} />;
}

const LEGEND = ["waiting", "inProgress", "succeeded", "failed", "nominated", "selected"] as const;

function Legend() {
	return (
		<div class="lane-legend tiny quiet-text" aria-hidden="true">
			{LEGEND.map((state) => (
				<span key={state} class={`pair-state ${state}`}>
					<span class="key" />
					{STATE_WORDS[state]}
				</span>
			))}
		</div>
	);
}

function percent(part: number, whole: number): number {
	return Math.max(0, Math.min(100, (part / whole) * 100));
}

function duration(ms: number): string {
	return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
