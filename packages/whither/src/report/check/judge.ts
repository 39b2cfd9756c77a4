/** Judges assertions by what was measured. Pure. */
import type { TraceResult } from "@whither/core";
import { compareWithBaseline } from "./baseline.ts";
import { type AssertionName, type Check, type Expectations, MEETING_ASSERTIONS } from "./check-file.ts";
import type { AssertionResult } from "./check-result.ts";
import { type Finding, finding, milliseconds, unknown } from "./finding.ts";
import { judgeCrossing, type RegexTester } from "./judge-crossing.ts";
import { judgeMeeting } from "./judge-meeting.ts";
import { lastTtl, lossAt, percentile, roundTripsMs, targetTtl } from "./path-facts.ts";
import type { Judged } from "./saved-run.ts";

/** What judging wants beside the measurement. */
export interface JudgeTools {
	readonly testRegex: RegexTester;
	/** Names were looked up: a hop without one has none. */
	readonly namesKnown: boolean;
	/** The saved trace that `equalsBaseline` names, or why there is none, in a sentence. */
	readonly baseline: TraceResult | string | null;
}

/** All assertions of a check, in the order of the file. */
export function judge(check: Check, judged: Judged, tools: JudgeTools): readonly AssertionResult[] {
	const names = Object.keys(check.places) as AssertionName[];
	return names.flatMap((assertion) =>
		findingsOf(assertion, check.expect, judged, tools).map((found) => ({
			assertion,
			...found,
			place: check.places[assertion] ?? check.place,
		})),
	);
}

function findingsOf(name: AssertionName, expect: Expectations, judged: Judged, tools: JudgeTools): readonly Finding[] {
	if (MEETING_ASSERTIONS.includes(name)) {
		if (judged.meet === null) return [unknown(`what is judged is a trace, and ${name} is of a meeting`)];
		return [judgeMeeting(name, expect, judged.meet)];
	}
	if (judged.trace === null)
		return [unknown(`there is no trace to judge ${name} by: ${judged.traceMissing ?? "nothing was traced"}`)];
	return judgePath(name, expect, { trace: judged.trace, tools });
}

interface PathAsked {
	readonly trace: TraceResult;
	readonly tools: JudgeTools;
}

function judgePath(name: AssertionName, expect: Expectations, { trace, tools }: PathAsked): readonly Finding[] {
	switch (name) {
		case "reached":
			return [judgeReached(trace, expect.reached ?? true)];
		case "maxHops":
			return [judgeHops(trace, "at most", expect.maxHops ?? 0)];
		case "minHops":
			return [judgeHops(trace, "at least", expect.minHops ?? 0)];
		case "mustCross":
		case "mustNotCross":
			return (expect[name] ?? []).map((matcher) => judgeCrossing({ name, matcher, trace, ...tools }));
		case "rttMs":
			return (expect.rttMs ?? []).flatMap((limits) => judgeRtt(trace, limits));
		case "lossPercent":
			return [judgeLoss(trace, expect.lossPercent ?? 0)];
		case "mtu":
			return [judgeMtu(trace, expect.mtu ?? 0)];
		default:
			return [judgeBaseline(trace, expect, tools)];
	}
}

function hopsWord(count: number): string {
	return `${count} ${count === 1 ? "hop" : "hops"}`;
}

/** How far it came, for sentences about a target that was not reached. */
function notReached(trace: TraceResult): string {
	const last = lastTtl(trace);
	return last === 0 ? "nobody answered" : `the target did not answer (the last who did was at hop ${last})`;
}

function judgeReached(trace: TraceResult, asked: boolean): Finding {
	const ttl = targetTtl(trace);
	const found = ttl === null ? notReached(trace) : `the target answered at hop ${ttl}`;
	return finding(trace.reached === asked, `asked that the target ${asked ? "is" : "is not"} reached, and ${found}`);
}

function judgeHops(trace: TraceResult, word: "at most" | "at least", asked: number): Finding {
	const ttl = targetTtl(trace);
	const start = `asked for ${word} ${hopsWord(asked)}`;
	if (ttl === null) return finding(false, `${start}, and ${notReached(trace)}`);
	return finding(word === "at most" ? ttl <= asked : ttl >= asked, `${start}, measured ${ttl}`);
}

type RttLimits = NonNullable<Expectations["rttMs"]>[number];

function judgeRtt(trace: TraceResult, limits: RttLimits): readonly Finding[] {
	const ttl = limits.hop ?? targetTtl(trace);
	const where = limits.hop === undefined ? "the target" : `hop ${limits.hop}`;
	const trips = ttl === null ? [] : roundTripsMs(trace, ttl);
	return (["p50", "p95", "max"] as const).flatMap((key) => {
		const asked = limits[key];
		if (asked === undefined) return [];
		const about = limits.hop === undefined ? key : `${key} of hop ${limits.hop}`;
		const start = `asked for ${key === "max" ? "a longest" : `a ${key}`} round trip to ${where} of at most ${asked} ms`;
		const silence = ttl === null ? notReached(trace) : `${where} did not answer`;
		if (trips.length === 0) return [finding(false, `${start}, and ${silence}`, about)];
		const value = key === "max" ? (trips.at(-1) ?? Number.NaN) : percentile(trips, key === "p50" ? 50 : 95);
		const answers = `${trips.length} ${trips.length === 1 ? "answer" : "answers"}`;
		return [finding(value <= asked, `${start}, measured ${milliseconds(value)} ms (${answers})`, about)];
	});
}

function judgeLoss(trace: TraceResult, asked: number): Finding {
	const ttl = targetTtl(trace);
	const start = `asked for at most ${asked} % loss at the target`;
	if (ttl === null) return finding(false, `${start}, and ${notReached(trace)}`);
	const { sent, lost } = lossAt(trace, ttl);
	if (sent === 0) return unknown(`no probe to the target itself was sent, so its loss is not known`);
	const percent = (lost / sent) * 100;
	return finding(percent <= asked, `${start}, measured ${Number(percent.toFixed(1))} % (${lost} of ${sent} probes)`);
}

function judgeMtu(trace: TraceResult, asked: number): Finding {
	const start = `asked for a path MTU of at least ${asked}`;
	if (trace.pathMtu !== null) return finding(trace.pathMtu >= asked, `${start}, measured ${trace.pathMtu}`);
	const longest = Math.max(0, ...trace.hops.map(({ mtu = 0 }) => mtu));
	if (longest >= asked && trace.reached) return finding(true, `${start}, measured ${longest} or more`);
	return unknown(
		'the path MTU is not known; trace with "pathMtu": true (--mtu), and where that was done with more "queries"',
	);
}

function judgeBaseline(trace: TraceResult, { equalsBaseline }: Expectations, { baseline }: JudgeTools): Finding {
	if (baseline === null || typeof baseline === "string") return unknown(baseline ?? "there is no baseline");
	const { differing, first } = compareWithBaseline(trace, baseline);
	const most = equalsBaseline?.differingHops ?? 0;
	const start = `asked for the path of ${baseline.startedAt}${most === 0 ? "" : ` but for at most ${hopsWord(most)}`}`;
	const found =
		first === null ? "it is the same" : `${differing === 1 ? "" : `${differing} hops differ; the first: `}${first}`;
	return finding(differing <= most, `${start}: ${found}`);
}
