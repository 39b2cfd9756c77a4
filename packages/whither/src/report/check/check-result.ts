/** The result of `check` as `whither.check/1` (docs/schema/check-1.json) has it; every report is a function of it. */
import type { AssertionName } from "./check-file.ts";
import type { TextPlace } from "./jsonc.ts";

/** What stands in `schema` of every result. */
export const CHECK_SCHEMA = "whither.check/1";

/** One assertion. */
export interface AssertionResult {
	readonly assertion: AssertionName;
	/** Which of several, such as `p95` or `AS64500`; null: there is but one of that name. */
	readonly about: string | null;
	/** `unknown`: it cannot be judged, and `sentence` says what would help. */
	readonly outcome: "held" | "failed" | "unknown";
	/** What was asked and what was measured, in one sentence with a full stop. */
	readonly sentence: string;
	/** In the file of checks. */
	readonly place: TextPlace;
}

/** One check. */
export interface CheckResult {
	readonly name: string;
	readonly target: string | null;
	readonly file: string | null;
	/** Null: nothing was traced. */
	readonly method: string | null;
	readonly address: string | null;
	readonly durationNs: number;
	/**
	 * The worst of its assertions. `error`: it could not be measured or read, or an assertion is `unknown`. `interrupted`: nothing was judged.
	 */
	readonly outcome: "held" | "failed" | "error" | "interrupted";
	readonly assertions: readonly AssertionResult[];
	/** Why there was nothing to judge; null: there was. */
	readonly error: { readonly code: string; readonly message: string } | null;
	readonly place: TextPlace;
}

/** All of a file. */
export interface CheckReport {
	readonly schema: typeof CHECK_SCHEMA;
	readonly tool: { readonly name: string; readonly version: string };
	readonly args: readonly string[];
	readonly file: string;
	/** ISO 8601. */
	readonly startedAt: string;
	readonly durationNs: number;
	/** Every assertion held. */
	readonly held: boolean;
	readonly stopReason: "complete" | "interrupted" | "error";
	readonly checks: readonly CheckResult[];
	/** Why there are no checks; null: there are. */
	readonly error: ({ readonly code: string; readonly message: string } & Partial<TextPlace>) | null;
}
