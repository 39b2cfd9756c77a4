import { describe, expect, it } from "vitest";
import { PLAIN } from "../paint.ts";
import type { CheckReport, CheckResult } from "./check-result.ts";
import { formatCheckLines, formatCheckSummary } from "./check-text.ts";
import { formatGithub } from "./github.ts";
import { formatJunit } from "./junit.ts";

const place = { line: 7, column: 3 };
const about = { target: "x", file: null, method: "udp", address: "192.0.2.1", durationNs: 1.5e9, error: null, place };
const HOSTILE = "evil\u001b[2J\u0000\ud800 <b>&\"'\n::error::, 100%: x";
const CHECKS: readonly CheckResult[] = [
	{
		...{ ...about, name: HOSTILE, outcome: "failed" },
		assertions: [
			{ assertion: "reached", about: null, outcome: "held", sentence: "Yes.", place },
			{ assertion: "mustCross", about: "AS1", outcome: "failed", sentence: `Hop 3 is ${HOSTILE}.`, place },
			{ assertion: "mtu", about: null, outcome: "unknown", sentence: "Not known.", place },
		],
	},
	{ ...about, name: "b", outcome: "error", assertions: [], error: { code: "nameNotFound", message: "There is no x." } },
	{ ...about, name: "c", outcome: "interrupted", assertions: [] },
	{
		...about,
		name: "x",
		outcome: "held",
		assertions: [{ assertion: "reached", about: null, outcome: "held", sentence: "Yes.", place }],
	},
];
const REPORT: CheckReport = {
	...{ schema: "whither.check/1", tool: { name: "whither", version: "0.1.0" }, args: [], file: "a,b:c%.json" },
	...{
		startedAt: "2026-01-02T03:04:05.678Z",
		durationNs: 3e9,
		held: false,
		stopReason: "interrupted",
		checks: CHECKS,
		error: null,
	},
};

/** The least that XML wants: every tag is closed in its order, and nothing else begins with < or &. */
function isWellFormed(xml: string): boolean {
	const open: string[] = [];
	const rest = xml
		.replace(/^<\?xml [^?]*\?>/, "")
		.replace(
			/<(\/?)(\w+)((?: \w+="[^"<&]*(?:&(?:amp|lt|gt|quot|apos|#\d+);[^"<&]*)*")*)(\/?)>/g,
			(_, close, tag, _attributes, alone) => {
				if (close === "/" && open.pop() !== tag) return "<";
				if (close === "" && alone === "") open.push(tag);
				return "";
			},
		);
	return open.length === 0 && !/[<&>]/.test(rest);
}

describe("JUnit's XML", () => {
	const xml = formatJunit(REPORT);
	it("is well formed whatever names are in it, and holds no character that XML forbids", () => {
		expect(isWellFormed(xml)).toBe(true);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be there
		expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
		expect(Buffer.from(xml).toString()).toBe(xml);
	});

	it("counts what it holds", () => {
		expect(xml).toContain(
			'<testsuites name="whither check" tests="6" failures="1" errors="2" skipped="1" time="3.000">',
		);
		expect(xml).toContain(
			'name="mustCross AS1" time="1.500"><failure message="Hop 3 is evil\ufffd[2J\ufffd\ufffd &lt;b&gt;',
		);
		expect(xml).toContain('<error message="There is no x."/>');
		expect(xml).toContain('<skipped message="interrupted"/>');
	});
});

describe("annotations", () => {
	it("no name can begin a command of its own, or another property", () => {
		const lines = formatGithub(REPORT).split("\n").slice(0, -1);
		expect(lines).toHaveLength(3);
		for (const line of lines) expect(line).toMatch(/^::error file=a%2Cb%3Ac%25\.json,line=7,col=3,title=[^:,]*::/);
		expect(lines[0]).toContain("100%25: x.");
		expect(lines[0]).not.toContain("\u001b");
	});

	it("a file that is none is annotated where it is wrong", () => {
		const report = { ...REPORT, checks: [], error: { code: "usage", message: "no", line: 2, column: 9 } };
		expect(formatGithub(report)).toBe("::error file=a%2Cb%3Ac%25.json,line=2,col=9,title=whither check::no\n");
	});
});

describe("text", () => {
	it("what held in a line, what did not with its reason, nothing that steers a terminal", () => {
		const [first, second, third, last] = CHECKS.map((check) => formatCheckLines(check, "checks.json", PLAIN));
		expect(first?.split("\n")).toHaveLength(4);
		expect(first).toMatch(
			/^FAIL evil\\u\{1b\}.*\n {5}mustCross: Hop 3 is .* \(checks\.json:7\)\n {5}mtu: Not known\. \(checks\.json:7\)\n$/,
		);
		expect(second).toBe("ERR  b (x, 192.0.2.1)\n     There is no x.\n");
		expect(third).toBe("---- c (x, 192.0.2.1): interrupted\n");
		expect(last).toBe("ok   x: 1 assertion holds\n");
		expect(formatCheckSummary(REPORT)).toBe("4 checks: 1 held, 1 failed, 1 could not be judged, 1 interrupted\n");
	});
});
