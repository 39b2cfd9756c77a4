/** Options of `whither check`. */
import { COLOR, flag, GENERAL, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { fileName, seconds, wholeNumber } from "../arguments/values.ts";

const JOBS = [1, 64] as const;

export const CHECK_OPTIONS = {
	jobs: valued(null, wholeNumber(JOBS), "Check", "Traces at one time", "8"),
	timeout: valued("Q", seconds, "Check", "Give each trace S seconds; what is known by then is judged", "60"),
	"baseline-write": flag(
		null,
		"Check",
		"Save what is measured as the baseline that each `equalsBaseline` names, and judge the rest",
	),
	json: flag(null, "Output", "One JSON document on stdout (schema whither.check/1)"),
	junit: valued(null, fileName, "Output", "Also write JUnit's XML to FILE"),
	github: flag(null, "Output", "Also print annotations for GitHub Actions (by itself where GITHUB_ACTIONS is true)"),
	...COLOR,
	...GENERAL,
} as const satisfies OptionTable;

/** A parsed command line. */
export type CheckFlags = Parsed<typeof CHECK_OPTIONS>;
