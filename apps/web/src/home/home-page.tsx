/** Home: name a host, pick a method, look. */
import "../styles/home.css";
import { facts } from "../api/client.ts";
import { withoutFlags } from "../model/without-flags.ts";
import { RecentSessions } from "./recent-sessions.tsx";
import { TraceForm } from "./trace-form.tsx";

/** The page. */
export function HomePage() {
	return (
		<div class="page home">
			<div class="stack">
				<h1>Where are the packets going?</h1>
				<p class="note">
					Name a host, and see every router between this server and it, for the very protocol that you use.
				</p>
			</div>
			<TraceForm />
			<RecentSessions />
			<Methods />
		</div>
	);
}

function Methods() {
	const methods = facts.value?.methods ?? [];
	if (methods.length === 0) return null;
	return (
		<details class="methods-all">
			<summary>What the methods of this server send</summary>
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
									{withoutFlags(summary)}
									{!usable && <div class="why">Not usable here: {why ?? "this machine does not allow it"}</div>}
								</td>
								<td class="number">{port ?? ""}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</details>
	);
}
