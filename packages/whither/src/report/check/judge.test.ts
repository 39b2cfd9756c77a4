import type { TraceResult } from "@whither/core";
import { describe, expect, it } from "vitest";
import { answer, hop, sampleResult } from "../trace/sample-trace.fixture.ts";
import { type Check, readCheckFile } from "./check-file.ts";
import { judge } from "./judge.ts";
import { globMatches } from "./matchers.ts";
import { type Judged, judgedTrace, readJudged } from "./saved-run.ts";

const END = "203.0.113.7";
const named =
	(from: string, name: string, more = {}) =>
	(seq: number) => ({ ...answer(seq, from, { name }), ...more });
const late = (rttMs: number) => (seq: number) => answer(seq, END, { rttMs });

/** Three hops, the second silent; networks and places are known. */
const PATH = sampleResult([
	hop(1, named("10.0.0.1", "gw.home.example", { asn: null, place: null }), "10.0.0.1", "10.0.0.1"),
	hop(2, null, null, null),
	hop(
		3,
		named("198.51.100.3", "core1.fra.example.net", {
			asn: "AS64500/AS64501",
			place: { country: "DE", city: "Frankfurt", latitude: null, longitude: null, source: "test" },
		}),
		null,
		null,
	),
	hop(4, late(10), late(30), late(20), late(40)),
]);
/** Never arrives. */
const LOST = sampleResult([hop(1, "10.0.0.1", null, null), hop(2, null, null, null)]);

function judged(
	expect: unknown,
	run: Judged = judgedTrace(PATH),
	baseline: TraceResult | string | null = null,
	options = {},
) {
	const text = JSON.stringify({
		checks: [
			run.meet === null && Object.keys(options).length > 0 ? { target: "x", options, expect } : { file: "x", expect },
		],
	});
	const checks = readCheckFile(text);
	if ("sentence" in checks) throw new Error(checks.sentence);
	const tools = {
		testRegex: (pattern: string, word: string) => (pattern === "slow" ? null : new RegExp(pattern, "i").test(word)),
		baseline,
	};
	return judge(checks[0] as Check, run, { ...tools, namesKnown: false }).map(
		({ outcome, sentence }) => `${outcome}: ${sentence}`,
	);
}

describe("assertions of a path", () => {
	it.each<[unknown, string]>([
		[{ reached: true }, "held: Asked that the target is reached, and the target answered at hop 4."],
		[{ reached: false }, "failed: Asked that the target is not reached, and the target answered at hop 4."],
		[{ maxHops: 4 }, "held: Asked for at most 4 hops, measured 4."],
		[{ maxHops: 3 }, "failed: Asked for at most 3 hops, measured 4."],
		[{ minHops: 4 }, "held: Asked for at least 4 hops, measured 4."],
		[{ minHops: 5 }, "failed: Asked for at least 5 hops, measured 4."],
		[
			{ rttMs: { p50: 20 } },
			"held: Asked for a p50 round trip to the target of at most 20 ms, measured 20.0 ms (4 answers).",
		],
		[
			{ rttMs: { p95: 39 } },
			"failed: Asked for a p95 round trip to the target of at most 39 ms, measured 40.0 ms (4 answers).",
		],
		[
			{ rttMs: { max: 40 } },
			"held: Asked for a longest round trip to the target of at most 40 ms, measured 40.0 ms (4 answers).",
		],
		[
			{ rttMs: { hop: 1, max: 0.5 } },
			"failed: Asked for a longest round trip to hop 1 of at most 0.5 ms, measured 1.000 ms (3 answers).",
		],
		[
			{ rttMs: { hop: 2, max: 5 } },
			"failed: Asked for a longest round trip to hop 2 of at most 5 ms, and hop 2 did not answer.",
		],
		[{ lossPercent: 0 }, "held: Asked for at most 0 % loss at the target, measured 0 % (0 of 3 probes)."],
		[{ mustCross: "AS64501" }, "held: Asked to cross AS64501, and hop 3 is 198.51.100.3 (AS64500/AS64501)."],
		[{ mustNotCross: "AS64500" }, "failed: Asked not to cross AS64500, and hop 3 is 198.51.100.3 (AS64500/AS64501)."],
		[{ mustCross: "AS6450" }, "failed: Asked to cross AS6450, and none of the 3 who answered is there."],
		[{ mustCross: "10.0.0.0/31" }, "held: Asked to cross 10.0.0.0/31, and hop 1 is 10.0.0.1."],
		[{ mustNotCross: "10.0.0.2/31" }, "held: Asked not to cross 10.0.0.2/31, and none of the 3 who answered is there."],
		[{ mustNotCross: "::/0" }, "held: Asked not to cross ::/0, and none of the 3 who answered is there."],
		[{ mustCross: END }, "held: Asked to cross 203.0.113.7, and hop 4 is 203.0.113.7."],
		[{ mustCross: { country: "de" } }, "held: Asked to cross country DE, and hop 3 is 198.51.100.3 (Frankfurt, DE)."],
		[
			{ mustNotCross: { place: "Frankfurt" } },
			"failed: Asked not to cross Frankfurt, and hop 3 is 198.51.100.3 (Frankfurt, DE).",
		],
		[
			{ mustCross: "core?.*.example.net" },
			"held: Asked to cross core?.*.example.net, and hop 3 is core1.fra.example.net (198.51.100.3).",
		],
		[
			{ mustCross: { nameRegex: "^GW\\." } },
			"held: Asked to cross /^GW\\./i, and hop 1 is gw.home.example (10.0.0.1).",
		],
		[
			{ mustCross: { nameRegex: "slow" } },
			'unknown: The regular expression /slow/i takes too long; use "name" with * for anything.',
		],
		[
			{ mtu: 1400 },
			'unknown: The path MTU is not known; trace with "pathMtu": true (--mtu), and where that was done with more "queries".',
		],
		[{ connected: true }, "unknown: What is judged is a trace, and connected is of a meeting."],
	])("%j: %s", (asked, verdict) => expect(judged(asked)).toEqual([verdict]));

	it.each<[unknown, string]>([
		[
			{ reached: true },
			"failed: Asked that the target is reached, and the target did not answer (the last who did was at hop 1).",
		],
		[
			{ maxHops: 9 },
			"failed: Asked for at most 9 hops, and the target did not answer (the last who did was at hop 1).",
		],
		[
			{ lossPercent: 100 },
			"failed: Asked for at most 100 % loss at the target, and the target did not answer (the last who did was at hop 1).",
		],
		[{ mustNotCross: "AS1" }, 'unknown: No AS was looked up in this trace; trace with "origins": true (-A).'],
		[
			{ mustNotCross: { country: "US" } },
			'unknown: No place was looked up in this trace; trace with "places": a data set (mmdb).',
		],
		[{ mustNotCross: "*.example" }, 'unknown: No hop has a name in this trace; trace with "names": true (without -n).'],
	])("where nobody arrives, %j: %s", (asked, verdict) => expect(judged(asked, judgedTrace(LOST))).toEqual([verdict]));

	it("loss is that of the target's own probes, and may be so much and no more", () => {
		const end = (seq: number) => answer(seq, END);
		const lossy = judgedTrace(sampleResult([hop(1, "10.0.0.1"), hop(2, end, null, null, end, end)]));
		const start = "Asked for at most";
		expect(judged({ lossPercent: 66 }, lossy)).toEqual([
			`failed: ${start} 66 % loss at the target, measured 66.7 % (2 of 3 probes).`,
		]);
		expect(judged({ lossPercent: 67 }, lossy)[0]).toMatch(/^held: .*, measured 66\.7 %/);
	});

	it("a path MTU is what is known of it", () => {
		expect(judged({ mtu: 1400 }, judgedTrace({ ...PATH, pathMtu: 1400 }))[0]).toMatch(/^held: .*, measured 1400\.$/);
		expect(judged({ mtu: 1401 }, judgedTrace({ ...PATH, pathMtu: 1400 }))[0]).toMatch(/^failed: .*, measured 1400\.$/);
		const tried = (trace: TraceResult) => ({ ...trace, hops: trace.hops.map((each) => ({ ...each, mtu: 1500 })) });
		expect(judged({ mtu: 1400 }, judgedTrace(tried(PATH)))[0]).toMatch(/^held: .*, measured 1500 or more\.$/);
		expect(judged({ mtu: 1400 }, judgedTrace(tried(LOST)))[0]).toMatch(/^unknown: /);
	});

	it("several of one kind are judged one by one, in the order of the file", () => {
		expect(
			judged({ mustCross: ["AS64500", "AS1"], rttMs: [{ p50: 1, max: 99 }], reached: true }).map(
				(one) => one.split(":")[0],
			),
		).toEqual(["held", "failed", "failed", "held", "held"]);
	});
});

describe("a baseline", () => {
	const baseline = (hops: Parameters<typeof sampleResult>[0], more = {}) => ({ ...sampleResult(hops), ...more });
	const SAME = baseline([hop(1, "10.0.0.1", "10.9.9.9"), hop(2, "10.2.2.2"), hop(3, "198.51.100.3"), hop(4, END)]);
	const first = (saved: TraceResult, run = PATH, differingHops = 0) =>
		judged({ equalsBaseline: { file: "b.json", differingHops } }, judgedTrace(run), saved)[0];

	it("is the same where each hop is one of those that were there, or silent", () => {
		expect(first(SAME)).toBe("held: Asked for the path of 2026-01-02T03:04:05.678Z: it is the same.");
	});

	it("tells the first difference", () => {
		const other = baseline([hop(1, "10.0.0.9", "10.0.0.8"), hop(3, "198.51.100.4"), hop(4, END)]);
		expect(first(other)).toBe(
			"failed: Asked for the path of 2026-01-02T03:04:05.678Z: 2 hops differ; the first: hop 1 was 10.0.0.9 or 10.0.0.8 and is 10.0.0.1.",
		);
		expect(first(other, PATH, 2)).toMatch(/^held: .* but for at most 2 hops: 2 hops differ/);
	});

	it("a target that is nearer, farther or gone is a difference, though nobody else is seen", () => {
		const nearer = baseline([hop(1, "10.0.0.1"), hop(2, null), hop(3, END)]);
		expect(first(nearer)).toMatch(/the first: hop 3 was 203\.0\.113\.7 and is 198\.51\.100\.3\.$/);
		expect(first(SAME, LOST)).toMatch(/: the target answered at hop 4, and does not now\.$/);
		expect(first(baseline([hop(1, "10.0.0.1")]))).toMatch(/: the target did not answer, and does now at hop 4\.$/);
	});

	it("that cannot be had says why", () => {
		const verdict = judged({ equalsBaseline: "b.json" }, judgedTrace(PATH), "there is no b.json");
		expect(verdict).toEqual(["unknown: There is no b.json."]);
	});
});

describe("a meeting", () => {
	const MEET = {
		schema: "whither.meet/1",
		connected: true,
		why: "They met.",
		timings: { connectedMs: 120.5 },
		path: PATH,
		pathMissing: null,
	};
	const pair = (local: string, remote: string) => ({
		selected: { local: { type: local, protocol: "udp" }, remote: { type: remote } },
	});
	const run = (more = {}) => readJudged({ ...MEET, ...pair("host", "relay"), ...more }) as Judged;

	it.each<[unknown, string]>([
		[{ connected: true }, "held: Asked for a connection, and there was one (They met)."],
		[{ pairType: ["host/host", "*/relay"] }, "held: Asked for a pair host/host or */relay, measured host/relay."],
		[{ pairType: "relay/*" }, "failed: Asked for a pair relay/*, measured host/relay."],
		[{ pairType: "host/host" }, "failed: Asked for a pair host/host, measured host/relay."],
		[{ protocol: "udp" }, "held: Asked for udp, measured udp."],
		[{ connectMs: 121 }, "held: Asked for a connection within 121 ms, measured 120.5 ms."],
		[{ relay: true }, "held: Asked for a pair by a relay, measured host/relay."],
		[{ connected: false }, "failed: Asked for no connection, and there was one (They met)."],
		[{ protocol: "tcp" }, "failed: Asked for tcp, measured udp."],
		[{ connectMs: 100 }, "failed: Asked for a connection within 100 ms, measured 120.5 ms."],
		[{ relay: false }, "failed: Asked for a pair without a relay, measured host/relay."],
		[{ maxHops: 4 }, "held: Asked for at most 4 hops, measured 4."],
	])("%j: %s", (asked, verdict) => expect(judged(asked, run())).toEqual([verdict]));

	it("that came to nothing fails what needs a pair, and its path cannot be judged", () => {
		const nothing = run({
			connected: false,
			selected: null,
			path: null,
			pathMissing: { code: "notConnected", message: "There is no way to trace" },
		});
		expect(
			judged({ connected: true, relay: false, connectMs: 5, pairType: "*/*" }, nothing).every((one) =>
				one.startsWith("failed: "),
			),
		).toBe(true);
		expect(judged({ connected: false }, nothing)[0]).toMatch(/^held/);
		expect(judged({ reached: true }, nothing)).toEqual([
			"unknown: There is no trace to judge reached by: There is no way to trace.",
		]);
	});
});

describe("what was saved is read with suspicion", () => {
	it.each([
		null,
		1,
		[],
		{},
		{ schema: "whither.trace/1" },
		{ ...PATH, hops: [{ ttl: 1 }] },
		{ schema: "whither.meet/1" },
	])("%j is neither", (json) => expect(readJudged(json)).toBeNull());
});

describe("names with stars", () => {
	it.each([
		["*", "", true],
		["*.example.net", "a.b.EXAMPLE.net", true],
		["*.example.net", "example.net", false],
		["r?.x", "r1.x", true],
		["r?.x", "r.x", false],
		["a*b*c", "aXbYbZc", true],
		["a*b*c", "aXbYbZ", false],
		["", "a", false],
	])("%s and %s: %s", (glob, name, fits) => expect(globMatches(glob, name)).toBe(fits));

	it("however many stars there are, it ends", () => {
		expect(globMatches(`${"*a".repeat(120)}b`, "a".repeat(255))).toBe(false);
	});
});
