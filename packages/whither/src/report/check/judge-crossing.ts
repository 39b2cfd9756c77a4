/** Judges whether a path crosses what it must, and nothing of what it must not. */
import type { TraceResult } from "@whither/core";
import { printable } from "../printable.ts";
import { type Finding, finding, unknown } from "./finding.ts";
import { globMatches, isInPrefix, type Matcher } from "./matchers.ts";
import { type Crossing, crossingsOf } from "./path-facts.ts";

/** Whether the pattern (flags `i`) is found in the text; null: it took too long. */
export type RegexTester = (pattern: string, text: string) => boolean | null;

/** One of a list, and what it is judged by. */
export interface CrossingAsked {
	readonly name: "mustCross" | "mustNotCross";
	readonly matcher: Matcher;
	readonly trace: TraceResult;
	readonly testRegex: RegexTester;
	readonly namesKnown: boolean;
}

/** The target counts as part of the way. */
export function judgeCrossing({ name, matcher, trace, testRegex, namesKnown }: CrossingAsked): Finding {
	const about = matcher.shown;
	const crossings = crossingsOf(trace);
	const missing = crossings.length === 0 ? null : whatIsMissing(matcher, crossings, { trace, namesKnown });
	if (missing !== null) return unknown(missing, about);
	const tested = crossings.map((crossing) => ({ crossing, fits: isCrossed(matcher, crossing, testRegex) }));
	if (tested.some(({ fits }) => fits === null))
		return unknown(`the regular expression ${about} takes too long; use "name" with * for anything`, about);
	const found = tested.find(({ fits }) => fits === true)?.crossing;
	const asked = `asked ${name === "mustCross" ? "to" : "not to"} cross ${about}`;
	if (found !== undefined)
		return finding(name === "mustCross", `${asked}, and hop ${found.ttl} is ${shown(found, matcher)}`, about);
	const count = crossings.length;
	const all = count === 0 ? "nobody answered" : `none of the ${count} who answered is there`;
	return finding(
		name === "mustNotCross",
		`${asked}, and ${count === 1 ? "the one who answered is not there" : all}`,
		about,
	);
}

/** What was not looked up cannot be judged; a hop of which nobody knows an AS or a place is in none. */
function whatIsMissing(
	{ by }: Matcher,
	crossings: readonly Crossing[],
	{ trace, namesKnown }: Pick<CrossingAsked, "trace" | "namesKnown">,
): string | null {
	if (by === "asn") {
		const unanswered = trace.warnings.find(({ code }) => code === "originsUnanswered");
		const isNowhere = crossings.every(({ asns }) => asns === null || asns.length === 0);
		if (unanswered !== undefined && isNowhere)
			return 'who was asked about the AS of each hop did not answer; name another server in "origins"';
		if (crossings.every(({ asns }) => asns === null))
			return 'no AS was looked up in this trace; trace with "origins": true (-A)';
	}
	if ((by === "country" || by === "place") && crossings.every(({ places }) => places === null))
		return 'no place was looked up in this trace; trace with "places": a data set (mmdb)';
	if ((by === "name" || by === "nameRegex") && !namesKnown && crossings.every(({ name }) => name === null))
		return 'no hop has a name in this trace; trace with "names": true (without -n)';
	return null;
}

function isCrossed(matcher: Matcher, crossing: Crossing, testRegex: RegexTester): boolean | null {
	switch (matcher.by) {
		case "asn":
			return crossing.asns?.includes(matcher.asn) ?? false;
		case "prefix":
			return isInPrefix(crossing.address, matcher);
		case "country":
			return crossing.country?.toUpperCase() === matcher.country;
		case "place":
			return (crossing.places ?? []).some((place) => place.toLowerCase() === matcher.place.toLowerCase());
		case "name":
			return crossing.name !== null && globMatches(matcher.glob, crossing.name);
		case "nameRegex":
			return crossing.name !== null && testRegex(matcher.pattern, crossing.name);
	}
}

function shown({ address, name, asns, places }: Crossing, { by }: Matcher): string {
	if (by === "asn") return `${address} (${asns?.join("/")})`;
	if (by === "country" || by === "place") return `${address} (${printable(places?.at(-1) ?? "")})`;
	return name === null || by === "prefix" ? address : `${printable(name)} (${address})`;
}
