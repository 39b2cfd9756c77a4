/** What became of each pair, over time. */
import { firstMs, type Lane, type LanePart, type Lanes, laneWords, lastChangeMs, STATE_WORDS } from "../model/lanes.ts";

/** Lanes of one end or of two on one scale of time. */
export function LaneChart({
	groups,
}: {
	readonly groups: readonly { readonly title: string; readonly lanes: Lanes }[];
}) {
	const all = groups.flatMap(({ lanes }) => lanes);
	const startMs = firstMs(all);
	// So much of what still goes on is shown as there is room for.
	const spanMs = Math.max(200, (lastChangeMs(all) - startMs) * 1.15);
	const scale = { startMs, spanMs };
	if (all.length === 0) return <p class="note">No pairs have been formed yet.</p>;
	return (
		<div class="lane-chart panel">
			{groups.map(({ title, lanes }) => (
				<div class="lane-group" key={title}>
					<h3>{title}</h3>
					<ul>
						{lanes.map((lane) => (
							<LaneRow key={lane.id} lane={lane} scale={scale} />
						))}
					</ul>
				</div>
			))}
			<div class="lane-axis tiny quiet-text" aria-hidden="true">
				<span>0</span>
				<span>{duration(spanMs / 2)}</span>
				<span>{duration(spanMs)}</span>
			</div>
			<Legend />
		</div>
	);
}

/** What is shown of time: from when on, and how much. */
interface Scale {
	readonly startMs: number;
	readonly spanMs: number;
}

function LaneRow({ lane, scale }: { readonly lane: Lane; readonly scale: Scale }) {
	return (
		<li class="lane">
			<span class="lane-label small" aria-hidden="true" title={lane.label}>
				{lane.label}
			</span>
			<span class="lane-bar" role="img" aria-label={laneWords(lane)}>
				{lane.parts.map((part) => (
					<Part key={part.fromMs} part={part} scale={scale} />
				))}
			</span>
		</li>
	);
}

function Part({ part: { state, fromMs, toMs }, scale }: { readonly part: LanePart; readonly scale: Scale }) {
	const { startMs, spanMs } = scale;
	const from = fromMs - startMs;
	const to = toMs === null ? spanMs : toMs - startMs;
	const style = { left: `${percent(from, spanMs)}%`, width: `${percent(to - from, spanMs)}%` };
	const words = `${STATE_WORDS[state]}, ${duration(from)} to ${toMs === null ? "now" : duration(to)}`;
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
