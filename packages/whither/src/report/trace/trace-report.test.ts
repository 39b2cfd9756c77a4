import { expect, it } from "vitest";
import { WhitherError } from "../../api/error.ts";
import { failureDocument } from "../../api/failure.ts";
import { hop, sampleResult } from "./sample-trace.fixture.ts";
import { PLAIN_TEXT } from "./text.ts";
import { paragraphs, type ReportChoices, type TraceReport, traceReport } from "./trace-report.ts";

const saying = (text: string): TraceReport => ({ event: () => text, end: () => text });

it("an empty line stands between reports that say something, and nowhere else", () => {
	const apart = paragraphs();
	const [silent, first, second] = [apart(saying("")), apart(saying("a\n")), apart(saying("b\n"))];
	const end = sampleResult([]);
	const text = [silent, first, silent, first, second, second, silent].map((report) => report.end(end)).join("");
	expect(text).toBe("a\na\n\nb\nb\n");
});

const CHOICES: ReportChoices = { ...PLAIN_TEXT, numeric: true, pathMtu: false, summary: false, indent: 0, first: true };
const RESULT = sampleResult([hop(1, "10.0.0.1"), { ...hop(2, "203.0.113.7"), mtu: 1400 }]);
const HOP_EVENTS = RESULT.hops.map((each) => ({ type: "hop", atNs: 1, hop: hop(each.ttl, "x"), last: false }) as const);

it("with --mtu hops are written when their lengths are known: at the end", () => {
	const report = traceReport("text", "x", { ...CHOICES, pathMtu: true });
	expect(HOP_EVENTS.map(report.event)).toEqual(["", ""]);
	expect(report.end(RESULT)).toBe(" 1  10.0.0.1  1.000 ms\n 2  203.0.113.7 F=1400  1.000 ms\n");
});

it("otherwise they are written as they happen, and the summary at the end", () => {
	const report = traceReport("text", "x", { ...CHOICES, summary: true });
	expect(HOP_EVENTS.map(report.event)).toEqual([" 1  x  1.000 ms\n", " 2  x  1.000 ms\n"]);
	expect(report.end(RESULT)).toMatch(/^ {3}Timedout: false\n/);
});

it("a trace that could not begin has nothing to sum up", () => {
	const order = { tool: RESULT.tool, args: [], name: "x", address: null, port: null, method: null, family: null };
	const failed = failureDocument({ ...order, startedAt: RESULT.startedAt }, new WhitherError("usage", "no"));
	expect(traceReport("text", "x", { ...CHOICES, summary: true }).end(failed)).toBe("");
});
