/** One of the two: what it is, and its sentence. */
import { useMemo } from "preact/hooks";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { OpenSession } from "../api/sessions.ts";
import type { SessionBook } from "../model/session-book.ts";
import { formatMoment } from "../model/words.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { verdictOf } from "../trace/verdict-of.ts";

const MARKS = { good: "✓", warn: "!", bad: "✕" } as const;

/** A panel. */
export function CompareHead({ session, side }: { readonly session: OpenSession; readonly side: "A" | "B" }) {
	const { book, problem, id } = session;
	return (
		<section class="panel compare-head" aria-label={`Path ${side}`}>
			<span class="side">{side}</span>
			{problem !== null && <ProblemNote problem={problem} />}
			{book === null && problem === null && <p class="note">Loading…</p>}
			{book !== null && <Head book={book} id={id} />}
		</section>
	);
}

function Head({ book, id }: { readonly book: SessionBook; readonly id: string }) {
	const summary = book.summary();
	const said = useMemo(() => verdictOf(book, summary), [book, summary, book.end]);
	const { header, start } = book;
	return (
		<div class="stack tight">
			<h2 class="compare-target">
				<a href={formatRoute("s", [id])}>{printable(header.target ?? "A path")}</a>
			</h2>
			<p class="asked">
				{book.end === null && <span class="state running">▶ running</span>}
				{start !== null && (
					<span>
						{start.method}
						{start.target.port !== null && ` port ${start.target.port}`}, IPv{start.family}
					</span>
				)}
				<time dateTime={header.startedAt}>{formatMoment(header.startedAt)}</time>
			</p>
			<p class={`compare-sentence ${said.mood}`}>
				<span class="mood-mark" aria-hidden="true">
					{MARKS[said.mood]}
				</span>{" "}
				{said.sentence}
			</p>
		</div>
	);
}
