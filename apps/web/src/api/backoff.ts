/** How long to wait before a server is tried again: twice as long each time, up to ten seconds. */

const FIRST_MS = 400;
const LONGEST_MS = 10_000;

/** `attempt` counts from 0; `draw` in [0, 1) spreads the visitors of a server that comes back, by half of the time. */
export function backoffMs(attempt: number, draw: number): number {
	const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 20));
	return Math.round(whole * (1 - draw / 2));
}
