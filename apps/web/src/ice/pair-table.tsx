/** The pairs of one end, as a table. */
import type { MeetCandidate, MeetPair } from "../../../../packages/whither/src/api/meet/result.ts";
import { laneState, STATE_WORDS, shortAddress } from "../model/lanes.ts";
import { isHidden } from "./browser-pairs.ts";

/** A pair with the name that it goes by. */
export interface NamedPair {
	readonly id: string;
	readonly pair: MeetPair;
}

/** Each pair a row; that in use is marked. */
export function PairTable({ title, pairs }: { readonly title: string; readonly pairs: readonly NamedPair[] }) {
	return (
		<div class="scroll">
			<table class="ice-pairs">
				<caption class="unseen">{title}</caption>
				<thead>
					<tr>
						<th scope="col">From here to there</th>
						<th scope="col">State</th>
						<th scope="col" class="number" title="Round trip">
							RTT
						</th>
						<th scope="col" class="number" title="Checks sent, and answers to them">
							Sent
						</th>
						<th scope="col" class="number" title="Checks of the other end, and our answers">
							Heard
						</th>
					</tr>
				</thead>
				<tbody>
					{pairs.length === 0 && (
						<tr>
							<td colSpan={5} class="quiet-text">
								No pairs yet
							</td>
						</tr>
					)}
					{pairs.map(({ id, pair }) => (
						<PairRow key={id} pair={pair} />
					))}
				</tbody>
			</table>
		</div>
	);
}

function PairRow({ pair }: { readonly pair: MeetPair }) {
	const { local, remote, rttNs, selected } = pair;
	const state = laneState(pair);
	return (
		<tr class={selected ? "in-use" : undefined} data-state={state}>
			<td>
				<div class="pair-ends">
					<End end={local} />
					<End end={remote} />
				</div>
			</td>
			<td>
				<span class={`pair-state ${state}`}>
					<span class="key" aria-hidden="true" />
					{STATE_WORDS[state]}
				</span>
				{pair.failure !== null && <div class="tiny quiet-text">{pair.failure}</div>}
			</td>
			<td class="number">{rttNs === null ? "–" : milliseconds(rttNs)}</td>
			<td class="number">
				{pair.requestsSent} / {pair.responsesReceived}
			</td>
			<td class="number">
				{pair.requestsReceived} / {pair.responsesSent}
			</td>
		</tr>
	);
}

/** One end: its type, then its address. */
export function End({ end: { type, address, port, protocol } }: { readonly end: MeetCandidate }) {
	const place = isHidden(address) ? "address hidden by the browser" : shortAddress(address);
	const shown = address.includes(":") ? `[${place}]` : place;
	return (
		<span class="end">
			<abbr class="end-type" title={TYPE_WORDS[type]}>
				{type}
			</abbr>
			<span class={isHidden(address) ? "quiet-text" : "mono"} title={address}>
				{isHidden(address) ? place : `${shown}:${port}`}
			</span>
			{protocol === "tcp" && <span class="quiet-text">TCP</span>}
		</span>
	);
}

const TYPE_WORDS: Readonly<Record<MeetCandidate["type"], string>> = {
	host: "an address of the machine itself",
	srflx: "server-reflexive: as a STUN server sees it",
	prflx: "peer-reflexive: as a check has shown it",
	relay: "relayed by a TURN server",
};

/** `0.84 ms` */
export function milliseconds(ns: number): string {
	const ms = ns / 1e6;
	return `${ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}
