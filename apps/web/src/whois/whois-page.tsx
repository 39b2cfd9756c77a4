/** Who has a name, an address or an AS. */
import "../styles/whois.css";
import { useEffect, useState } from "preact/hooks";
import type { WhoisAnswer } from "../../../../packages/whither/src/api/whois/whois-answer.ts";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import { ask, facts, type Problem } from "../api/client.ts";
import { formatMoment } from "../model/words.ts";
import type { PageProps } from "../shell/pages.ts";
import { goTo } from "../shell/place.ts";
import { ProblemNote } from "../shell/problem-note.tsx";
import { formatRoute } from "../shell/route.ts";

/** The page; what is asked for stands in the address. */
export function WhoisPage({ route }: PageProps) {
	const query = route.words.join("/");
	const [state, setState] = useState<{
		readonly query: string;
		readonly answer: WhoisAnswer | null;
		readonly problem: Problem | null;
	}>({
		query: "",
		answer: null,
		problem: null,
	});
	useEffect(() => {
		if (query === "") return;
		let isLate = false;
		void ask<WhoisAnswer>("GET", `/whois/${encodeURIComponent(query)}`).then((outcome) => {
			if (isLate) return;
			setState(
				outcome.ok
					? { query, answer: outcome.value, problem: null }
					: { query, answer: null, problem: outcome.problem },
			);
		});
		return () => {
			isLate = true;
		};
	}, [query]);
	const isThere = state.query === query && query !== "";
	const isOff = facts.value !== null && !facts.value.features.whois;
	return (
		<div class="page">
			<div class="stack">
				<h1>Whois</h1>
				<p class="note">
					Who has a name, an address or a network (AS).
					{!isOff && " The server asks the registry in charge, which learns what was asked."}
				</p>
			</div>
			<QueryForm query={query} />
			{isOff && (
				<p class="note">
					This server asks no registry; whoever runs it can switch that on (<code>whither serve --whois</code>).
				</p>
			)}
			{query !== "" && !isThere && <p class="note">Asking the registry…</p>}
			{isThere && !isOff && state.problem !== null && <ProblemNote problem={state.problem} />}
			{isThere && state.answer !== null && <Answer answer={state.answer} />}
		</div>
	);
}

function QueryForm({ query }: { readonly query: string }) {
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		const asked = String(new FormData(event.currentTarget as HTMLFormElement).get("query") ?? "").trim();
		if (asked !== "") goTo(formatRoute("whois", [asked]));
	};
	return (
		<form class="whois-form" onSubmit={submit} aria-label="Ask a registry">
			<label class="field">
				<span>Name, address or AS</span>
				<input
					key={query}
					name="query"
					required
					maxLength={253}
					defaultValue={query}
					placeholder="example.org, 192.0.2.1, AS64500"
					autocomplete="off"
					autocapitalize="none"
					spellcheck={false}
				/>
			</label>
			<button type="submit" class="primary">
				Ask
			</button>
		</form>
	);
}

function Answer({ answer }: { readonly answer: WhoisAnswer }) {
	const { source, entities, remarks, raw } = answer;
	return (
		<>
			<section class="section" aria-labelledby="answer-title">
				<div class="stack tight">
					<h2 id="answer-title" class="answer-title">
						{printable(answer.name ?? answer.handle ?? answer.query)}
					</h2>
					<p class="small quiet-text">
						{source.protocol === "rdap" ? "RDAP" : "WHOIS"} of {source.server}, asked {formatMoment(source.askedAt)}
						{source.fromCache && " and kept since"}
					</p>
				</div>
				<Facts answer={answer} />
			</section>
			{entities.length > 0 && <Entities entities={entities} />}
			{remarks.length > 0 && (
				<section class="section" aria-labelledby="remarks-title">
					<h2 id="remarks-title">Remarks</h2>
					{remarks.map((remark) => (
						<p key={remark} class="remark">
							{printable(remark)}
						</p>
					))}
				</section>
			)}
			<details>
				<summary>As the registry said it</summary>
				<pre class="panel raw">{raw}</pre>
			</details>
		</>
	);
}

function Facts({ answer }: { readonly answer: WhoisAnswer }) {
	const rows: readonly (readonly [string, readonly string[]])[] = [
		["Handle", answer.handle === null ? [] : [answer.handle]],
		["Networks", answer.prefixes],
		["AS", answer.asns],
		["Country of the entry", answer.country === null ? [] : [answer.country]],
		["Status", answer.status],
		["Name servers", answer.nameServers],
		["Registered", moments(answer.registeredAt)],
		["Changed", moments(answer.changedAt)],
		["Expires", moments(answer.expiresAt)],
	];
	return (
		<div class="scroll">
			<table class="facts">
				<tbody>
					{rows
						.filter(([, values]) => values.length > 0)
						.map(([name, values]) => (
							<tr key={name}>
								<th scope="row">{name}</th>
								<td>
									{values.map((value) => (
										<div key={value}>
											{name === "AS" ? <a href={formatRoute("whois", [value])}>{value}</a> : printable(value)}
										</div>
									))}
								</td>
							</tr>
						))}
				</tbody>
			</table>
		</div>
	);
}

function Entities({ entities }: { readonly entities: WhoisAnswer["entities"] }) {
	return (
		<section class="section" aria-labelledby="entities-title">
			<h2 id="entities-title">Who it is registered to</h2>
			<div class="scroll">
				<table>
					<thead>
						<tr>
							<th scope="col">Name</th>
							<th scope="col">Roles</th>
							<th scope="col">Mail</th>
							<th scope="col">Telephone</th>
						</tr>
					</thead>
					<tbody>
						{entities.map(({ handle, name, roles, email, phone }, index) => (
							<tr key={`${handle} ${index}`}>
								<th scope="row">
									{printable(name ?? handle ?? "unnamed")}
									{name !== null && handle !== null && <div class="mono quiet-text">{printable(handle)}</div>}
								</th>
								<td>{roles.map(printable).join(", ")}</td>
								<td>{printable(email ?? "")}</td>
								<td>{printable(phone ?? "")}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function moments(iso: string | null): readonly string[] {
	return iso === null ? [] : [formatMoment(iso)];
}
