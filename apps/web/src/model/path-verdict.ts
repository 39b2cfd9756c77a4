/** What a continuous trace shows, in one sentence, and what may be misread in it; of a finished trace `report/verdict` says it. */
import type { HopSummary, PathSummary } from "@whither/core";
import { count, formatMs, formatShare } from "./words.ts";

/** `good`: nothing is wrong; `warn`: something is, or is not known; `bad`: packets do not arrive. */
export type Mood = "good" | "warn" | "bad";

/** What is said above a path. */
export interface PathVerdict {
	readonly mood: Mood;
	readonly sentence: string;
	readonly notes: readonly string[];
}

/** Share of the target's answers that may be missing before somebody should look. */
const SOME_LOSS = 0.01;
const MUCH_LOSS = 0.2;

/** How far a path is known. `looking`: its first probes are under way, and what has not answered may do so. */
export type PathStage = "looking" | "known";

/** The sentence for figures as they stand; `target` is what the user called it. */
export function pathVerdict(summary: PathSummary, target: string, stage: PathStage): PathVerdict {
	const last = summary.hops.findLast(({ received }) => received > 0) ?? null;
	const end = summary.hops.find(({ isTarget }) => isTarget) ?? null;
	if (end !== null) return { ...reached(summary, end, target), notes: notesOf(summary) };
	if (stage === "looking") return { mood: "warn", sentence: underWay(last), notes: [] };
	const sentence =
		last === null
			? "Nobody answers at all: a firewall close to the server drops the probes or their answers, or the link is dead."
			: `Nothing answers after hop ${last.ttl} (${named(last)}): the target is down, or a firewall drops these probes.`;
	return { mood: "bad", sentence, notes: notesOf(summary) };
}

function reached(summary: PathSummary, end: HopSummary, target: string): Omit<PathVerdict, "notes"> {
	const rtt = end.rtt === null ? "" : `, ${formatMs(end.rtt.p50Ns)} away`;
	const way = `${target} is reached in ${count(end.ttl, "hop")}${rtt}`;
	const missing = end.lossRatio ?? 0;
	if (missing < SOME_LOSS || end.lost < 2) return { mood: "good", sentence: `${way}; ${lostWords(end)}.` };
	const from = summary.hops.find(({ lossMeaning, isTarget }) => lossMeaning === "loss" && !isTarget);
	const where = from === undefined ? "at the target alone" : `from hop ${from.ttl} (${named(from)}) on`;
	return {
		mood: missing >= MUCH_LOSS ? "bad" : "warn",
		sentence: `${way}; ${formatShare(missing)} is lost, ${where}.`,
	};
}

function lostWords({ lost, received }: HopSummary): string {
	if (lost === 0) return "nothing is lost";
	return `${lost} of ${lost + received} probes went unanswered`;
}

function underWay(last: HopSummary | null): string {
	return last === null
		? "Waiting for the first answers…"
		: `Hop ${last.ttl} (${named(last)}) answers; looking further…`;
}

function notesOf({ hops, changes, rounds }: PathSummary): readonly string[] {
	const notes: string[] = [];
	const limited = hops.filter(({ lossMeaning }) => lossMeaning === "rateLimit").map(({ ttl }) => ttl);
	if (limited.length > 0) {
		const who = limited.length === 1 ? "Hop" : "Hops";
		const verb = limited.length === 1 ? "limits its" : "limit their";
		notes.push(`${who} ${listed(limited)} ${verb} answers: what is missing there is no loss.`);
	}
	const several = hops.filter(({ answerers }) => answerers.length > 1).map(({ ttl }) => ttl);
	if (several.length > 0) {
		notes.push(
			`Several routers answer at ${several.length === 1 ? "hop" : "hops"} ${listed(several)}: load is balanced, or the path changed.`,
		);
	}
	const latest = changes.at(-1);
	if (latest !== undefined) {
		const times = changes.length === 1 ? "once" : `${changes.length} times`;
		notes.push(`The path has changed ${times}, last at hop ${latest.ttl} in round ${latest.round + 1} of ${rounds}.`);
	}
	return notes;
}

function listed(ttls: readonly number[]): string {
	return ttls.length < 2 ? ttls.join("") : `${ttls.slice(0, -1).join(", ")} and ${ttls.at(-1)}`;
}

function named({ answerers }: HopSummary): string {
	return answerers[0]?.name ?? answerers[0]?.address ?? "silent";
}
