/** The report of `check` as workflow commands of GitHub Actions, which become annotations at the lines of the file. */
import { printable } from "../printable.ts";
import type { CheckReport } from "./check-result.ts";
import type { TextPlace } from "./jsonc.ts";

/** GitHub shows ten errors a step; more lines are of no use to anybody. */
const MOST = 50;

/** A line for each assertion that does not hold, and each check that could not be made. */
export function formatGithub({ checks, file, error }: CheckReport): string {
	const lines =
		error === null
			? []
			: [command(file, { line: error.line ?? 1, column: error.column ?? 1 }, "whither check", error.message)];
	for (const check of checks) {
		if (check.error !== null) lines.push(command(file, check.place, check.name, check.error.message));
		for (const { assertion, outcome, sentence, place } of check.assertions) {
			if (outcome !== "held") lines.push(command(file, place, `${check.name}: ${assertion}`, sentence));
		}
	}
	return lines.slice(0, MOST).join("");
}

function command(file: string, { line, column }: TextPlace, title: string, sentence: string): string {
	const where = `file=${property(file)},line=${line},col=${column},title=${property(printable(title))}`;
	return `::error ${where}::${data(printable(sentence))}\n`;
}

/** As the runner takes them apart again: a message ends with its line, a property also with a comma or a colon. */
function data(text: string): string {
	return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
	return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
