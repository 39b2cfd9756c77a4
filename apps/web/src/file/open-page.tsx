/** A saved file is read here, in the page; the server gets it where the reader wants it kept there. */
import "../styles/open.css";
import { useState } from "preact/hooks";
import type { Session } from "../../../../packages/whither/src/api/session/session.ts";
import type { SessionStarted } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask, type Problem } from "../api/client.ts";
import { keepLocalSession } from "../api/local-sessions.ts";
import { count } from "../model/words.ts";
import { hasOwnSession } from "../shell/own-session.ts";
import { goTo } from "../shell/place.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { readSessions } from "./read-sessions.ts";

/** A file as it was read. */
interface Opened {
	readonly name: string;
	readonly text: string;
	readonly sessions: readonly { readonly id: string; readonly session: Session }[];
	readonly notes: readonly string[];
}

/** The page: a place to drop a file on, then what is in it. */
export function OpenPage() {
	const [opened, setOpened] = useState<Opened | null>(null);
	const [problem, setProblem] = useState<Problem | null>(null);
	const open = async (file: File) => {
		const text = await file.text();
		if (await openDump(text)) return goTo(formatRoute("ice", []));
		const read = readSessions(text, file.name);
		if ("problem" in read) {
			setOpened(null);
			return setProblem({ code: "badRequest", message: read.problem, retryAfterSeconds: null });
		}
		const sessions = read.sessions.map((session) => ({ id: keepLocalSession(session), session }));
		setProblem(null);
		const [only] = sessions;
		if (sessions.length === 1 && only !== undefined && read.notes.length === 0)
			return goTo(formatRoute("s", [only.id]));
		setOpened({ name: file.name, text, sessions, notes: read.notes });
	};
	return (
		<div class="page">
			<h1>Open a file</h1>
			<p class="note">
				What <code>whither</code> saved, lines of <code>mtr --raw</code>, JSON of scamper and RIPE Atlas, and dumps of
				chrome://webrtc-internals. The file is read by this page and goes nowhere.
			</p>
			<DropBox onFile={(file) => void open(file)} />
			{problem !== null && <ProblemNote problem={problem} />}
			{opened !== null && <Contents opened={opened} onProblem={setProblem} />}
		</div>
	);
}

/** Whether it is a dump of webrtc-internals, which the page Connect shows. */
async function openDump(text: string): Promise<boolean> {
	if (!text.includes('"PeerConnections"')) return false;
	const [{ openedDump }, { readDump }] = await Promise.all([
		import("../ice/dump-view.tsx"),
		import("../ice/internals-dump.ts"),
	]);
	const dump = readDump(text);
	if (dump !== null) openedDump.value = dump;
	return dump !== null;
}

function DropBox({ onFile }: { readonly onFile: (file: File) => void }) {
	const [isOver, setOver] = useState(false);
	const take = (files: FileList | null | undefined) => {
		const file = files?.[0];
		if (file !== undefined) onFile(file);
	};
	return (
		<label
			class={isOver ? "drop over" : "drop"}
			onDragOver={(event) => {
				event.preventDefault();
				setOver(true);
			}}
			onDragLeave={() => setOver(false)}
			onDrop={(event) => {
				event.preventDefault();
				setOver(false);
				take(event.dataTransfer?.files);
			}}
		>
			<span>Drop a file here, or choose one</span>
			<input type="file" aria-label="File to open" onChange={(event) => take(event.currentTarget.files)} />
		</label>
	);
}

function Contents({ opened, onProblem }: { readonly opened: Opened; readonly onProblem: (problem: Problem) => void }) {
	const { name, text, sessions, notes } = opened;
	const keep = async () => {
		const outcome = await ask<SessionStarted>("POST", "/sessions", text);
		if (outcome.ok) goTo(formatRoute("s", [outcome.value.id]));
		else onProblem(outcome.problem);
	};
	return (
		<section class="section" aria-label={`What is in ${name}`}>
			<h2>
				{name}: {count(sessions.length, "session")}
			</h2>
			{notes.map((note) => (
				<p key={note} class="small quiet-text">
					{note}
				</p>
			))}
			<ul class="opened panel">
				{sessions.map(({ id, session: { header } }) => (
					<li key={id}>
						<a href={formatRoute("s", [id])}>{header.target ?? "A meeting"}</a>{" "}
						<span class="quiet-text">{header.kind}</span>
					</li>
				))}
			</ul>
			{!hasOwnSession() && (
				<div>
					<button type="button" onClick={() => void keep()}>
						Keep on the server
					</button>
				</div>
			)}
		</section>
	);
}
