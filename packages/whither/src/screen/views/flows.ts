/** The paths that were seen, and when one became another. */
import type { FlowSummary, PathSummary } from "@whither/core";
import { type Line, line, span } from "../cells/line.ts";
import { type Model, shownTarget } from "../model/model.ts";
import { percent } from "./figures.ts";
import { bar } from "./glyphs.ts";
import { calledByAddress } from "./naming.ts";

const SHARE_BAR = 10;
/** Of the changes, the latest. */
const CHANGES_SHOWN = 12;

/** The view, as long as it is. */
export function flowLines(model: Model, width: number): readonly Line[] {
	const target = shownTarget(model);
	if (target === null || target.summary.flows.length === 0) return [line(span("dim", "  No round is over yet."))];
	const { summary } = target;
	const { flows } = summary;
	const counted = flows.reduce((sum, { rounds }) => sum + rounds, 0);
	const count = `${flows.length} ${flows.length === 1 ? "path" : "paths"} seen in ${counted} rounds`;
	const head = line(
		span("title", ` ${count}`),
		span("dim", flows.length === 1 ? "" : "; behind the first, the hops that differ from it"),
	);
	const paths = flows.flatMap((flow, index) => flowBlock(model, { summary, flow, index, counted, width }));
	return [head, ...paths, line(""), ...changeLines(model, summary)];
}

interface Block {
	readonly summary: PathSummary;
	readonly flow: FlowSummary;
	readonly index: number;
	readonly counted: number;
	readonly width: number;
}

function flowBlock(model: Model, { summary, flow, index, counted, width }: Block): readonly Line[] {
	const share = counted === 0 ? 0 : flow.rounds / counted;
	const full = bar(1, model.charset)
		.repeat(Math.round(share * SHARE_BAR))
		.padEnd(SHARE_BAR);
	const head = line(
		span("strong", ` #${index + 1}`.padEnd(5)),
		span("good", full),
		` ${percent(share).padStart(4)}  ${flow.rounds} ${flow.rounds === 1 ? "round" : "rounds"}, last in round ${flow.lastRound}`,
	);
	const [common] = summary.flows;
	const hops = flow.addresses.flatMap((address, at) => {
		const isSame = index > 0 && common?.addresses[at] === address;
		return isSame ? [] : [`${at + 1} ${calledByAddress(model, address)}`];
	});
	return [head, ...wrapped(hops, width - 6).map((text) => line("      ", text))];
}

/** Words with an arrow between them, in lines no longer than that where that can be. */
function wrapped(words: readonly string[], width: number): readonly string[] {
	const lines: string[] = [];
	for (const word of words) {
		const last = lines.at(-1);
		const longer = `${last} > ${word}`;
		if (last !== undefined && longer.length <= width) lines[lines.length - 1] = longer;
		else lines.push(word);
	}
	return lines;
}

function changeLines(model: Model, { changes }: PathSummary): readonly Line[] {
	if (changes.length === 0) return [line(span("dim", " The path has not changed."))];
	const latest = changes.slice(-CHANGES_SHOWN).reverse();
	return [
		line(span("title", ` Changes of the path, the latest first (${changes.length})`)),
		...latest.map(({ round, ttl, from, to }) =>
			line(
				span("mark", ` round ${String(round).padEnd(6)}`),
				`hop ${String(ttl).padStart(2)}  ${calledByAddress(model, from)} -> ${calledByAddress(model, to)}`,
			),
		),
	];
}
