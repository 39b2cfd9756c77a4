/** A call of the first draft as a page shows it: what was told, the ladder, and what came of it. */
import { formatPlace, reportLines } from "../call-report.ts";
import type { CallScenario, CallSide } from "../call-scenario.ts";
import { type PlayedCall, playToTheEnd } from "../played-call.ts";
import { formatLadder } from "./ladder-text.ts";

/** Of what the pages show: nothing is lost, and every link takes so long, one way. */
const SHOWN = { seed: 1, delayMs: 5, records: true } as const;

/** In Markdown. */
export function callPage(scenario: CallScenario): string {
	const played = playToTheEnd(scenario, SHOWN);
	const lines = reportLines(played.call.report(), played.call.names()).filter((line) => !line.includes(" tells "));
	const { about, figures } = scenario;
	return [
		figures === undefined ? about : `${about} In the draft figures ${figures}.`,
		"",
		"```",
		formatLadder(played),
		"```",
		"",
		"| | is | q | learned from | address | told in |",
		"|---|---|---|---|---|---|",
		...(["a", "b"] as const).flatMap((side) => alternativeRows(played, side)),
		"",
		"What came of it:",
		"",
		"```",
		...lines,
		"```",
	].join("\n");
}

function alternativeRows({ call }: PlayedCall, side: CallSide): readonly string[] {
	const own = call.report()[side];
	const nameOf = call.names();
	const [us, them] = side === "a" ? ["A", "B"] : ["B", "A"];
	return (own?.addresses ?? []).flatMap(({ alt }) => {
		const { id, q, derivedFrom, at } = alt;
		const exchange = own?.toldIn[id];
		const from = derivedFrom === null ? "" : `${them}${derivedFrom}`;
		const told = exchange === undefined ? "" : toldIn(call, side, exchange);
		return [`| ${us}${id} | ${nameOf(at)} | ${q.toFixed(1)} | ${from} | ${formatPlace(at)} | ${told} |`];
	});
}

function toldIn({ signalling }: PlayedCall["call"], side: CallSide, exchange: number): string {
	const kind = signalling.signals.find((each) => each.from === side && each.exchange === exchange)?.kind;
	return `${kind ?? "exchange"} ${exchange}`;
}
