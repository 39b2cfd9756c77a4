/** Connect: this browser to this server, or to another end by a code. */
import "../styles/ice.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { facts, type Problem } from "../api/client.ts";
import type { PageProps } from "../shell/pages.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { DumpChoice, DumpView } from "./dump-view.tsx";
import { meetByCode, type PageMeeting } from "./meeting.ts";
import { MeetingView } from "./meeting-view.tsx";
import { NatCheck } from "./nat-check.tsx";
import { loadServers } from "./offers.ts";
import { type Visit, visitServer } from "./visit.ts";
import { VisitView } from "./visit-view.tsx";

type Shown =
	| { readonly kind: "visit"; readonly visit: Visit }
	| { readonly kind: "meeting"; readonly meeting: PageMeeting }
	| null;

/** The page; `#/ice/CODE` has a code to join with. */
export function IcePage({ route }: PageProps) {
	const [shown, setShown] = useState<Shown>(null);
	const [isStarting, setStarting] = useState(false);
	const [problem, setProblem] = useState<Problem | null>(null);
	const show = (next: Shown) => {
		end(shown);
		setShown(next);
	};
	useEffect(() => () => end(shown), [shown]);
	const isGone = useRef(false);
	useEffect(
		() => () => {
			isGone.current = true;
		},
		[],
	);
	const visit = async () => {
		setStarting(true);
		setProblem(null);
		try {
			const servers = await loadServers();
			if (!isGone.current) show({ kind: "visit", visit: visitServer(servers) });
		} catch (error) {
			setProblem({ code: "failed", message: `The browser says: ${String(error)}`, retryAfterSeconds: null });
		} finally {
			setStarting(false);
		}
	};
	const canMeet = facts.value?.features.meetings !== false;
	const canVisit = facts.value?.features.browserIce !== false;
	return (
		<div class="page ice">
			<div class="stack">
				<h1>Connect</h1>
				<p class="note">
					Watch two machines find a way to each other by ICE, and see every router that their packets pass.
				</p>
			</div>
			<div class="ice-choices">
				<section class="panel ice-choice" aria-labelledby="visit-title">
					<h2 id="visit-title">This browser and this server</h2>
					<p class="small">
						The server answers your browser itself, and traces the way back to you on the very same packets' ports.
					</p>
					<button type="button" class="primary" disabled={isStarting || !canVisit} onClick={visit}>
						{isStarting ? "Connecting…" : "Connect to this server"}
					</button>
					{!canVisit && <p class="small quiet-text">This server does not take browsers.</p>}
				</section>
				<MeetForm
					code={route.words[0] ?? ""}
					enabled={canMeet}
					begin={(code) => show({ kind: "meeting", meeting: meetByCode(code) })}
				/>
				<NatCheck />
				<DumpChoice />
			</div>
			{problem !== null && <ProblemNote problem={problem} />}
			<DumpView />
			{shown?.kind === "visit" && <VisitView visit={shown.visit} />}
			{shown?.kind === "meeting" && <MeetingView meeting={shown.meeting} />}
		</div>
	);
}

function end(shown: Shown): void {
	if (shown?.kind === "visit") shown.visit.close();
	else if (shown?.kind === "meeting") shown.meeting.close();
}

function MeetForm({
	code,
	enabled,
	begin,
}: {
	readonly code: string;
	readonly enabled: boolean;
	readonly begin: (code: string | null) => void;
}) {
	const [typed, setTyped] = useState(code);
	useEffect(() => setTyped(code), [code]);
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		if (typed.trim() !== "") begin(typed.trim());
	};
	return (
		<section class="panel ice-choice" aria-labelledby="meet-title">
			<h2 id="meet-title">Two ends, by a code</h2>
			<p class="small">
				Another browser, or a terminal with whither meet. The server carries what you say, and cannot read it.
			</p>
			<form class="row" onSubmit={submit}>
				<button type="button" disabled={!enabled} onClick={() => begin(null)}>
					Make a code
				</button>
				<span class="quiet-text small">or</span>
				<input
					class="code-input mono"
					aria-label="Code of the other end"
					placeholder="7-otter-velvet"
					autocomplete="off"
					spellcheck={false}
					value={typed}
					onInput={(event) => setTyped(event.currentTarget.value)}
				/>
				<button type="submit" class={code === "" ? undefined : "primary"} disabled={!enabled || typed.trim() === ""}>
					Join
				</button>
			</form>
		</section>
	);
}
