/** What missing answers of a hop mean, in words: the target's loss is another thing than a router's that says little. */
import type { HopSummary } from "@whither/core";
import type { Role } from "../cells/line.ts";
import { percent } from "./figures.ts";

/** A word with its mark, for a column eight wide; "" where nothing is missing. */
export interface LossWord {
	readonly word: string;
	readonly role: Role;
}

/** The word for a hop. */
export function lossWord({ lossMeaning, isTarget }: Pick<HopSummary, "lossMeaning" | "isTarget">): LossWord {
	switch (lossMeaning) {
		case "none":
			return { word: "", role: "plain" };
		case "loss":
			return isTarget ? { word: "!LOSS", role: "targetLoss" } : { word: ">loss", role: "transitLoss" };
		case "rateLimit":
			return { word: "~limit", role: "rateLimit" };
		case "silent":
			return { word: "-quiet", role: "silent" };
		case "unclear":
			return { word: "?few", role: "dim" };
	}
}

/** Words and what they mean, for the help. */
export const LOSS_WORDS: readonly (readonly [string, Role, string])[] = [
	["!LOSS", "targetLoss", "the target misses answers: packets are lost on the way there or back"],
	[">loss", "transitLoss", "packets are lost at this hop or before: the hops behind miss about as many"],
	[
		"~limit",
		"rateLimit",
		"this router answers less often than it could; the hops behind miss fewer, so nothing is lost",
	],
	["-quiet", "silent", "nobody has ever answered here; packets pass all the same if hops behind answer"],
	["?few", "dim", "too few probes to tell"],
];

/** One sentence on a hop. */
export function lossSentence(hop: HopSummary): string {
	const { lossMeaning, isTarget, lossRatio, lost, received } = hop;
	const share = lossRatio === null ? "" : `${percent(lossRatio)} of its probes (${lost} of ${lost + received})`;
	switch (lossMeaning) {
		case "none":
			return lossRatio === null ? "Nothing is known yet." : "Every probe was answered.";
		case "loss":
			return isTarget
				? `The target misses ${share}: packets are lost on the way there or back.`
				: `Packets are lost at this hop or before it: it misses ${share}, and the hops behind miss about as many.`;
		case "rateLimit":
			if (isTarget)
				return `It misses ${share} in a rhythm, as a system does that sends only so many ICMP errors: likely nothing is lost. ICMP echo (u) or --tcp would tell.`;
			return `It misses ${share}, but the hops behind miss fewer: this router answers less often than it could, and nothing is lost.`;
		case "silent":
			return "Nobody has ever answered here: the router keeps silent, or something drops its answers.";
		case "unclear":
			return `It misses ${share === "" ? "some" : share}, too few to tell what that means.`;
	}
}
