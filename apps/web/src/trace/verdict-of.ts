/** The sentence above a session: of a finished trace the report's, of a running or continuous one that of its figures. */
import type { PathSummary } from "@whither/core";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import { type VerdictCode, verdict } from "../../../../packages/whither/src/report/trace/verdict.ts";
import { type Mood, type PathStage, type PathVerdict, pathVerdict } from "../model/path-verdict.ts";
import type { SessionBook } from "../model/session-book.ts";
import { withoutFlags } from "../model/without-flags.ts";
import { asSentence } from "../model/words.ts";

const MILD: ReadonlySet<VerdictCode> = new Set(["moreHops", "timeout", "interrupted"]);

/** What to say of the book as it stands. */
export function verdictOf(book: SessionBook, summary: PathSummary): PathVerdict {
	const { end, result, header } = book;
	if (end?.outcome === "failed") return { mood: "bad", sentence: asSentence(end.error.message), notes: [] };
	if (result === null) return pathVerdict(summary, printable(header.target ?? "The target"), stageOf(book, summary));
	const { code, sentence, notes } = verdict(result);
	const hasLoss = summary.hops.some(({ isTarget, lost }) => isTarget && lost > 0);
	const mood: Mood = code === "reached" ? (hasLoss ? "warn" : "good") : MILD.has(code) ? "warn" : "bad";
	return { mood, sentence: withoutFlags(sentence), notes: notes.map((note) => withoutFlags(note.sentence)) };
}

function stageOf({ isOver, header }: SessionBook, { rounds }: PathSummary): PathStage {
	return isOver || (header.kind === "live" && rounds >= 3) ? "known" : "looking";
}
