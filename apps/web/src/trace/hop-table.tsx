/** Every hop in figures; a row opens for what else is known of it. */
import type { AnswererSummary, HopSummary, PathSummary } from "@whither/core";
import { useMemo } from "preact/hooks";
import type { SessionBook } from "../model/session-book.ts";
import { formatMsNumber, formatShare, LOSS_WORDS } from "../model/words.ts";
import { ScrollBox } from "../shell/scroll-box.tsx";
import { HopDetails } from "./hop-details.tsx";
import { HostName } from "./host-name.tsx";
import { type Mark, marksOfHops } from "./marks.ts";
import { RttRange, type RttScale, rttScale } from "./rtt-range.tsx";
import { Sparkline } from "./sparkline.tsx";

const COLUMNS = 16;

/** The table. */
export function HopTable(props: {
	readonly book: SessionBook;
	readonly summary: PathSummary;
	readonly openTtl: number | null;
	readonly onOpen: (ttl: number | null) => void;
}) {
	const { book, summary, openTtl, onOpen } = props;
	const isLive = book.header.kind === "live";
	const scale = useMemo(() => rttScale(summary.hops), [summary]);
	const marks = useMemo(() => marksOfHops(summary.hops), [summary]);
	return (
		<section class="section" aria-labelledby="hops-title">
			<div class="row apart">
				<h2 id="hops-title">Hops</h2>
				<p class="small quiet-text">Times in milliseconds</p>
			</div>
			<ScrollBox label="Hops, table">
				<table class="hops">
					<Head isLive={isLive} scale={scale} />
					<tbody>
						{summary.hops.map((hop, index) => (
							<HopRows
								key={hop.ttl}
								hop={hop}
								marks={marks[index] ?? []}
								scale={scale}
								isLive={isLive}
								isOpen={openTtl === hop.ttl}
								book={book}
								onToggle={() => onOpen(openTtl === hop.ttl ? null : hop.ttl)}
							/>
						))}
						{summary.hops.length === 0 && (
							<tr>
								<td colSpan={COLUMNS} class="quiet-text">
									{book.isOver ? "No hop was heard of." : "Waiting for the first answer…"}
								</td>
							</tr>
						)}
					</tbody>
				</table>
			</ScrollBox>
		</section>
	);
}

function Head({ isLive, scale }: { readonly isLive: boolean; readonly scale: RttScale }) {
	return (
		<thead>
			<tr>
				<th scope="col" class="number">
					Hop
				</th>
				<th scope="col">Who answers</th>
				<th scope="col" class="number">
					Loss
				</th>
				<th scope="col" class="number middle">
					Sent
				</th>
				<th scope="col" class="number middle">
					Last
				</th>
				<th scope="col" class="number">
					<abbr title="Mean">Avg</abbr>
				</th>
				<th scope="col" class="number middle">
					Best
				</th>
				<th scope="col" class="number middle">
					Worst
				</th>
				<th scope="col" class="number wide">
					<abbr title="Standard deviation">StDev</abbr>
				</th>
				<th scope="col" class="number wide">
					<abbr title="Mean difference from one round trip to the next">Jitter</abbr>
				</th>
				<th scope="col" class="number wide">
					<abbr title="Median">p50</abbr>
				</th>
				<th scope="col" class="number wide">
					p95
				</th>
				<th scope="col" class="number wide">
					p99
				</th>
				<th scope="col" class="plot">
					<span class="scale-head">
						<span>{scale.leastLabel}</span>
						<span>{scale.mostLabel}</span>
					</span>
				</th>
				{isLive && (
					<th scope="col" class="plot">
						Latest rounds
					</th>
				)}
			</tr>
		</thead>
	);
}

interface RowProps {
	readonly hop: HopSummary;
	readonly marks: readonly Mark[];
	readonly scale: RttScale;
	readonly isLive: boolean;
	readonly isOpen: boolean;
	readonly book: SessionBook;
	readonly onToggle: () => void;
}

function HopRows({ hop, marks, scale, isLive, isOpen, book, onToggle }: RowProps) {
	const { ttl } = hop;
	const cells = useMemo(
		() => <Cells hop={hop} marks={marks} scale={scale} isLive={isLive} />,
		[hop, marks.map(({ mark }) => mark).join(), scale.least, scale.most, isLive],
	);
	return (
		<>
			<tr id={`hop-${ttl}`} class={`arrives${hop.isTarget ? " target" : ""}${isOpen ? " open" : ""}`}>
				<td class="number ttl">
					<button
						type="button"
						class="quiet"
						aria-expanded={isOpen}
						aria-controls={isOpen ? `details-${ttl}` : undefined}
						aria-label={`Hop ${ttl}, details`}
						onClick={onToggle}
					>
						{ttl}
					</button>
				</td>
				{cells}
			</tr>
			{isOpen && (
				<tr id={`details-${ttl}`} class="details-row">
					<td colSpan={COLUMNS}>
						<HopDetails hop={hop} marks={marks} book={book} />
					</td>
				</tr>
			)}
		</>
	);
}

function Cells({ hop, marks, scale, isLive }: Pick<RowProps, "hop" | "marks" | "scale" | "isLive">) {
	const { rtt } = hop;
	const single = rtt === null ? [] : ([rtt.lastNs, rtt.avgNs, rtt.bestNs, rtt.worstNs] as const);
	const wide = rtt === null ? [] : ([rtt.stddevNs, rtt.jitterAvgNs, rtt.p50Ns, rtt.p95Ns, rtt.p99Ns] as const);
	return (
		<>
			<th scope="row" class="who">
				<Answerers hop={hop} marks={marks} />
			</th>
			<LossCell hop={hop} />
			<td class="number middle">{hop.sent}</td>
			{[0, 1, 2, 3].map((index) => (
				<td key={index} class={index === 1 ? "number" : "number middle"}>
					{formatMsNumber(single[index] ?? null)}
				</td>
			))}
			{[0, 1, 2, 3, 4].map((index) => (
				<td key={index} class="number wide">
					{formatMsNumber(wide[index] ?? null)}
				</td>
			))}
			<td class="plot">
				<RttRange rtt={rtt} scale={scale} />
			</td>
			{isLive && (
				<td class="plot">
					<Sparkline samples={hop.recent} isLoss={hop.lossMeaning === "loss"} />
				</td>
			)}
		</>
	);
}

function Answerers({ hop, marks }: Pick<RowProps, "hop" | "marks">) {
	const { answerers, received } = hop;
	if (answerers.length === 0) return <span class="quiet-text">no answer</span>;
	return (
		<ul class="answerers">
			{byShare(answerers).map((answerer, index) => (
				<li key={answerer.address}>
					<Answerer answerer={answerer} />
					{answerers.length > 1 && (
						<span class="share" title="Its share of the answers">
							{formatShare(received === 0 ? null : answerer.received / received)}
						</span>
					)}
					{index === 0 &&
						marks.map(({ mark, meaning }) => (
							<span key={mark} class="tag" title={meaning}>
								{mark}
							</span>
						))}
				</li>
			))}
		</ul>
	);
}

function Answerer({ answerer: { address, name, asn } }: { readonly answerer: AnswererSummary }) {
	return (
		<>
			{name !== null && name !== address && <HostName name={name} />}
			<span class="mono address">{address}</span>
			{asn !== null && <span class="asn">{asn}</span>}
		</>
	);
}

function LossCell({ hop }: { readonly hop: HopSummary }) {
	const { symbol, word, sentence } = LOSS_WORDS[hop.lossMeaning];
	const kind = hop.lossMeaning === "loss" && hop.isTarget ? "target-loss" : hop.lossMeaning;
	return (
		<td class={`number loss means-${kind}`} title={sentence}>
			{formatShare(hop.lossRatio)}
			{word !== "" && (
				<span class="loss-word">
					<span aria-hidden="true">{symbol} </span>
					{word}
				</span>
			)}
		</td>
	);
}

/** Whoever answers now comes first in the figures; here they keep their places. */
function byShare(answerers: readonly AnswererSummary[]): readonly AnswererSummary[] {
	return answerers.toSorted((one, other) => other.received - one.received);
}
