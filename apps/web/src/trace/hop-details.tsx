/** All that is known of one hop. */
import type { AnswererSummary, HopSummary, ProbeResult } from "@whither/core";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import { formatDetail } from "../../../../packages/whither/src/report/trace/detail-text.ts";
import { formatExtensions } from "../../../../packages/whither/src/report/trace/extension-text.ts";
import { type LookedUp, placeWords } from "../model/places.ts";
import type { SessionBook } from "../model/session-book.ts";
import { formatMs, formatMsNumber, formatShare, LOSS_WORDS } from "../model/words.ts";
import { formatRoute } from "../shell/route.ts";
import { HostName } from "./host-name.tsx";
import type { Mark } from "./marks.ts";

/** What opens under a row. */
export function HopDetails(props: {
	readonly hop: HopSummary;
	readonly marks: readonly Mark[];
	readonly book: SessionBook;
}) {
	const { hop, marks, book } = props;
	return (
		<div class="hop-details">
			<Sentences hop={hop} marks={marks.map(({ mark, meaning }) => `${mark}: ${meaning}`)} />
			<HopFigures hop={hop} />
			{hop.answerers.length > 0 && <AnswererTable hop={hop} book={book} />}
		</div>
	);
}

function Sentences({ hop, marks }: { readonly hop: HopSummary; readonly marks: readonly string[] }) {
	return (
		<ul class="sentences">
			<li>{LOSS_WORDS[hop.lossMeaning].sentence}</li>
			{marks.map((text) => (
				<li key={text}>{text}</li>
			))}
		</ul>
	);
}

function HopFigures({ hop }: { readonly hop: HopSummary }) {
	const { rtt } = hop;
	const rows: readonly (readonly [string, string])[] = [
		["Sent, answered, lost", `${hop.sent}, ${hop.received}, ${hop.lost}`],
		["Still waited for", String(hop.waiting)],
		["Late, answered twice, not sent", `${hop.late}, ${hop.duplicates}, ${hop.notSent}`],
		...(rtt === null
			? []
			: ([
					["Best, mean, worst", msList(rtt.bestNs, rtt.avgNs, rtt.worstNs)],
					["Geometric mean", formatMs(rtt.gmeanNs)],
					["Standard deviation", formatMs(rtt.stddevNs)],
					["p50, p95, p99", msList(rtt.p50Ns, rtt.p95Ns, rtt.p99Ns)],
					["Jitter last, mean, worst", msList(rtt.jitterNs, rtt.jitterAvgNs, rtt.jitterWorstNs)],
					["Interarrival jitter", formatMs(rtt.jitterInterarrivalNs)],
				] as const)),
	];
	return (
		<dl class="pairs">
			{rows.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}

function msList(...nanoseconds: readonly number[]): string {
	return `${nanoseconds.map(formatMsNumber).join(", ")} ms`;
}

function AnswererTable({ hop, book }: { readonly hop: HopSummary; readonly book: SessionBook }) {
	const answers = book.answers(hop.ttl);
	return (
		<div class="scroll">
			<table class="answerer-table">
				<thead>
					<tr>
						<th scope="col">Address</th>
						<th scope="col">Network</th>
						<th scope="col">Place</th>
						<th scope="col" class="number">
							Share
						</th>
						<th scope="col" class="number">
							Median <span class="unit">ms</span>
						</th>
						<th scope="col" class="number">
							Rounds
						</th>
						<th scope="col">Latest answer</th>
					</tr>
				</thead>
				<tbody>
					{hop.answerers.map((answerer) => (
						<AnswererRow
							key={answerer.address}
							answerer={answerer}
							received={hop.received}
							lookedUp={book.lookUp(answerer.address)}
							answer={answers.find(({ from }) => from === answerer.address) ?? null}
						/>
					))}
				</tbody>
			</table>
		</div>
	);
}

function AnswererRow(props: {
	readonly answerer: AnswererSummary;
	readonly received: number;
	readonly answer: ProbeResult | null;
	readonly lookedUp: LookedUp;
}) {
	const { answerer, received, answer, lookedUp } = props;
	const { address, name, asn } = answerer;
	const { asName, place } = lookedUp;
	return (
		<tr>
			<th scope="row">
				<a class="mono" href={formatRoute("whois", [address])} title="Whois of this address">
					{address}
				</a>
				{name !== null && name !== address && (
					<div class="quiet-text">
						<HostName name={name} />
					</div>
				)}
			</th>
			<td>
				{asn !== null && <a href={formatRoute("whois", [asn.split("/")[0] ?? asn])}>{asn}</a>}
				{asName !== undefined && <div class="quiet-text">{printable(asName)}</div>}
			</td>
			<td>{place === undefined ? "" : placeWords(place)}</td>
			<td class="number">{formatShare(received === 0 ? null : answerer.received / received)}</td>
			<td class="number">{formatMsNumber(answerer.rtt.p50Ns)}</td>
			<td class="number">
				{answerer.firstRound + 1}–{answerer.lastRound + 1}
			</td>
			<td>
				<AnswerWords answerer={answerer} answer={answer} />
			</td>
		</tr>
	);
}

function AnswerWords({
	answerer,
	answer,
}: {
	readonly answerer: AnswererSummary;
	readonly answer: ProbeResult | null;
}) {
	const reply = answer?.reply ?? null;
	const lines = [
		reply === null ? null : replyWords(reply),
		reply === null ? null : formatDetail(reply, { info: true, mss: true }),
		answerer.extensions.length > 0 ? formatExtensions(answerer.extensions) : null,
		(answer?.quoted?.changes.length ?? 0) > 0
			? `Changed on the way: ${answer?.quoted?.changes.map(printable).join(", ")}`
			: null,
	].filter((line) => line !== null && line !== "");
	return (
		<>
			{lines.map((line) => (
				<div key={line}>{line}</div>
			))}
		</>
	);
}

/** Names of answers in words: `timeExceeded` is "time exceeded". */
function replyWords({ kind, icmp, ttl, mtu }: NonNullable<ProbeResult["reply"]>): string {
	const words = kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
	const parts = [
		icmp === null ? words : `${words} (ICMP ${icmp.type}/${icmp.code})`,
		ttl === null ? null : `TTL ${ttl}`,
		mtu === null ? null : `MTU ${mtu}`,
	];
	return parts.filter((part) => part !== null).join(", ");
}
