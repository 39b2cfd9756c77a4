/** Numbers and moments as the page writes them. */
import type { LossMeaning } from "@whither/core";

/** Nothing to say. */
export const NOTHING = "–";

/** `0.42 ms`, `12.3 ms`, `1 240 ms`; a dash for null. */
export function formatMs(nanoseconds: number | null): string {
	return nanoseconds === null ? NOTHING : `${formatMsNumber(nanoseconds)} ms`;
}

/** As `formatMs`, without the unit, for columns whose head says it. */
export function formatMsNumber(nanoseconds: number | null): string {
	if (nanoseconds === null || !Number.isFinite(nanoseconds)) return NOTHING;
	const value = nanoseconds / 1e6;
	if (value >= 1000) return Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
	return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 || value === 0 ? 2 : 3);
}

/** `0 %`, `0.4 %`, `33 %`; a dash for null. */
export function formatShare(ratio: number | null): string {
	if (ratio === null) return NOTHING;
	const percent = ratio * 100;
	return `${percent > 0 && percent < 10 ? percent.toFixed(1).replace(/\.0$/, "") : Math.round(percent)}\u00a0%`;
}

/** `1.3 s`, `45 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(seconds: number): string {
	if (seconds >= 0.05 && seconds < 10) return `${Number(seconds.toFixed(1))}\u00a0s`;
	if (seconds > 0 && seconds < 0.05) return "< 0.1\u00a0s";
	const whole = Math.max(0, Math.round(seconds));
	const parts: readonly (readonly [number, string])[] = [
		[Math.floor(whole / 86_400), "d"],
		[Math.floor(whole / 3600) % 24, "h"],
		[Math.floor(whole / 60) % 60, "min"],
		[whole % 60, "s"],
	];
	const first = parts.findIndex(([count]) => count > 0);
	if (first < 0) return "0 s";
	const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
	return shown.map(([count, unit]) => `${count}\u00a0${unit}`).join(" ");
}

/** A moment in the reader's own words and zone; the text itself where it is none. */
export function formatMoment(iso: string): string {
	const moment = new Date(iso);
	if (Number.isNaN(moment.getTime())) return iso;
	return moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** With a full stop, where nothing of the kind ends it. */
export function asSentence(text: string): string {
	return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** `1 hop`, `3 hops`. */
export function count(number: number, one: string, many = `${one}s`): string {
	return `${number} ${number === 1 ? one : many}`;
}

/** What missing answers mean: a symbol and a word for the cell, a sentence for who asks. */
export const LOSS_WORDS: Readonly<
	Record<LossMeaning, { readonly symbol: string; readonly word: string; readonly sentence: string }>
> = {
	none: { symbol: "", word: "", sentence: "Every probe was answered." },
	loss: {
		symbol: "▼",
		word: "loss",
		sentence: "Later hops that answer miss about as many: packets are lost here or before.",
	},
	rateLimit: {
		symbol: "≈",
		word: "rate limit",
		sentence: "Later hops miss fewer: this router passes packets on, and answers less than it could. No loss.",
	},
	silent: { symbol: "○", word: "silent", sentence: "Nobody has ever answered here; packets may pass all the same." },
	unclear: {
		symbol: "?",
		word: "unclear",
		sentence: "Too few probes to tell loss from a router that limits its answers.",
	},
};
