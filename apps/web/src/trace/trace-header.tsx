/** What was traced, what came of it in one sentence, and what can be done with it. */
import type { PathSummary } from "@whither/core";
import { useEffect, useMemo } from "preact/hooks";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { SessionBook } from "../model/session-book.ts";
import { count, formatDuration, formatMoment, formatMs, formatShare, NOTHING } from "../model/words.ts";
import { announce } from "../shell/announce.ts";
import { SessionActions } from "./session-actions.tsx";
import type { BookProps } from "./trace-view.tsx";
import { verdictOf } from "./verdict-of.ts";
import { Warnings } from "./warnings.tsx";

const MOODS = {
	good: { symbol: "✓", word: "Good" },
	warn: { symbol: "!", word: "Take note" },
	bad: { symbol: "✕", word: "Trouble" },
} as const;

/** The header of a trace. */
export function TraceHeader({ book, version, summary }: BookProps & { readonly summary: PathSummary }) {
	return (
		<header class="trace-header">
			<div class="row apart">
				<div class="stack tight">
					<h1 class="trace-title">{printable(book.header.target ?? "A trace")}</h1>
					<Asked book={book} />
				</div>
				<SessionActions book={book} version={version} />
			</div>
			<VerdictBlock book={book} summary={summary} />
			{book.end?.outcome === "lost" && (
				<p class="lost-note">The server ended before this trace did. What had come is kept.</p>
			)}
			<Warnings warnings={book.warnings} />
			<Figures book={book} summary={summary} />
		</header>
	);
}

function Asked({ book }: { readonly book: SessionBook }) {
	const { start, header } = book;
	return (
		<p class="asked">
			<RunState book={book} />
			{start !== null && (
				<>
					<span class="mono">{start.target.address}</span>
					<span>
						{start.method}
						{start.target.port !== null && ` port ${start.target.port}`}, IPv{start.family}
					</span>
					<span>
						from <span class="mono">{start.source.address}</span>
					</span>
				</>
			)}
			<time dateTime={header.startedAt}>{formatMoment(header.startedAt)}</time>
		</p>
	);
}

function RunState({ book }: { readonly book: SessionBook }) {
	const { end, header } = book;
	if (end === null) return <span class="state running">▶ {header.kind === "live" ? "live" : "running"}</span>;
	if (end.outcome === "lost") {
		return <span class="state lost">◌ lost</span>;
	}
	if (end.outcome === "failed") return <span class="state failed">✕ failed</span>;
	return <span class="state">● ended</span>;
}

function VerdictBlock({ book, summary }: { readonly book: SessionBook; readonly summary: PathSummary }) {
	const said = useMemo(() => verdictOf(book, summary), [book, summary, book.end]);
	const isReached = summary.hops.some(({ isTarget }) => isTarget);
	// Not each time that a figure of the sentence moves.
	useEffect(() => announce(said.sentence), [said.mood, isReached, book.isOver, summary.changes.length]);
	const { symbol, word } = MOODS[said.mood];
	return (
		<section class={`verdict ${said.mood}`} aria-label="Verdict">
			<span class="verdict-mark" role="img" aria-label={word}>
				{symbol}
			</span>
			<div>
				<p class="verdict-sentence">{said.sentence}</p>
				{said.notes.length > 0 && (
					<ul class="verdict-notes">
						{said.notes.map((note) => (
							<li key={note}>{note}</li>
						))}
					</ul>
				)}
			</div>
		</section>
	);
}

function Figures({ book, summary }: { readonly book: SessionBook; readonly summary: PathSummary }) {
	const target = summary.hops.find(({ isTarget }) => isTarget) ?? null;
	const isLive = book.header.kind === "live";
	const mtu = book.result?.pathMtu ?? null;
	const rows: readonly (readonly [string, string])[] = [
		["Distance", summary.hops.length === 0 ? NOTHING : count(target?.ttl ?? summary.hops.at(-1)?.ttl ?? 0, "hop")],
		[
			isLive ? "Round trip, median" : "Best round trip",
			formatMs((isLive ? target?.rtt?.p50Ns : target?.rtt?.bestNs) ?? null),
		],
		...(isLive ? ([["Jitter", formatMs(target?.rtt?.jitterAvgNs ?? null)]] as const) : []),
		["Loss at target", formatShare(target?.lossRatio ?? null)],
		...(isLive ? ([["Rounds", String(summary.rounds)]] as const) : []),
		...(isLive ? ([["Path changes", String(summary.changes.length)]] as const) : []),
		...(mtu === null ? [] : ([["Path MTU", `${mtu} bytes`]] as const)),
		[isLive && !book.isOver ? "Running for" : "Took", formatDuration(summary.atNs / 1e9)],
	];
	return (
		<dl class="figures panel">
			{rows.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}
