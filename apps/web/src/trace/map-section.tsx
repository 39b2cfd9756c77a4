/** The world map, where places are known; else how they can be. */
import type { PathSummary } from "@whither/core";
import { useMemo } from "preact/hooks";
import { facts } from "../api/client.ts";
import { placedHops, ttlWords } from "../model/places.ts";
import type { SessionBook } from "../model/session-book.ts";
import { Lazy } from "../shell/lazy.tsx";

const map = async () => (await import("./world-map.tsx")).WorldMap;

/** A map with a table beside it. */
export function MapSection({ book, summary }: { readonly book: SessionBook; readonly summary: PathSummary }) {
	const places = useMemo(() => placedHops(summary, book.lookUp), [summary]);
	if (summary.hops.length === 0) return null;
	return (
		<section class="section" aria-labelledby="map-title">
			<h2 id="map-title">Map</h2>
			{places.length === 0 ? (
				<NoPlaces isOver={book.isOver} />
			) : (
				<div class="map panel">
					<Lazy code={map} props={{ places }} />
					<table class="map-table">
						<caption class="unseen">Places on the path</caption>
						<thead>
							<tr>
								<th scope="col">Hops</th>
								<th scope="col">Place</th>
							</tr>
						</thead>
						<tbody>
							{places.map(({ ttls, words, isTarget }) => (
								<tr key={ttls[0]}>
									<th scope="row">{ttlWords(ttls)}</th>
									<td>
										{words === "" ? "unnamed" : words}
										{isTarget && <span class="quiet-text">, target</span>}
									</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			)}
		</section>
	);
}

function NoPlaces({ isOver }: { readonly isOver: boolean }) {
	const isOn = facts.value?.features.places ?? false;
	if (isOn) {
		return (
			<p class="note small">
				{isOver ? "No hop's place is in the data of this server." : "No hop's place is known yet."}
			</p>
		);
	}
	return (
		<p class="note small">
			Where routers stand is looked up in a file that whoever runs the server names (
			<code>whither serve --geoip-mmdb FILE</code>). Nobody else is asked, so without one there is no map.
		</p>
	);
}
