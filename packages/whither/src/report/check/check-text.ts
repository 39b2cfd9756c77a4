/** The report of `check` as text. */
import type { Paint } from "../paint.ts";
import { printable } from "../printable.ts";
import type { CheckReport, CheckResult } from "./check-result.ts";

const WORDS = { held: "ok  ", failed: "FAIL", error: "ERR ", interrupted: "----" } as const;

/** One check as soon as it is known: what held in a line, what did not with the reason for each. */
export function formatCheckLines(check: CheckResult, file: string, paint: Paint): string {
	const { outcome, assertions, error, name, target, address } = check;
	const mark =
		outcome === "held"
			? paint.good(WORDS.held)
			: outcome === "interrupted"
				? WORDS.interrupted
				: paint.bad(WORDS[outcome]);
	const to =
		target !== null && name !== target
			? ` (${printable(target)}${address === null || address === target ? "" : `, ${address}`})`
			: "";
	const held = assertions.filter((assertion) => assertion.outcome === "held").length;
	const count = outcome === "held" ? `: ${held} ${held === 1 ? "assertion holds" : "assertions hold"}` : "";
	const lines = [`${mark} ${printable(name)}${to}${count}`];
	if (outcome === "interrupted") lines[0] += ": interrupted";
	if (error !== null) lines.push(`     ${printable(error.message)}`);
	for (const { assertion, outcome: one, sentence, place } of assertions) {
		if (one !== "held") lines.push(`     ${assertion}: ${printable(sentence)} (${printable(file)}:${place.line})`);
	}
	return `${lines.join("\n")}\n`;
}

/** The last line. */
export function formatCheckSummary({ checks }: CheckReport): string {
	const count = (outcome: CheckResult["outcome"]) => checks.filter((check) => check.outcome === outcome).length;
	const parts = [
		`${count("held")} held`,
		...(["failed", "error", "interrupted"] as const).flatMap((outcome) => {
			const words = { failed: "failed", error: "could not be judged", interrupted: "interrupted" };
			return count(outcome) === 0 ? [] : [`${count(outcome)} ${words[outcome]}`];
		}),
	];
	return `${checks.length} ${checks.length === 1 ? "check" : "checks"}: ${parts.join(", ")}\n`;
}

/** The JSON document. */
export function formatCheckJson(report: CheckReport, indent: number): string {
	return `${JSON.stringify(report, null, indent)}\n`;
}
