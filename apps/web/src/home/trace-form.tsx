/** The form that starts a trace. */
import { useState } from "preact/hooks";
import type { SessionStarted, TraceAsked } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask, facts, type Problem } from "../api/client.ts";
import { goTo, route } from "../shell/place.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";
import { MethodChoice } from "./method-choice.tsx";
import { NUMBER_FIELDS, traceAsked } from "./trace-asked.ts";

/** Starts one, and goes to where it is seen. */
export function TraceForm() {
	const [problem, setProblem] = useState<Problem | null>(null);
	const [busy, setBusy] = useState(false);
	const [live, setLive] = useState(false);
	const start = async (event: SubmitEvent) => {
		event.preventDefault();
		const asked = traceAsked(fieldsOf(event.currentTarget as HTMLFormElement));
		if ("problem" in asked) return setProblem({ code: "badRequest", message: asked.problem, retryAfterSeconds: null });
		setBusy(true);
		const outcome = await ask<SessionStarted>("POST", "/traces", asked satisfies TraceAsked);
		setBusy(false);
		if (outcome.ok) goTo(formatRoute("s", [outcome.value.id]));
		else setProblem(outcome.problem);
	};
	return (
		<form class="trace-form panel" onSubmit={start} aria-label="Trace a path">
			<div class="ask">
				<label class="field ask-target">
					<span>Host or address</span>
					<input
						name="target"
						required
						maxLength={253}
						placeholder="example.org, 192.0.2.1 or 2001:db8::1"
						autocomplete="off"
						autocapitalize="none"
						spellcheck={false}
						defaultValue={route.value.query.target ?? ""}
					/>
				</label>
				<label class="field ask-method" for="method">
					<span>Method</span>
					<MethodChoice name="method" id="method" chosen={route.value.query.method} />
				</label>
				<RunChoice live={live} onChange={setLive} />
				<button type="submit" class="primary ask-go" disabled={busy}>
					{busy ? "Starting…" : "Trace"}
				</button>
			</div>
			{problem !== null && <ProblemNote problem={problem} />}
			<Options live={live} />
		</form>
	);
}

function RunChoice({ live, onChange }: { readonly live: boolean; readonly onChange: (live: boolean) => void }) {
	return (
		<div class="field" role="radiogroup" aria-labelledby="run-title">
			<span id="run-title">Run</span>
			<div class="switch">
				<label>
					<input type="radio" name="run" value="once" checked={!live} onChange={() => onChange(false)} />
					Once
				</label>
				<label>
					<input type="radio" name="run" value="live" checked={live} onChange={() => onChange(true)} />
					Live
				</label>
			</div>
		</div>
	);
}

function Options({ live }: { readonly live: boolean }) {
	const least = facts.value?.limits.leastIntervalMs ?? 100;
	const origins = facts.value?.features.origins ?? false;
	return (
		<details class="options">
			<summary>Options</summary>
			<div class="option-grid">
				<label class="field">
					<span>Internet protocol</span>
					<select name="family">
						<option value="">Any</option>
						<option value="4">IPv4</option>
						<option value="6">IPv6</option>
					</select>
				</label>
				{Object.entries(NUMBER_FIELDS).map(([name, { label, least: lowest, most, hint }]) => (
					<label class="field" key={name}>
						<span>{label}</span>
						<input
							name={name}
							inputMode="numeric"
							placeholder={hint}
							title={`${lowest} to ${most}`}
							autocomplete="off"
						/>
					</label>
				))}
				<label class="field">
					<span>Method options</span>
					<input
						name="methodOptions"
						placeholder="name=value, …"
						autocomplete="off"
						spellcheck={false}
						maxLength={200}
					/>
				</label>
				{live && (
					<>
						<label class="field">
							<span>Seconds between rounds</span>
							<input
								name="interval"
								inputMode="decimal"
								placeholder="1"
								title={`at least ${least / 1000}`}
								autocomplete="off"
							/>
						</label>
						<label class="field">
							<span>Rounds</span>
							<input name="rounds" inputMode="numeric" placeholder="until stopped" autocomplete="off" />
						</label>
					</>
				)}
			</div>
			<div class="row option-checks">
				<label class="check">
					<input type="checkbox" name="names" defaultChecked /> Look up names of routers
				</label>
				<label class="check">
					<input type="checkbox" name="origins" defaultChecked={origins} disabled={!origins} /> Look up their networks
					(AS)
					{!origins && <span class="quiet-text">, not switched on here</span>}
				</label>
				{!live && (
					<label class="check">
						<input type="checkbox" name="pathMtu" /> Find the path MTU
					</label>
				)}
			</div>
		</details>
	);
}

function fieldsOf(form: HTMLFormElement): Record<string, string> {
	const texts = [...new FormData(form)].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
	return Object.fromEntries(texts) as Record<string, string>;
}
