/** Two paths side by side: two targets, or one by two methods. */
import "../styles/trace.css";
import "../styles/compare.css";
import { useState } from "preact/hooks";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { SessionStarted, TraceAsked } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask, type Problem } from "../api/client.ts";
import { useSessions } from "../api/sessions.ts";
import { MethodChoice } from "../home/method-choice.tsx";
import type { PageProps } from "../shell/pages.ts";
import { goTo } from "../shell/place.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { CompareHead } from "./compare-head.tsx";
import { CompareTable } from "./compare-table.tsx";
import { SessionChoice } from "./session-choice.tsx";

/** The page: a form until there are two sessions. */
export function ComparePage({ route }: PageProps) {
	const [one, other] = route.words;
	return (
		<div class="page">
			<h1>Compare</h1>
			{one !== undefined && other !== undefined ? <Compared ids={[one, other]} /> : <Choosing one={one ?? null} />}
		</div>
	);
}

function Compared({ ids }: { readonly ids: readonly [string, string] }) {
	const open = useSessions(ids);
	const [left, right] = open;
	if (left === undefined || right === undefined) return null;
	return (
		<>
			<div class="compare-heads">
				{[left, right].map((session, index) => (
					<CompareHead key={session.id} session={session} side={index === 0 ? "A" : "B"} />
				))}
			</div>
			{left.book !== null && right.book !== null && (
				<CompareTable
					left={left.book.summary()}
					right={right.book.summary()}
					isOver={left.book.isOver && right.book.isOver}
				/>
			)}
			<p>
				<a href={formatRoute("compare")}>Compare others</a>
			</p>
		</>
	);
}

function Choosing({ one }: { readonly one: string | null }) {
	const [problem, setProblem] = useState<Problem | null>(null);
	const [busy, setBusy] = useState(false);
	const start = async (event: SubmitEvent) => {
		event.preventDefault();
		const data = new FormData(event.currentTarget as HTMLFormElement);
		const text = (name: string) => String(data.get(name) ?? "").trim();
		setBusy(true);
		setProblem(null);
		const target = text("target-a");
		const isLive = data.get("run") === "live";
		const a = one ?? (await startTrace(target, text("method-a"), isLive));
		const b = typeof a === "string" ? await startTrace(text("target-b") || target, text("method-b"), isLive) : null;
		setBusy(false);
		if (typeof a !== "string") return setProblem(a);
		if (typeof b === "string") return goTo(formatRoute("compare", [a, b]));
		// A runs already: what it is stays in sight, and can be stopped.
		setProblem(b);
		goTo(formatRoute("compare", [a]));
	};
	return (
		<>
			<form class="panel compare-form" onSubmit={start} aria-label="Start two traces">
				<div class="compare-sides">
					{one === null ? <Side side="a" isRequired /> : <Chosen id={one} />}
					<Side side="b" isRequired={one !== null} />
				</div>
				<div class="row">
					<label class="check">
						<input type="checkbox" name="run" value="live" /> Live
					</label>
					<button type="submit" class="primary" disabled={busy}>
						{busy ? "Starting…" : one === null ? "Trace both" : "Trace B"}
					</button>
				</div>
				{problem !== null && <ProblemNote problem={problem} />}
			</form>
			<SessionChoice one={one} />
		</>
	);
}

function Side({ side, isRequired }: { readonly side: "a" | "b"; readonly isRequired: boolean }) {
	const name = side.toUpperCase();
	return (
		<fieldset>
			<legend>
				<span class="side">{name}</span>
			</legend>
			<label class="field">
				<span>Host or address{isRequired ? "" : ", if not that of A"}</span>
				<input
					name={`target-${side}`}
					required={isRequired}
					maxLength={253}
					class="mono"
					placeholder={isRequired ? "example.org" : "the same"}
					autocomplete="off"
					autocapitalize="none"
					spellcheck={false}
				/>
			</label>
			<label class="field" for={`method-${side}`}>
				<span>Method</span>
				<MethodChoice name={`method-${side}`} id={`method-${side}`} />
			</label>
		</fieldset>
	);
}

function Chosen({ id }: { readonly id: string }) {
	const [session] = useSessions([id]);
	return (
		<div class="stack tight">
			<span class="side">A</span>
			<p>
				{session?.problem?.message ?? (
					<a href={formatRoute("s", [id])}>{printable(session?.book?.header.target ?? "Loading…")}</a>
				)}
			</p>
			<a class="small" href={formatRoute("compare")}>
				Another one
			</a>
		</div>
	);
}

async function startTrace(target: string, method: string, isLive: boolean): Promise<string | Problem> {
	const asked: TraceAsked = { target, ...(method !== "" && { method }), ...(isLive && { live: {} }) };
	const outcome = await ask<SessionStarted>("POST", "/traces", asked);
	return outcome.ok ? outcome.value.id : outcome.problem;
}
