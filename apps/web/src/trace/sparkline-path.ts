/** Lines of a sparkline, as numbers: what it draws of samples, oldest first. */

/** A drawing of samples: lines between answers that follow each other, and where answers are missing. */
export interface SparklinePath {
	/** `d` of an SVG path. */
	readonly line: string;
	/** Centres of lost probes. */
	readonly lostAt: readonly number[];
}

/** Puts samples into a box; the lowest sample lies at its bottom, the highest on top; a step of `width / most` each. */
export function sparklinePath(
	samples: readonly (number | null)[],
	box: { readonly width: number; readonly height: number; readonly most: number },
): SparklinePath {
	const shown = samples.slice(-box.most);
	const known = shown.filter((sample) => sample !== null);
	const [low, high] = [Math.min(...known), Math.max(...known)];
	const step = box.width / box.most;
	const xOf = (index: number) => round((box.most - shown.length + index + 0.5) * step);
	const yOf = (sample: number) => round(high > low ? box.height * (1 - (sample - low) / (high - low)) : box.height / 2);
	const line = shown.map((sample, index) => {
		if (sample === null) return "";
		const before = shown[index - 1] ?? null;
		const next = shown[index + 1] ?? null;
		const start = before === null ? "M" : "L";
		const dot = before === null && next === null ? "h0.01" : "";
		return `${start}${xOf(index)} ${yOf(sample)}${dot}`;
	});
	return { line: line.join(""), lostAt: shown.flatMap((sample, index) => (sample === null ? [xOf(index)] : [])) };
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
