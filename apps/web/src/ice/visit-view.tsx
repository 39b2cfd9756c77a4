/** This browser and this server: what both see, and the way between them. */
import { useEffect } from "preact/hooks";
import { announce } from "../shell/announce.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { IceView } from "./ice-view.tsx";
import { PathStrip } from "./path-strip.tsx";
import type { Visit } from "./visit.ts";

/** A visit. */
export function VisitView({ visit }: { readonly visit: Visit }) {
	const end = visit.server.value;
	const selected = end.pairs.find(({ id }) => id === end.selectedId)?.pair ?? null;
	const state = visit.connection.state.value;
	useEffect(() => {
		if (state === "connected") announce("Connected to the server.");
		if (state === "failed") announce("There is no way to the server.");
	}, [state]);
	useEffect(() => {
		if (end.path !== null) announce(`The server has traced the way to you: ${end.path.hops.length} hops.`);
	}, [end.path]);
	return (
		<div class="stack ice-shown">
			{visit.problem.value !== null && <ProblemNote problem={visit.problem.value} />}
			<IceView
				connection={visit.connection}
				other={{ title: "The server", end }}
				seenAs={selected?.remote.address ?? null}
			/>
			<section class="section" aria-labelledby="path-title">
				<h2 id="path-title">From the server to you, on this connection</h2>
				<VisitPath visit={visit} />
			</section>
			<div class="row">
				{state !== "closed" && (
					<button type="button" onClick={() => visit.close()}>
						Disconnect
					</button>
				)}
				{visit.id.value !== null && (
					<a class="small" href={formatRoute("s", [visit.id.value])}>
						This session's page
					</a>
				)}
			</div>
		</div>
	);
}

function VisitPath({ visit }: { readonly visit: Visit }) {
	const { path, missing, outcome, isBeside } = visit.server.value;
	if (path !== null) {
		return (
			<>
				<PathStrip trace={path} from="The server" to="You" />
				{isBeside && (
					<p class="note small">Traced by packets beside the connection: routers may treat them differently.</p>
				)}
			</>
		);
	}
	if (missing !== null) return <p class="note">It could not be traced: {missing.message}.</p>;
	if (outcome !== null && outcome.code !== "connected") return <p class="note">There is no connection to trace.</p>;
	return <p class="note">{outcome === null ? "Traced as soon as there is a connection." : "Tracing…"}</p>;
}
