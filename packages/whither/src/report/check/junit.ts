/** The report of `check` as JUnit's XML, which CI systems read: a suite a check, a test case an assertion. */
import type { AssertionResult, CheckReport, CheckResult } from "./check-result.ts";

const NANOSECONDS_PER_SECOND = 1e9;

/** The whole file. */
export function formatJunit(report: CheckReport): string {
	const suites = report.checks.map(suite);
	const { tests, failures, errors, skipped } = totals(suites);
	const head = `<testsuites name="whither check" tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${secondsOf(report.durationNs)}">`;
	return `<?xml version="1.0" encoding="UTF-8"?>\n${[head, ...suites.map(({ xml }) => xml), "</testsuites>"].join("\n")}\n`;
}

interface Suite extends Counts {
	readonly xml: string;
}

interface Counts {
	readonly tests: number;
	readonly failures: number;
	readonly errors: number;
	readonly skipped: number;
}

function totals(suites: readonly Suite[]): Counts {
	const sum = (key: keyof Counts) => suites.reduce((all, one) => all + one[key], 0);
	return { tests: sum("tests"), failures: sum("failures"), errors: sum("errors"), skipped: sum("skipped") };
}

function suite(check: CheckResult): Suite {
	const cases = casesOf(check);
	const count = (kind: Case["kind"]) => cases.filter((one) => one.kind === kind).length;
	const counts = { tests: cases.length, failures: count("failure"), errors: count("error"), skipped: count("skipped") };
	const attributes = Object.entries(counts).map(([key, value]) => `${key}="${value}"`);
	const head = `  <testsuite name="${xmlText(check.name)}" ${attributes.join(" ")} time="${secondsOf(check.durationNs)}">`;
	return { ...counts, xml: [head, ...cases.map(({ xml }) => xml), "  </testsuite>"].join("\n") };
}

interface Case {
	readonly kind: "held" | "failure" | "error" | "skipped";
	readonly xml: string;
}

function casesOf(check: CheckResult): readonly Case[] {
	if (check.outcome === "interrupted") return [caseOf(check, "measurement", "skipped", "interrupted")];
	if (check.error !== null) return [caseOf(check, "measurement", "error", check.error.message)];
	const kinds = { held: "held", failed: "failure", unknown: "error" } as const;
	return check.assertions.map((one: AssertionResult) => caseOf(check, nameOf(one), kinds[one.outcome], one.sentence));
}

function nameOf({ assertion, about }: AssertionResult): string {
	return about === null ? assertion : `${assertion} ${about}`;
}

function caseOf(check: CheckResult, name: string, kind: Case["kind"], sentence: string): Case {
	const head = `    <testcase classname="${xmlText(check.name)}" name="${xmlText(name)}" time="${secondsOf(check.durationNs)}"`;
	if (kind === "held") return { kind, xml: `${head}/>` };
	return { kind, xml: `${head}><${kind} message="${xmlText(sentence)}"/></testcase>` };
}

function secondsOf(ns: number): string {
	return (ns / NANOSECONDS_PER_SECOND).toFixed(3);
}

/** XML 1.0 section 2.2: what no document may hold, even escaped: control characters, and halves of pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPES: Readonly<Record<string, string>> = {
	...{
		"&": "&amp;",
		"<": "&lt;",
		">": "&gt;",
		'"': "&quot;",
		"'": "&apos;",
		"\n": "&#10;",
		"\r": "&#13;",
		"\t": "&#9;",
	},
};

function xmlText(text: string): string {
	return text
		.replace(FORBIDDEN, "\ufffd")
		.replace(HALVES, "\ufffd")
		.replace(/[&<>"'\n\r\t]/g, (character) => ESCAPES[character] ?? character);
}
