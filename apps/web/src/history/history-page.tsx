/** Every session of the server, by place, network, target and kind. */
import "../styles/history.css";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { SessionList } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask, type Problem } from "../api/client.ts";
import { count } from "../model/words.ts";
import { announce } from "../shell/announce.ts";
import type { PageProps } from "../shell/pages.ts";
import { goTo } from "../shell/place.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { SessionRow } from "./session-row.tsx";

const PAGE = 50;
const KINDS = [
	["", "All"],
	["trace", "Traces"],
	["live", "Live traces"],
	["meet", "Meetings"],
	["stun", "NAT tests"],
] as const;
const FILTERS = ["kind", "target", "asn", "place"] as const;
type Filters = Readonly<Partial<Record<(typeof FILTERS)[number], string>>>;
type Entries = SessionList["sessions"];

/** The page; its filters stand in the address, so that a list can be kept as a link. */
export function HistoryPage({ route }: PageProps) {
	const filters = filtersOf(route.query);
	const { entries, problem, hasMore, more, remove } = useEntries(filters);
	return (
		<div class="page">
			<h1>History</h1>
			<FilterForm filters={filters} />
			{problem !== null && <ProblemNote problem={problem} />}
			{entries?.length === 0 && <p class="note">No session is like that.</p>}
			{entries !== null && entries.length > 0 && (
				<div class="scroll">
					<table class="sessions">
						<caption class="unseen">Sessions, the newest first</caption>
						<thead>
							<tr>
								<th scope="col">State</th>
								<th scope="col">Target</th>
								<th scope="col">What came of it</th>
								<th scope="col">Networks</th>
								<th scope="col">Places</th>
								<th scope="col">Started</th>
								<th scope="col">
									<span class="unseen">Actions</span>
								</th>
							</tr>
						</thead>
						<tbody>
							{entries.map((entry) => (
								<SessionRow key={entry.header.id} entry={entry} onRemove={() => void remove(entry.header.id)} />
							))}
						</tbody>
					</table>
				</div>
			)}
			{hasMore && (
				<div>
					<button type="button" onClick={() => void more()}>
						Show older ones
					</button>
				</div>
			)}
		</div>
	);
}

function FilterForm({ filters }: { readonly filters: Filters }) {
	const shown = useRef<HTMLFormElement>(null);
	// Fields follow the address, and stay the same ones: whoever chooses by keyboard keeps the focus.
	useLayoutEffect(() => {
		for (const name of FILTERS) {
			const field = shown.current?.elements.namedItem(name);
			if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = filters[name] ?? "";
		}
	}, [JSON.stringify(filters)]);
	const apply = (event: Event) => {
		event.preventDefault();
		const form = (event.currentTarget as HTMLElement).closest("form");
		if (form === null) return;
		const data = new FormData(form);
		const asked = FILTERS.map((name) => [name, String(data.get(name) ?? "").trim()]).filter(
			([, value]) => value !== "",
		);
		goTo(formatRoute("history", [], Object.fromEntries(asked)));
	};
	return (
		<form class="filters" onSubmit={apply} aria-label="Filter sessions" ref={shown}>
			<label class="field">
				<span>Kind</span>
				<select name="kind" onChange={apply}>
					{KINDS.map(([kind, label]) => (
						<option key={kind} value={kind}>
							{label}
						</option>
					))}
				</select>
			</label>
			<label class="field">
				<span>Target</span>
				<input name="target" placeholder="part of its name, or address" />
			</label>
			<label class="field">
				<span>Network</span>
				<input name="asn" placeholder="AS64500" />
			</label>
			<label class="field">
				<span>Place</span>
				<input name="place" placeholder="DE, or Frankfurt, DE" />
			</label>
			<div class="row">
				<button type="submit" class="primary">
					Filter
				</button>
				{Object.keys(filters).length > 0 && (
					<a class="button" href={formatRoute("history")}>
						All sessions
					</a>
				)}
			</div>
		</form>
	);
}

function useEntries(filters: Filters) {
	const [entries, setEntries] = useState<Entries | null>(null);
	const [problem, setProblem] = useState<Problem | null>(null);
	const [hasMore, setMore] = useState(false);
	/** Rises with each list that is asked for: an answer to an earlier one comes too late. */
	const turn = useRef(0);
	const query = new URLSearchParams({ ...filters, limit: String(PAGE) }).toString();
	const load = async (known: Entries) => {
		const own = turn.current;
		const before = known.at(-1)?.header.id;
		const outcome = await ask<SessionList>(
			"GET",
			`/sessions?${query}${before === undefined ? "" : `&before=${before}`}`,
		);
		if (own !== turn.current) return;
		setProblem(outcome.ok ? null : outcome.problem);
		if (!outcome.ok) return;
		const { sessions } = outcome.value;
		setEntries([...known, ...sessions]);
		setMore(sessions.length === PAGE);
		announce(count(known.length + sessions.length, "session"));
	};
	useEffect(() => {
		setEntries(null);
		setMore(false);
		void load([]);
		return () => {
			turn.current++;
		};
	}, [query]);
	const remove = async (id: string) => {
		const outcome = await ask("DELETE", `/sessions/${encodeURIComponent(id)}`);
		setProblem(outcome.ok ? null : outcome.problem);
		if (outcome.ok) setEntries((known) => known?.filter(({ header }) => header.id !== id) ?? null);
	};
	return { entries, problem, hasMore, more: () => load(entries ?? []), remove };
}

function filtersOf(query: Readonly<Record<string, string>>): Filters {
	return Object.fromEntries(FILTERS.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])));
}
