/** The way that was traced, hop by hop. */
import type { TraceResult } from "../../../../packages/core/src/trace/result.ts";
import { milliseconds } from "./pair-table.tsx";
import { hopsOf, type StripHop } from "./strip-hops.ts";

/** From one end to the other; both are named. */
export function PathStrip({
	trace,
	from,
	to,
}: {
	readonly trace: TraceResult;
	readonly from: string;
	readonly to: string;
}) {
	const hops = hopsOf(trace);
	return (
		<ol class="path-strip" aria-label={`The way from ${from} to ${to}`}>
			<li class="path-end">
				<span class="path-name">{from}</span>
				<span class="mono small">{trace.source.address}</span>
			</li>
			{hops.map((hop) => (
				<Hop key={hop.ttl} hop={hop} to={to} />
			))}
			{!trace.reached && (
				<li class="path-end quiet-text">
					<span class="path-name">{to}</span>
					<span class="small">did not answer</span>
				</li>
			)}
		</ol>
	);
}

function Hop({ hop: { ttl, addresses, name, rttNs, isTarget }, to }: { readonly hop: StripHop; readonly to: string }) {
	return (
		<li class={isTarget ? "path-end arrives" : "arrives"} data-ttl={ttl} data-address={addresses.join(" ")}>
			<span class="path-name">{isTarget ? to : (name ?? `Hop ${ttl}`)}</span>
			<span class={addresses.length === 0 ? "small quiet-text" : "mono small"}>
				{addresses.length === 0 ? "silent" : addresses.join(", ")}
			</span>
			{rttNs !== null && <span class="tiny quiet-text">{milliseconds(rttNs)}</span>}
		</li>
	);
}
