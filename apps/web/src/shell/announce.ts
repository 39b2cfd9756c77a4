/** News for screen readers: at most one sentence in three seconds, the latest of those that came meanwhile. */
import { signal } from "@preact/signals";

const EVERY_MS = 3_000;

/** What the live region says. */
export const announced = signal("");

let waiting: string | null = null;
let timer: ReturnType<typeof setTimeout> | null = null;

/** Says it, or keeps it until the time has come; the latest wins. */
export function announce(sentence: string): void {
	if (timer !== null) {
		waiting = sentence;
		return;
	}
	announced.value = sentence;
	timer = setTimeout(() => {
		timer = null;
		const next = waiting;
		waiting = null;
		if (next !== null && next !== announced.value) announce(next);
	}, EVERY_MS);
}
