/** Round trips of a hop on the scale that all hops share: from best to worst, with the middle half marked. */
import type { HopSummary, RttSummary } from "@whither/core";

/** Logarithmic, from `least` to `most` nanoseconds. */
export interface RttScale {
	readonly least: number;
	readonly most: number;
	readonly leastLabel: string;
	readonly mostLabel: string;
}

const WIDTH = 120;
const HEIGHT = 16;
const MARGIN = 4;
/** Ends of scales: 1, 2 or 5 times a power of ten. */
const STEPS = [1, 2, 5, 10];

/** The scale that has room for all hops. */
export function rttScale(hops: readonly HopSummary[]): RttScale {
	const all = hops.flatMap(({ rtt }) => (rtt === null ? [] : [rtt.bestNs, rtt.worstNs])).filter((ns) => ns > 0);
	const [best, worst] = all.length === 0 ? [1e6, 1e6] : [Math.min(...all), Math.max(...all)];
	const [least, most] = [roundDown(best), roundUp(Math.max(worst, best * 1.01))];
	return { least, most, leastLabel: String(least / 1e6), mostLabel: String(most / 1e6) };
}

/** The plot; nothing where nobody answered. Its figures stand beside it. */
export function RttRange({ rtt, scale }: { readonly rtt: RttSummary | null; readonly scale: RttScale }) {
	if (rtt === null) return null;
	const x = (ns: number) => xOf(ns, scale);
	const middle = HEIGHT / 2;
	return (
		<svg class="range" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
			<line x1={MARGIN} x2={WIDTH - MARGIN} y1={middle} y2={middle} class="range-base" />
			<line x1={x(rtt.bestNs)} x2={x(rtt.worstNs)} y1={middle} y2={middle} class="range-all" />
			<line x1={x(rtt.p50Ns)} x2={x(rtt.p95Ns)} y1={middle} y2={middle} class="range-most" />
			<line x1={x(rtt.p50Ns)} x2={x(rtt.p50Ns)} y1={2} y2={HEIGHT - 2} class="range-median" />
		</svg>
	);
}

function xOf(ns: number, { least, most }: RttScale): number {
	const share = (Math.log(Math.max(ns, least)) - Math.log(least)) / (Math.log(most) - Math.log(least) || 1);
	return MARGIN + Math.min(1, share) * (WIDTH - 2 * MARGIN);
}

function roundDown(ns: number): number {
	const power = 10 ** Math.floor(Math.log10(ns));
	return power * (STEPS.findLast((step) => step * power <= ns) ?? 1);
}

function roundUp(ns: number): number {
	const power = 10 ** Math.floor(Math.log10(ns));
	return power * (STEPS.find((step) => step * power >= ns) ?? 10);
}
