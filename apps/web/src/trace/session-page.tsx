/** One session: what came of it, and how it looks. */
import "../styles/trace.css";
import { useEffect } from "preact/hooks";
import { type OpenSession, useSessions } from "../api/sessions.ts";
import type { PageProps } from "../shell/pages.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { OtherSession } from "./other-session.tsx";
import { TraceView } from "./trace-view.tsx";

/** The page. */
export function SessionPage({ route }: PageProps) {
	const [open] = useSessions([route.words[0] ?? ""]);
	const title = open?.book?.header.target ?? null;
	useEffect(() => {
		document.title = title === null ? "Whither" : `${title} – Whither`;
		return () => {
			document.title = "Whither";
		};
	}, [title]);
	return open === undefined ? null : <Shown open={open} />;
}

function Shown({ open }: { readonly open: OpenSession }) {
	const { book, problem, version } = open;
	if (book === null && problem === null) return <p class="note">Loading the session…</p>;
	return (
		<div class="page">
			{book === null && <h1>No session to show</h1>}
			{problem !== null && <ProblemNote problem={problem} />}
			{book === null && (
				<p>
					<a href={formatRoute("history")}>What there is</a>, or <a href="#/">trace a path</a>.
				</p>
			)}
			{book !== null &&
				(isPath(book.header.kind) ? (
					<TraceView book={book} version={version} />
				) : (
					<OtherSession book={book} version={version} />
				))}
		</div>
	);
}

function isPath(kind: string): boolean {
	return kind === "trace" || kind === "live";
}
