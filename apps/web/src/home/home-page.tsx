/** Home: name a host, pick a method, look. */
import "../styles/home.css";
import { facts } from "../api/client.ts";
import { RecentSessions } from "./recent-sessions.tsx";
import { TraceForm } from "./trace-form.tsx";

/** The page. */
export function HomePage() {
	return (
		<div class="page home">
			<div class="stack">
				<h1>Where are the packets going?</h1>
				<p class="note">Every router between this server and a host, by the protocol that you use.</p>
			</div>
			<TraceForm />
			<div class="home-columns">
				<RecentSessions />
				<Methods />
			</div>
		</div>
	);
}

function Methods() {
	const methods = facts.value?.methods ?? [];
	if (methods.length === 0) return null;
	return (
		<section class="section" aria-labelledby="methods-title">
			<h2 id="methods-title">Methods of this server</h2>
			<div class="scroll">
				<table class="methods">
					<thead>
						<tr>
							<th scope="col">Name</th>
							<th scope="col">Sends</th>
							<th scope="col">Port</th>
						</tr>
					</thead>
					<tbody>
						{methods.map(({ name, summary, port, usable, why }) => (
							<tr key={name} class={usable ? undefined : "unusable"}>
								<th scope="row" class="mono">
									{name}
								</th>
								<td>
									{summary}
									{!usable && <div class="why">Not usable here: {why ?? "this machine does not allow it"}</div>}
								</td>
								<td class="number">{port ?? ""}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}
