/** Meetings and tests: what came of them, and what happened. */
import { useEffect, useState } from "preact/hooks";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { SessionBook } from "../model/session-book.ts";
import { formatMoment } from "../model/words.ts";
import { Lazy } from "../shell/lazy.tsx";
import { reportOf } from "./saving.ts";
import { SessionActions } from "./session-actions.tsx";
import type { BookProps } from "./trace-view.tsx";

const KINDS = { meet: "A meeting", stun: "A NAT test", turn: "A relay test", ping: "A ping" } as const;

const meetSession = async () => (await import("../ice/meet-session.tsx")).MeetSession;

/** The view of a session that is no trace. */
export function OtherSession({ book, version }: BookProps) {
	const { header, end, news } = book;
	const title = header.target ?? KINDS[header.kind as keyof typeof KINDS] ?? header.kind;
	return (
		<>
			<header class="trace-header">
				<div class="row apart">
					<div class="stack tight">
						<h1>{printable(title)}</h1>
						<p class="asked">
							<span>{header.kind}</span>
							<time dateTime={header.startedAt}>{formatMoment(header.startedAt)}</time>
						</p>
					</div>
					<SessionActions book={book} version={version} />
				</div>
				<p class="verdict-sentence">{endWords(book)}</p>
			</header>
			{header.kind === "meet" && <Lazy code={meetSession} props={{ book, version }} />}
			{end?.outcome === "result" && end.result !== null && <ReportText book={book} />}
			{news.length > 0 && (
				<details open={end === null && header.kind !== "meet"}>
					<summary>What happened</summary>
					<ol class="panel raw">
						{news.map((event) => (
							<li key={event.seq}>{newsWords(event)}</li>
						))}
					</ol>
				</details>
			)}
		</>
	);
}

/** The report that the command prints; its code is loaded when it is first needed. */
function ReportText({ book }: { readonly book: SessionBook }) {
	const [text, setText] = useState<string | null>(null);
	useEffect(() => {
		void reportOf({ header: book.header, events: [], end: book.end }).then(
			(report) => setText(report ?? ""),
			() => setText(""),
		);
	}, [book, book.end]);
	if (text === "") return null;
	return (
		<section class="section" aria-label="Report">
			{text === null ? <p class="note">Loading…</p> : <pre class="panel raw">{text}</pre>}
		</section>
	);
}

function endWords({ end }: BookProps["book"]): string {
	if (end === null) return "Under way…";
	if (end.outcome === "failed") return printable(end.error.message);
	if (end.outcome === "lost") return "Lost: the server ended before it did. What had come is kept.";
	const why = end.result !== null && "why" in end.result ? end.result.why : null;
	return typeof why === "string" ? printable(why) : "Ended.";
}

function newsWords(event: BookProps["book"]["news"][number]): string {
	return event.kind === "note" ? JSON.stringify(event.note) : "event" in event ? JSON.stringify(event.event) : "";
}
