/** Markdown (GitHub's tables): a path hop by hop, or a meeting with both ends' ways. */

import type { HopSummary, PathGraph } from "@whither/core";
import { formatEndpoint } from "@whither/wire";
import type { MeetPair, MeetResult } from "../../api/meet/result.ts";
import { printable } from "../printable.ts";
import { verdict } from "../trace/verdict.ts";
import { graphOfPath, pathOfResult, type TracedPath } from "./traced-path.ts";

/** A heading, a table with a row for each answerer, and what it all means. */
export function formatMarkdownPath(path: TracedPath, level = 2): string {
	const { target, method, family, startedAt, result, source } = path;
	const words =
		result === null ? [] : [verdict(result).sentence, ...verdict(result).notes.map(({ sentence }) => sentence)];
	const heading = `${"#".repeat(level)} Path to ${safe(named(target))}`;
	const facts = `${safe(method)}, IPv${family}, from ${safe(source)}, ${safe(startedAt)}`;
	return `${[heading, facts, hopTable(path), ...words.map(safe)].join("\n\n")}\n`;
}

function named({ name, address }: TracedPath["target"]): string {
	return name === address ? address : `${name} (${address})`;
}

const HOP_COLUMNS = ["Hop", "Address", "Name", "AS", "Loss", "Best", "Avg", "Worst", ""] as const;

function hopTable(path: TracedPath): string {
	const graph = graphOfPath(path);
	const rows = path.summary.hops.flatMap((hop) => hopRows(hop, graph));
	const hasAsn = rows.some((row) => row[3] !== "");
	const shown = [HOP_COLUMNS, ...rows].map((row) => row.filter((_, index) => index !== 3 || hasAsn));
	return table(shown, hasAsn ? "r   rrrr " : "r  rrrr ");
}

function hopRows(hop: HopSummary, graph: PathGraph): readonly (readonly string[])[] {
	const [loss, ttl] = [hop.lossRatio === null ? "" : percent(hop.lossRatio), String(hop.ttl)];
	if (hop.answerers.length === 0) return [[ttl, "\\*", "", "", loss, "", "", "", ""]];
	return hop.answerers.map(({ address, name, asn, rtt }, index) => {
		const marks = graph.nodes.find((node) => node.ttl === hop.ttl && node.address === address)?.marks ?? [];
		const times = [rtt.bestNs, rtt.avgNs, rtt.worstNs].map(time);
		return [
			index === 0 ? ttl : "",
			safe(address),
			safe(name ?? ""),
			safe(asn ?? ""),
			index === 0 ? loss : "",
			...times,
			safe(marks.join(", ")),
		];
	});
}

/** What came of it, the pairs, and the way from both ends. */
export function formatMarkdownMeet(result: MeetResult): string {
	const { path, reversePath, pairs } = result;
	const parts = ["## Meeting", safe(result.why)];
	if (pairs.length > 0) parts.push("### Pairs", table([PAIR_COLUMNS, ...pairs.map(pairRow)], "    r "));
	if (path !== null) parts.push("### From here", formatMarkdownPath(pathOfResult(path), 4).trimEnd());
	if (reversePath !== null)
		parts.push("### From the other end", formatMarkdownPath(pathOfResult(reversePath), 4).trimEnd());
	return `${parts.join("\n\n")}\n`;
}

const PAIR_COLUMNS = ["Local", "Remote", "Type", "State", "RTT", ""] as const;

function pairRow({ local, remote, type, state, rttNs, selected, nominated }: MeetPair): readonly string[] {
	const marks = [selected ? "selected" : "", nominated ? "nominated" : ""].filter((mark) => mark !== "");
	const rtt = rttNs === null ? "" : time(rttNs);
	return [safe(formatEndpoint(local)), safe(formatEndpoint(remote)), safe(type), safe(state), rtt, marks.join(", ")];
}

/** `right`: a letter a column, `r` where figures are set to the right. */
function table([head = [], ...rows]: readonly (readonly string[])[], right: string): string {
	const rule = head.map((_, index) => (right[index] === "r" ? "--:" : "---"));
	return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function time(nanoseconds: number): string {
	return `${(nanoseconds / 1e6).toFixed(3)} ms`;
}

function percent(ratio: number): string {
	return `${Number((100 * ratio).toFixed(1))} %`;
}

/** Characters that Markdown, or the HTML inside of it, reads something into. */
function safe(text: string): string {
	return printable(text)
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replace(/[\\`*_{}[\]#|~!$@]/g, (character) => `\\${character}`);
}
