/** All that is known of one hop. */
import type { AnswererSummary, HopSummary, RttSummary } from "@whither/core";
import { printable } from "../../report/printable.ts";
import { formatExtensions } from "../../report/trace/extension-text.ts";
import { type Line, line, selected, span } from "../cells/line.ts";
import { type Model, shownTarget } from "../model/model.ts";
import { hopInView } from "../model/moves.ts";
import { figure, percent } from "./figures.ts";
import { folded } from "./fold.ts";
import { POINTER } from "./glyphs.ts";
import { lossSentence, lossWord } from "./loss.ts";
import { calledBy, dscpsBefore, marksOf } from "./naming.ts";
import { rangeOf } from "./scale.ts";
import { sparkline } from "./sparkline.ts";

/** The view, as long as it is. */
export function detailLines(model: Model, width: number): readonly Line[] {
	const target = shownTarget(model);
	const hop = hopInView(model);
	if (target === null || hop === null) return [line(span("dim", "  Nothing has come yet."))];
	const { hops, rounds } = target.summary;
	const dscpBefore = dscpsBefore(hops, target.dscp)[hops.indexOf(hop)] ?? 0;
	const marks = marksOf(hop, { dscpBefore, rounds }).map(([, word]) => `[${word}]`);
	const style = { width: Math.max(0, width - 2), range: rangeOf(hop, width * model.zoom), charset: model.charset };
	return [
		line(span("title", ` Hop ${hop.ttl}${hop.isTarget ? ", the target" : ""}`), "  ", span("mark", marks.join(" "))),
		...lossLines(hop, width),
		line(countsText(hop)),
		...rttLines(hop.rtt, " "),
		...factLines(hop),
		line(""),
		line(" ", ...sparkline(hop, { ...style, zoom: model.zoom, isPlain: false })),
		line(""),
		...answererLines(model, hop, width),
	];
}

function lossLines(hop: HopSummary, width: number): readonly Line[] {
	const { word, role } = lossWord(hop);
	const indent = word === "" ? 1 : 9;
	const sentence = folded(lossSentence(hop), width - indent - 1);
	return sentence.map((text, index) => line(span(role, ` ${index === 0 ? word : ""}`.padEnd(indent)), text));
}

function countsText(hop: HopSummary): string {
	const { sent, received, lost, waiting, notSent, late, duplicates } = hop;
	const rare = [
		[waiting, "waited for"],
		[notSent, "not sent"],
		[late, "late"],
		[duplicates, "duplicates"],
	] as const;
	const others = rare.filter(([count]) => count > 0).map(([count, word]) => `, ${count} ${word}`);
	return ` Sent ${sent}, answered ${received}, lost ${lost}${others.join("")}`;
}

function rttLines(rtt: RttSummary | null, indent: string): readonly Line[] {
	if (rtt === null) return [];
	const row = (pairs: readonly (readonly [string, number])[]) =>
		line(indent, ...pairs.flatMap(([word, ns]) => [span("dim", `${word} `), `${figure(ns).padEnd(7)} `]));
	return [
		row([
			["last", rtt.lastNs],
			["avg", rtt.avgNs],
			["best", rtt.bestNs],
			["worst", rtt.worstNs],
			["stdev", rtt.stddevNs],
		]),
		row([
			["p50", rtt.p50Ns],
			["p95", rtt.p95Ns],
			["p99", rtt.p99Ns],
			["gmean", rtt.gmeanNs],
		]),
		row([
			["jitter", rtt.jitterNs],
			["mean", rtt.jitterAvgNs],
			["worst", rtt.jitterWorstNs],
			["interarrival", rtt.jitterInterarrivalNs],
		]),
	];
}

const NAT_WORDS: Readonly<Record<NonNullable<HopSummary["nat"]>, string>> = {
	source: "Our packets had another source when they came here: a NAT stands before it.",
	destination: "Our packets had another destination when they came here: they are redirected.",
	checksum: "The checksum had been changed when our packets came here: something translates addresses before it.",
};

function factLines({ nat, dscp, mtu, changes, lastChangeRound }: HopSummary): readonly Line[] {
	const facts: string[] = [];
	if (nat !== null) facts.push(NAT_WORDS[nat]);
	if (dscp !== null) facts.push(`Our packets came here with DSCP ${dscp}.`);
	if (mtu !== null) facts.push(`Packets of ${mtu} bytes are known to come so far.`);
	if (changes > 0) facts.push(`Another answered here than before: ${changes} times, last in round ${lastChangeRound}.`);
	return facts.map((text) => line(` ${text}`));
}

function answererLines(model: Model, hop: HopSummary, width: number): readonly Line[] {
	const all = hop.answerers.reduce((sum, { received }) => sum + received, 0);
	if (hop.answerers.length === 0) return [line(span("silent", " Nobody has answered."))];
	return hop.answerers.flatMap((one, index) => {
		const isHere = index === model.answerer;
		const share = all === 0 ? "" : percent(one.received / all);
		const head = line(
			span("strong", `${isHere ? POINTER : " "}${calledBy({ ...model, addresses: true }, one)}`),
			`  ${share} of the answers (${one.received}), rounds ${one.firstRound} to ${one.lastRound}`,
		);
		return [isHere ? selected(head) : head, ...knownLines(model, one, width), ...rttLines(one.rtt, "   ")];
	});
}

function knownLines({ facts }: Model, one: AnswererSummary, width: number): readonly Line[] {
	const known = facts.get(one.address);
	const asn = known?.asn ?? one.asn;
	const exchange = known?.exchange ?? one.exchange;
	const words = [
		...[asn, known?.asName ?? one.asName, known?.prefix, known?.country, known?.registry, known?.allocated],
		...[exchange === undefined || exchange === null ? null : `at ${exchange}`, known?.place?.label],
	];
	const registry = words.flatMap((word) => (word === null || word === undefined ? [] : [printable(word)])).join("  ");
	const said = formatExtensions(one.extensions);
	return [
		...(registry === "" ? [] : folded(registry, width - 3).map((text) => line(span("dim", `   ${text}`)))),
		...(said === "" ? [] : folded(said, width - 3).map((text) => line(span("mark", `   ${text}`)))),
	];
}
