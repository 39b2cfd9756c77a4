/** Numbers as the screen writes them. */

/** Nanoseconds as milliseconds: three figures or so, four characters at most below ten seconds. */
export function figure(ns: number): string {
	const ms = ns / 1e6;
	if (ms < 9.995) return ms.toFixed(2);
	return ms < 99.95 ? ms.toFixed(1) : ms.toFixed(0);
}

/** A ratio as percents without decimals. */
export function percent(ratio: number): string {
	return `${Math.round(ratio * 100)}%`;
}

/** Milliseconds as seconds: `1 s`, `0.5 s`. */
export function secondsText(ms: number): string {
	return `${Number((ms / 1000).toFixed(3))} s`;
}
