/** A finished meeting as text and as JSON. */
import type { MeetFailureDocument } from "../../api/meet/failure.ts";
import type { MeetMedia, MeetResult } from "../../api/meet/result.ts";
import type { Paint } from "../paint.ts";
import { printable } from "../printable.ts";
import { pairLines } from "./meet-pairs.ts";
import { formatWay } from "./meet-way-text.ts";

/** One document and its newline; `indent` in spaces. */
export function formatMeetJson(document: MeetResult | MeetFailureDocument, indent: number): string {
	return `${JSON.stringify(document, null, indent)}\n`;
}

/** The pairs, the sentence, and the way from both ends. */
export function formatMeet(result: MeetResult, paint: Paint): string {
	const pairs = pairLines(result.pairs, paint);
	const table = pairs.length === 0 ? "" : `${pairs.join("\n")}\n\n`;
	return `${table}${formatMeetEnd(result, paint)}`;
}

/** The sentence and the way: what there is to say once the pairs have been shown. */
export function formatMeetEnd(result: MeetResult, paint: Paint): string {
	const why = printable(result.why);
	const words = result.connected ? paint.good(why) : paint.bad(why);
	const facts = result.connected ? [timesLine(result), mediaLine(result.media)] : [];
	const times = facts.map((line) => (line === null ? "" : `${paint.dim(line)}\n`)).join("");
	const way = formatWay(result, paint);
	return `${words}\n${times}${way === "" ? "" : `\n${way}`}`;
}

function timesLine({ timings, selected, state }: MeetResult): string {
	const { gatheredMs, nominatedMs } = timings;
	const parts = [
		`state ${state}`,
		nominatedMs === null ? "" : `a way after ${nominatedMs.toFixed(0)} ms`,
		gatheredMs === null ? "" : `gathered in ${gatheredMs.toFixed(0)} ms`,
		selected?.rttNs ? `round trip ${(selected.rttNs / 1e6).toFixed(2)} ms` : "",
	];
	return parts.filter((part) => part !== "").join(", ");
}

function mediaLine(media: MeetMedia | null): string | null {
	if (media === null) return null;
	const { codec, sent, received, lost, jitterNs, firstNs } = media;
	const parts = [
		`media ${codec}: ${sent} packets sent, ${received} received, ${lost} lost`,
		jitterNs === null ? "" : `jitter ${(jitterNs / 1e6).toFixed(2)} ms`,
		firstNs === null ? "" : `the first after ${(firstNs / 1e6).toFixed(0)} ms`,
	];
	return parts.filter((part) => part !== "").join(", ");
}
