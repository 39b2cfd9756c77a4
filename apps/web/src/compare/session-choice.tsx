/** Sessions of the server to compare with: those that are there already. */
import { useEffect, useState } from "preact/hooks";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { SessionList } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask } from "../api/client.ts";
import { formatMoment } from "../model/words.ts";
import { goTo } from "../shell/place.ts";
import { formatRoute } from "../shell/route.ts";

const SHOWN = 50;

/** Two lists, or one where the first is chosen already. */
export function SessionChoice({ one }: { readonly one: string | null }) {
	const [list, setList] = useState<SessionList["sessions"]>([]);
	useEffect(() => {
		void ask<SessionList>("GET", `/sessions?limit=${SHOWN}`).then((outcome) => {
			if (outcome.ok)
				setList(outcome.value.sessions.filter(({ header }) => header.kind === "trace" || header.kind === "live"));
		});
	}, []);
	if (list.length < 2) return null;
	const compare = (event: SubmitEvent) => {
		event.preventDefault();
		const data = new FormData(event.currentTarget as HTMLFormElement);
		goTo(formatRoute("compare", [one ?? String(data.get("a")), String(data.get("b"))]));
	};
	return (
		<form class="panel compare-form" onSubmit={compare} aria-label="Compare what is there">
			<h2>Or two that are there already</h2>
			<div class="compare-sides">
				{one === null && <Choice name="a" list={list} chosen={0} />}
				<Choice name="b" list={list} chosen={1} />
			</div>
			<div>
				<button type="submit">Compare</button>
			</div>
		</form>
	);
}

function Choice(props: { readonly name: string; readonly list: SessionList["sessions"]; readonly chosen: number }) {
	const { name, list, chosen } = props;
	return (
		<label class="field">
			<span>{name.toUpperCase()}</span>
			<select name={name}>
				{list.map(({ header }, index) => (
					<option key={header.id} value={header.id} selected={index === chosen}>
						{printable(header.target ?? "")} · {methodOf(header.request)}
						{header.kind} · {formatMoment(header.startedAt)}
					</option>
				))}
			</select>
		</label>
	);
}

function methodOf({ method }: Readonly<Record<string, unknown>>): string {
	return typeof method === "string" ? `${printable(method)} · ` : "";
}
