/** What a drawing says at a node: at most three short lines, as they come from strangers, not escaped yet. */
import type { PathNode } from "@whither/core";
import { printable } from "../printable.ts";

/** Longer names are cut in the middle, where they tell least. */
const LONGEST = 40;

/** Name or address, the address where there is a name, the best round trip, marks. */
export function nodeLines(node: PathNode): readonly string[] {
	const { address, name, rttNs, marks, isSource, ttl } = node;
	if (isSource) return ["here", ...(address === null ? [] : [address])];
	if (address === null) return [`hop ${ttl}`, "no answer"];
	const far = rttNs === null ? [] : [`${(rttNs / 1e6).toFixed(1)} ms`];
	const facts = [...far, ...lossWords(node), ...marks].map(printable).join(", ");
	return [...(name === null ? [] : [cut(printable(name))]), address, ...(facts === "" ? [] : [facts])];
}

function lossWords({ lossRatio }: PathNode): readonly string[] {
	return lossRatio === null || lossRatio === 0 ? [] : [`${Number((100 * lossRatio).toFixed(1))} % lost`];
}

function cut(text: string): string {
	const half = (LONGEST - 1) / 2;
	return text.length <= LONGEST ? text : `${text.slice(0, Math.floor(half))}…${text.slice(-Math.ceil(half))}`;
}

/** How much of it goes here, where not all does. */
export function linkWords(share: number): string {
	return share > 0.995 ? "" : `${Math.round(100 * share)} %`;
}
