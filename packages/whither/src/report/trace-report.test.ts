import { expect, it } from "vitest";
import { sampleResult } from "./sample-trace.ts";
import { paragraphs, type TraceReport } from "./trace-report.ts";

const saying = (text: string): TraceReport => ({ event: () => text, end: () => text });

it("an empty line stands between reports that say something, and nowhere else", () => {
	const apart = paragraphs();
	const [silent, first, second] = [apart(saying("")), apart(saying("a\n")), apart(saying("b\n"))];
	const end = sampleResult([]);
	const text = [silent, first, silent, first, second, second, silent].map((report) => report.end(end)).join("");
	expect(text).toBe("a\na\n\nb\nb\n");
});
