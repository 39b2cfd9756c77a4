/** A dump of chrome://webrtc-internals: its connections with their pairs, candidates and states. */
import { signal } from "@preact/signals";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import { CandidateList } from "./candidate-list.tsx";
import { type DumpedConnection, readDump } from "./internals-dump.ts";
import { LaneChart } from "./lane-chart.tsx";
import { PairTable } from "./pair-table.tsx";

/** What was opened last, here or on the page of files. */
export const openedDump = signal<readonly DumpedConnection[] | string | null>(null);

/** The choice of a file on the page Connect. */
export function DumpChoice() {
	const open = async (file: File | undefined) => {
		if (file === undefined) return;
		openedDump.value = readDump(await file.text()) ?? `${file.name} is no dump of chrome://webrtc-internals.`;
	};
	return (
		<section class="panel ice-choice" aria-labelledby="dump-title">
			<h2 id="dump-title">What a browser has written down</h2>
			<p class="small">
				A file that chrome://webrtc-internals saves ("Create a dump"). It is read by this page and goes nowhere.
			</p>
			<label class="row small">
				<span>Open a webrtc-internals dump</span>
				<input type="file" accept=".txt,.json" onChange={(event) => void open(event.currentTarget.files?.[0])} />
			</label>
		</section>
	);
}

/** All of it; nothing where none was opened. */
export function DumpView() {
	const dump = openedDump.value;
	if (dump === null) return null;
	if (typeof dump === "string") return <p role="alert">{printable(dump)}</p>;
	if (dump.length === 0) return <p class="note">This dump has no connections: it was saved when none was there.</p>;
	return (
		<div class="stack">
			{dump.map((connection) => (
				<Connection key={connection.id} connection={connection} />
			))}
		</div>
	);
}

function Connection({ connection: { id, url, ice, lanes, states } }: { readonly connection: DumpedConnection }) {
	const title = `Connection ${printable(id)}`;
	return (
		<section class="section" aria-label={title}>
			<h2>{title}</h2>
			{url !== "" && <p class="small quiet-text">{printable(url)}</p>}
			<PairTable title={`Pairs of connection ${printable(id)}`} pairs={ice.pairs} />
			{lanes.length > 0 && <LaneChart groups={[{ title: "Pairs over time", lanes }]} />}
			<CandidateList local={ice.local} remote={ice.remote} />
			{states.length > 0 && (
				<details>
					<summary>States: {states.length}</summary>
					<ol class="small">
						{states.map(({ atMs, what, state }, index) => (
							<li key={`${index} ${what}`}>
								{Math.round(atMs)} ms: {what} {printable(state)}
							</li>
						))}
					</ol>
				</details>
			)}
		</section>
	);
}
