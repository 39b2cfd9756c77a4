/** Hops of two paths, line by line: what both share stands in one line. */
import type { HopSummary, PathSummary } from "@whither/core";
import { useMemo } from "preact/hooks";
import { type AlignedHops, alignHops } from "../model/align.ts";
import { formatMsNumber, formatShare, NOTHING } from "../model/words.ts";
import { ScrollBox } from "../shell/scroll-box.tsx";
import { HostName } from "../trace/host-name.tsx";
import { alignedWords } from "./aligned-words.ts";

const KINDS = {
	same: { symbol: "=", word: "same" },
	other: { symbol: "≠", word: "differs" },
	silent: { symbol: "○", word: "neither answers" },
	only: { symbol: "+", word: "one side alone" },
} as const;

/** The table, and a sentence that counts. */
export function CompareTable(props: {
	readonly left: PathSummary;
	readonly right: PathSummary;
	readonly isOver: boolean;
}) {
	const { left, right, isOver } = props;
	const lines = useMemo(() => alignHops(left.hops, right.hops), [left, right]);
	return (
		<section class="section" aria-labelledby="aligned-title">
			<h2 id="aligned-title">Hop by hop</h2>
			<p>{alignedWords(lines, isOver)}</p>
			<ScrollBox label="Hops of both paths, table">
				<table class="compared">
					<thead>
						<tr>
							<th scope="col" class="number">
								Hop
							</th>
							<th scope="col">A</th>
							<th scope="col" class="number aside">
								Loss
							</th>
							<th scope="col" class="number">
								Median <span class="unit">ms</span>
							</th>
							<th scope="col">
								<span class="unseen">The same?</span>
							</th>
							<th scope="col" class="number aside">
								Hop
							</th>
							<th scope="col">B</th>
							<th scope="col" class="number aside">
								Loss
							</th>
							<th scope="col" class="number">
								Median <span class="unit">ms</span>
							</th>
							<th scope="col" class="number aside">
								B − A <span class="unit">ms</span>
							</th>
						</tr>
					</thead>
					<tbody>
						{lines.map((line) => (
							<Line key={`${line.left?.ttl ?? ""} ${line.right?.ttl ?? ""}`} line={line} />
						))}
					</tbody>
				</table>
			</ScrollBox>
		</section>
	);
}

function Line({ line }: { readonly line: AlignedHops }) {
	const { symbol, word } = KINDS[line.kind];
	return (
		<tr class={`aligned-${line.kind}`}>
			<HopCells hop={line.left} />
			<td class="kind" title={word}>
				<span aria-hidden="true">{symbol}</span>
				<span class="unseen">{word}</span>
			</td>
			<HopCells hop={line.right} isSecond />
			<td class="number aside">{differenceWords(line)}</td>
		</tr>
	);
}

function HopCells({ hop, isSecond = false }: { readonly hop: HopSummary | null; readonly isSecond?: boolean }) {
	if (hop === null) {
		return (
			<>
				<td class={isSecond ? "aside" : undefined} />
				<td class="nothing">
					<span class="quiet-text">no such hop</span>
				</td>
				<td class="aside" />
				<td />
			</>
		);
	}
	return (
		<>
			<td class={isSecond ? "number aside" : "number"}>{hop.ttl}</td>
			<td class="who">
				{hop.answerers.length === 0 && <span class="quiet-text">no answer</span>}
				{hop.answerers.map(({ address, name, asn }) => (
					<div key={address}>
						{name !== null && name !== address && <HostName name={name} />} <span class="mono address">{address}</span>
						{asn !== null && <span class="asn"> {asn}</span>}
					</div>
				))}
			</td>
			<td class={`number aside means-${hop.lossMeaning}`}>{formatShare(hop.lossRatio)}</td>
			<td class="number">{formatMsNumber(hop.rtt?.p50Ns ?? null)}</td>
		</>
	);
}

/** Round trips are comparable where the hop is the same. */
function differenceWords({ left, right, kind }: AlignedHops): string {
	if (kind !== "same" || !left?.rtt || !right?.rtt) return "";
	const difference = right.rtt.p50Ns - left.rtt.p50Ns;
	const words = formatMsNumber(Math.abs(difference));
	return words === NOTHING ? "" : `${difference < 0 ? "−" : "+"}${words}`;
}
