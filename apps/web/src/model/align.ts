/** Two paths side by side: hops that the same router answers for stand in one line. */
import type { HopSummary } from "@whither/core";

/** One line: `same` hops share an answerer, `other` stand at the same place in between, `silent` too, and neither answers; `only` has nothing on the other side. */
export interface AlignedHops {
	readonly left: HopSummary | null;
	readonly right: HopSummary | null;
	readonly kind: "same" | "other" | "silent" | "only";
}

/** Longest common run of hops with an address in common, in order (both paths are at most 255 long); the hops between stand beside each other. */
export function alignHops(left: readonly HopSummary[], right: readonly HopSummary[]): readonly AlignedHops[] {
	const lines: AlignedHops[] = [];
	let [fromLeft, fromRight] = [0, 0];
	for (const [atLeft, atRight] of [...commonHops(left, right), [left.length, right.length] as const]) {
		lines.push(...between(left.slice(fromLeft, atLeft), right.slice(fromRight, atRight)));
		const [one, other] = [left[atLeft], right[atRight]];
		if (one !== undefined && other !== undefined) lines.push({ left: one, right: other, kind: "same" });
		[fromLeft, fromRight] = [atLeft + 1, atRight + 1];
	}
	return lines;
}

function between(left: readonly HopSummary[], right: readonly HopSummary[]): readonly AlignedHops[] {
	return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
		const [one, other] = [left[index] ?? null, right[index] ?? null];
		if (one === null || other === null) return { left: one, right: other, kind: "only" };
		const isSilent = one.answerers.length === 0 && other.answerers.length === 0;
		return { left: one, right: other, kind: isSilent ? "silent" : "other" };
	});
}

function commonHops(left: readonly HopSummary[], right: readonly HopSummary[]): readonly (readonly [number, number])[] {
	const width = right.length + 1;
	const best = new Int32Array((left.length + 1) * width);
	const at = (row: number, column: number) => best[row * width + column] ?? 0;
	for (let row = left.length - 1; row >= 0; row--) {
		for (let column = right.length - 1; column >= 0; column--) {
			best[row * width + column] = isSame(left[row], right[column])
				? at(row + 1, column + 1) + 1
				: Math.max(at(row + 1, column), at(row, column + 1));
		}
	}
	const pairs: (readonly [number, number])[] = [];
	for (let row = 0, column = 0; row < left.length && column < right.length; ) {
		if (isSame(left[row], right[column])) pairs.push([row++, column++]);
		else if (at(row + 1, column) >= at(row, column + 1)) row++;
		else column++;
	}
	return pairs;
}

function isSame(one: HopSummary | undefined, other: HopSummary | undefined): boolean {
	if (one === undefined || other === undefined) return false;
	if (one.isTarget && other.isTarget) return true;
	return one.answerers.some(({ address }) => other.answerers.some((answerer) => answerer.address === address));
}
