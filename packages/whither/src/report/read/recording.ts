/** What a reader hands back: something to report, or why it cannot be read. */
import type { RoundsEvent, TraceEvent } from "@whither/core";
import type { ReportMaterial } from "../dialects/dialect.ts";

/** Something that was kept, once more. */
export interface Recording {
	/** One trace, one meeting, one session and so on. */
	readonly material: Exclude<ReportMaterial, { kind: "summary" }>;
	/** What it told while it ran, where that was kept: to be replayed. */
	readonly events: readonly (TraceEvent | RoundsEvent)[] | null;
	/** Something that is not as it should be, such as a last line that was torn off: one sentence each. */
	readonly notes: readonly string[];
}

/** Why a file is refused. */
export interface ReadProblem {
	/** Counted from 1; null: it is not about one. */
	readonly line: number | null;
	/** What is wrong and, where that is known, what would be right: a sentence without its full stop. */
	readonly reason: string;
}

/** Tells them apart. */
export function isReadProblem(read: readonly Recording[] | ReadProblem): read is ReadProblem {
	return "reason" in read;
}

/** Longest text that is read, in UTF-16 units. */
export const LONGEST_FILE = 64 << 20;
