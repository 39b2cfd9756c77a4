/** Two ends' views of one row of routers, laid side by side. */
import type { WayHop } from "./meet-way.ts";

/**
 * Of two routers in one place: the same address, the same name, or unknown. Each trace sees a router by the side that it comes
 * from, so what lies on one link (/29, IPv4) is a router as we see it and the one before it as the other end sees that.
 */
function likeness(there: readonly WayHop[], back: readonly WayHop[], i: number, j: number): number {
	const [one, other] = [there[i], back[j]];
	if (one === undefined || other === undefined || one.address === null || other.address === null) return 0;
	if (one.address === other.address) return 4;
	if (one.name !== null && one.name === other.name) return 3;
	return linked(there[i + 1], other) + linked(one, back[j - 1]);
}

function linked(farther: WayHop | undefined, nearer: WayHop | undefined): number {
	const [one, other] = [farther?.address ?? null, nearer?.address ?? null];
	return one !== null && other !== null && isSameLink(one, other) ? 1 : 0;
}

function isSameLink(one: string, other: string): boolean {
	const [a, b] = [one, other].map((text) => /^(.*\.)(\d+)$/.exec(text));
	if (a === null || b === null || a === undefined || b === undefined) return false;
	return a[1] === b[1] && Number(a[2]) >> 3 === Number(b[2]) >> 3;
}

/** A hop that one way alone has costs as much as a wrong neighbour does not bring: ways of one length lie side by side. */
const GAP = -1;

/** Places in order, as each of the two ways has them. */
export type Aligned = readonly (readonly [WayHop | null, WayHop | null])[];

/** Both in one order, the second from its end (Needleman and Wunsch, 1970); null: that way has none there. */
export function align(there: readonly WayHop[], back: readonly WayHop[]): Aligned {
	const width = back.length + 1;
	const scores = new Array<number>((there.length + 1) * width).fill(0);
	const at = (i: number, j: number): number => scores[i * width + j] ?? 0;
	const pairAt = (i: number, j: number): number =>
		i === 0 || j === 0 ? Number.NEGATIVE_INFINITY : at(i - 1, j - 1) + likeness(there, back, i - 1, j - 1);
	for (let i = 0; i <= there.length; i++)
		for (let j = 0; j <= back.length; j++) {
			if (i === 0 || j === 0) scores[i * width + j] = GAP * (i + j);
			else scores[i * width + j] = Math.max(pairAt(i, j), at(i - 1, j) + GAP, at(i, j - 1) + GAP);
		}
	const rows: (readonly [WayHop | null, WayHop | null])[] = [];
	for (let i = there.length, j = back.length; i > 0 || j > 0; ) {
		if (i > 0 && j > 0 && at(i, j) === pairAt(i, j)) rows.push([there[--i] ?? null, back[--j] ?? null]);
		else if (j === 0 || (i > 0 && at(i, j) === at(i - 1, j) + GAP)) rows.push([there[--i] ?? null, null]);
		else rows.push([null, back[--j] ?? null]);
	}
	return rows.reverse();
}
