/** One session in the list. */
import { useState } from "preact/hooks";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { SessionEntry } from "../../../../packages/whither/src/store/session-store.ts";
import { formatMoment } from "../model/words.ts";
import { OutcomeMark } from "../shell/outcome-mark.tsx";
import { formatRoute } from "../shell/route.ts";

const SHOWN = 4;

/** Links to it, to all of its networks and places, and a button that deletes it when it is pressed twice. */
export function SessionRow({ entry, onRemove }: { readonly entry: SessionEntry; readonly onRemove: () => void }) {
	const { header, outcome, summary, address, asns, places } = entry;
	const name = printable(header.target ?? "A meeting");
	return (
		<tr>
			<td>
				<OutcomeMark outcome={outcome} withWord />
				<div class="quiet-text">{header.kind}</div>
			</td>
			<th scope="row">
				<a href={formatRoute("s", [header.id])}>{name}</a>
				{address !== null && address !== header.target && <div class="mono quiet-text">{address}</div>}
			</th>
			<td class="what">{printable(summary)}</td>
			<td>
				<Links filter="asn" values={asns} />
			</td>
			<td>
				<Links filter="place" values={citiesFirst(places)} />
			</td>
			<td>
				<time dateTime={header.startedAt}>{formatMoment(header.startedAt)}</time>
			</td>
			<td>{outcome !== null && <RemoveButton name={name} onRemove={onRemove} />}</td>
		</tr>
	);
}

/** A country says nothing beside its cities. */
function citiesFirst(places: readonly string[]): readonly string[] {
	return places.filter((place) => !places.some((other) => other.endsWith(`, ${place}`)));
}

function Links({ filter, values }: { readonly filter: "asn" | "place"; readonly values: readonly string[] }) {
	const more = values.length - SHOWN;
	return (
		<ul class="links">
			{values.slice(0, SHOWN).map((value) => (
				<li key={value}>
					<a href={formatRoute("history", [], { [filter]: value })}>{printable(value)}</a>
				</li>
			))}
			{more > 0 && <li class="quiet-text">and {more} more</li>}
		</ul>
	);
}

function RemoveButton({ name, onRemove }: { readonly name: string; readonly onRemove: () => void }) {
	const [isAsked, setAsked] = useState(false);
	return (
		<button
			type="button"
			class="quiet danger"
			onClick={() => (isAsked ? onRemove() : setAsked(true))}
			onBlur={() => setAsked(false)}
			aria-label={isAsked ? `Really delete ${name}` : `Delete ${name}`}
		>
			{isAsked ? "Really delete?" : "Delete"}
		</button>
	);
}
