/** What two paths beside each other come to, in one sentence. Pure. */
import type { AlignedHops } from "../model/align.ts";
import { count } from "../model/words.ts";

/** The sentence; `isOver`: no more hops will come. */
export function alignedWords(lines: readonly AlignedHops[], isOver: boolean): string {
	if (lines.length === 0) return isOver ? "No hop was heard of." : "Waiting for the first answers…";
	const first = lines.find(({ kind }) => kind === "other" || kind === "only");
	const same = count(lines.filter(({ kind }) => kind === "same").length, "hop");
	if (first !== undefined) {
		const where = first.left?.ttl ?? first.right?.ttl ?? 0;
		return `${same} in common; they first part at hop ${where}.`;
	}
	if (!isSeen(lines)) return "No router answers on both: whether they go the same way is not known.";
	return `Both go the same way: ${same} in common.`;
}

/** Whether a router answers on both paths, or there is none before the one target of both. */
function isSeen(lines: readonly AlignedHops[]): boolean {
	const isTarget = ({ left, right }: AlignedHops) => left?.isTarget === true && right?.isTarget === true;
	return lines.some((line) => line.kind === "same" && !isTarget(line)) || lines.every(hasOneAnswerer);
}

function hasOneAnswerer({ left, right }: AlignedHops): boolean {
	const there = new Set(right?.answerers.map(({ address }) => address));
	return left?.answerers.some(({ address }) => there.has(address)) === true;
}
