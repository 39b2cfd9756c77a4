/** What can be done with a session: stop it, trace again, compare, keep, share, delete. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SessionStarted } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask, askForFile, type Problem } from "../api/client.ts";
import { isLocalId } from "../api/local-sessions.ts";
import type { SessionBook } from "../model/session-book.ts";
import { announce } from "../shell/announce.ts";
import { copyText } from "../shell/copy-text.ts";
import { hasOwnSession } from "../shell/own-session.ts";
import { goTo, route } from "../shell/place.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { FILE_FORMATS, type FileFormat } from "./file-formats.ts";
import { linesOfSession, saveBlob, saveLocally, savePage } from "./saving.ts";

/** Buttons for this session. */
export function SessionActions({
	book,
}: {
	readonly book: SessionBook;
	/** Of the book: whoever reads signals is drawn anew only where its properties differ. */
	readonly version: number;
}) {
	const [problem, setProblem] = useState<Problem | null>(null);
	const id = route.value.words[0] ?? book.header.id;
	const isLocal = isLocalId(id);
	const stop = async () => {
		const outcome = await ask("POST", `/sessions/${encodeURIComponent(id)}/stop`);
		setProblem(outcome.ok ? null : outcome.problem);
	};
	return (
		<div class="actions">
			<div class="row end">
				{!book.isOver && (
					<button type="button" class="primary" onClick={stop}>
						<span aria-hidden="true">■</span> Stop
					</button>
				)}
				{!isLocal && book.header.target !== null && <Onwards book={book} id={id} />}
				{isLocal && !hasOwnSession() && <KeepButton id={id} onProblem={setProblem} />}
				<SaveMenu book={book} id={id} isLocal={isLocal} onProblem={setProblem} />
				{!isLocal && <CopyLink />}
				{!isLocal && book.isOver && <DeleteButton id={id} onProblem={setProblem} />}
			</div>
			{problem !== null && <ProblemNote problem={problem} />}
		</div>
	);
}

function Onwards({ book, id }: { readonly book: SessionBook; readonly id: string }) {
	return (
		<>
			<a
				class="button"
				href={formatRoute("", [], {
					target: book.header.target ?? "",
					...(book.start !== null && { method: book.start.method }),
				})}
			>
				Trace again
			</a>
			<a class="button" href={formatRoute("compare", [id])}>
				Compare
			</a>
		</>
	);
}

interface SaveProps {
	readonly book: SessionBook;
	readonly id: string;
	readonly isLocal: boolean;
	readonly onProblem: (problem: Problem | null) => void;
}

function SaveMenu({ book, id, isLocal, onProblem }: SaveProps) {
	const menu = useRef<HTMLDetailsElement>(null);
	const close = () => {
		if (menu.current !== null) menu.current.open = false;
	};
	const name = `whither-${(book.header.target ?? book.header.kind).replaceAll(/[^\w.-]+/g, "_")}`;
	const save = async (chosen: FileFormat) => {
		const { format, ending } = chosen;
		close();
		if (format === "html") return onProblem(await savePage(id, `${name}.html`));
		if (isLocal) return onProblem(await saveLocally(id, chosen, `${name}.${ending}`));
		const outcome = await askForFile(`/sessions/${encodeURIComponent(id)}/file?format=${format}`);
		if (outcome.ok) saveBlob(outcome.value, `${name}.${ending}`);
		onProblem(outcome.ok ? null : outcome.problem);
	};
	const formats = FILE_FORMATS.filter(
		({ format, kinds }) => kinds.includes(book.header.kind) && !(format === "html" && hasOwnSession()),
	);
	const onKey = (event: KeyboardEvent) => {
		if (event.key === "Escape") close();
	};
	return (
		<details class="menu" ref={menu} onKeyDown={onKey}>
			<summary>Save as</summary>
			<div class="menu-body">
				{formats.map((format) => (
					<button key={format.format} type="button" onClick={() => void save(format)}>
						<span>{format.label}</span>
						<span>.{format.ending}</span>
					</button>
				))}
			</div>
		</details>
	);
}

/** A file that was opened goes to the server, and has a link from then on. */
function KeepButton({ id, onProblem }: { readonly id: string; readonly onProblem: (problem: Problem | null) => void }) {
	const keep = async () => {
		const text = await linesOfSession(id);
		if (typeof text !== "string") return onProblem(text);
		const outcome = await ask<SessionStarted>("POST", "/sessions", text);
		if (outcome.ok) goTo(formatRoute("s", [outcome.value.id]));
		else onProblem(outcome.problem);
	};
	return (
		<button type="button" onClick={() => void keep()}>
			Keep on the server
		</button>
	);
}

function CopyLink() {
	const [state, setState] = useState<"idle" | "copied" | "byHand">("idle");
	const copy = async () => {
		const isCopied = await copyText(location.href);
		setState(isCopied ? "copied" : "byHand");
		announce(isCopied ? "The link is in the clipboard." : "The clipboard cannot be written to; the link is shown.");
		if (isCopied) setTimeout(() => setState("idle"), 2_000);
	};
	if (state === "byHand") return <LinkToCopy />;
	return (
		<button type="button" onClick={() => void copy()}>
			{state === "copied" ? "Copied" : "Copy link"}
		</button>
	);
}

/** The link itself, chosen, for whoever copies it by hand. */
function LinkToCopy() {
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => {
		field.current?.focus();
		field.current?.select();
	}, []);
	return <input ref={field} class="mono" aria-label="Link to copy" readOnly value={location.href} />;
}

function DeleteButton({ id, onProblem }: { readonly id: string; readonly onProblem: (problem: Problem) => void }) {
	const dialog = useRef<HTMLDialogElement>(null);
	const remove = async () => {
		dialog.current?.close();
		const outcome = await ask("DELETE", `/sessions/${encodeURIComponent(id)}`);
		if (outcome.ok) goTo(formatRoute("history"));
		else onProblem(outcome.problem);
	};
	return (
		<>
			<button type="button" class="quiet danger" onClick={() => dialog.current?.showModal()}>
				Delete
			</button>
			<dialog ref={dialog} aria-labelledby="delete-title">
				<div class="stack">
					<h2 id="delete-title">Delete this session?</h2>
					<p>It is taken off the server for good, and its link leads nowhere.</p>
					<div class="row end">
						<button type="button" onClick={() => dialog.current?.close()}>
							Keep it
						</button>
						<button type="button" class="danger" onClick={() => void remove()}>
							Delete for good
						</button>
					</div>
				</div>
			</dialog>
		</>
	);
}
