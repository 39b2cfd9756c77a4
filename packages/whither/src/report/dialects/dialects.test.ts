/** Every format, of a path with everything in it, and of one whose names were chosen by somebody who means harm. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceResult } from "@whither/core";
import { DEMO, runTrace } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { SESSION_SCHEMA, type Session } from "../../api/session/session.ts";
import { printable } from "../printable.ts";
import { answer, hop, sampleResult } from "../trace/sample-trace.fixture.ts";
import type { ReportMaterial } from "./dialect.ts";
import { formatHtml, oneFilePage } from "./html.ts";
import { DIALECTS, findDialect, writeReport } from "./index.ts";
import { summaryOfSession } from "./session-material.ts";

const { result: demo, events } = runTrace(DEMO, { family: 4 });
/** As it would be in JSON. */
const plain = (result: TraceResult): TraceResult => JSON.parse(JSON.stringify(result));
const PAGE = oneFilePage({ script: "run()", style: "p{}" }, () => "hash");
const CHOICES = { hostName: "lab", page: PAGE };

function report(name: string, material: ReportMaterial): string {
	const dialect = findDialect(name);
	const text = dialect === null ? null : writeReport(dialect, material, CHOICES);
	if (text === null) throw new Error(`${name} has nothing of ${material.kind}`);
	return text;
}

function traced(name: string, result: TraceResult): string {
	return report(name, { kind: "trace", results: [result] });
}

const EVIL = `x"]};\n--><script>alert(1)</script><img src=x onerror=alert(1)>&|\`*_[a](b){{}}#\\"'\u202e\u0007,</style>`;
const evil = sampleResult(
	[
		hop(1, (seq) => answer(seq, "192.0.2.1", { name: EVIL })),
		hop(2, (seq) => answer(seq, "203.0.113.7", { name: EVIL, icmp: null, kind: "udp" })),
	],
	{ name: EVIL },
);

describe("the table", () => {
	it("has every name once, a sentence for each, and endings without a dot in front", () => {
		expect(new Set(DIALECTS.map(({ name }) => name)).size).toBe(DIALECTS.length);
		for (const { about, ending, mediaType } of DIALECTS) {
			expect(about).toMatch(/^[a-zA-Z].*[^.]$/);
			expect(ending).toMatch(/^[a-z]+(\.[a-z]+)*$/);
			expect(mediaType).toMatch(/^[a-z]+\/[-a-z+.]+(; .+)?$/);
		}
	});

	it.each(DIALECTS.filter(({ takes }) => takes.includes("trace")).map(({ name }) => name))(
		"%s tells a trace and ends in a newline, and an empty one does no harm",
		(name) => {
			expect(traced(name, demo).endsWith("\n")).toBe(true);
			const dialect = findDialect(name);
			expect(
				() => dialect && writeReport(dialect, { kind: "trace", results: [{ ...demo, hops: [] }] }, CHOICES),
			).not.toThrow();
		},
	);

	it.each(DIALECTS.filter(({ takes }) => takes.includes("trace")).map(({ name }) => name))(
		"%s passes no control character on, whatever a name says",
		(name) => {
			// JSON and CSV are data: what stands in them is for their readers to show.
			const isData = ["csv", "json", "ndjson", "atlas", "scamper", "mtr"].includes(name);
			const text = isData ? "" : traced(name, evil);
			expect(Array.from(text).filter((one) => one !== "\n" && one !== "\t" && printable(one) !== one)).toEqual([]);
		},
	);
});

describe("what others read stays what it is", () => {
	it.each(["svg", "mtr-xml"])("%s is well-formed: every name is text", (name) => {
		const text = traced(name, evil);
		expect(text).not.toContain("<script");
		expect(text).not.toContain("<img");
		expect(
			text
				.replace(/<style>[\s\S]*<\/style>/, "")
				.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")
				.includes("&"),
		).toBe(false);
		const tags = [...text.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)];
		const open: string[] = [];
		for (const [, close, tag = "", own] of tags) {
			if (close === "/") expect(open.pop()).toBe(tag);
			else if (own === "") open.push(tag);
		}
		expect(open).toEqual([]);
	});

	it("svg names nothing that it would load", () => {
		const text = traced("svg", demo).replace("http://www.w3.org/2000/svg", "");
		expect(text).not.toMatch(/https?:|url\(|href|@import|<foreignObject|<script/);
		expect(text).toContain("prefers-color-scheme: dark");
	});

	it("mermaid's labels hold nothing but letters, figures and entities", () => {
		for (const label of traced("mermaid", evil).match(/"[^"]*"/g) ?? [])
			expect(label.replaceAll("<br/>", "").replaceAll(/#\d+;/g, "")).toMatch(/^"[\p{L}\p{N} .,:%()/…-]*"$/u);
	});

	it("dot's strings end where they should", () => {
		const rest = traced("dot", evil)
			.replaceAll(/"(?:[^"\\]|\\.)*"/g, "S")
			.replaceAll("->", "to");
		expect(rest).not.toMatch(/["'<>]/);
		expect(
			rest
				.split("\n")
				.slice(1, -2)
				.every((line) => line.endsWith(";")),
		).toBe(true);
	});

	it("markdown's rows keep their cells, and no HTML or link gets through", () => {
		const lines = traced("markdown", evil)
			.split("\n")
			.filter((line) => line.startsWith("|"));
		for (const line of lines) expect(line.replaceAll("\\|", "").match(/\|/g)).toHaveLength(9);
		expect(traced("markdown", evil)).not.toMatch(/<script|(?<!\\)\[a/);
	});

	it("prometheus' labels are escaped, and each metric is described once", () => {
		const text = report("prometheus", { kind: "trace", results: [demo, evil] });
		const described = text.split("\n").filter((line) => line.startsWith("# TYPE"));
		expect(new Set(described).size).toBe(described.length);
		for (const line of text.split("\n").slice(0, -1))
			expect(line).toMatch(/^# (HELP|TYPE) \w+ .+$|^\w+\{(\w+="(?:[^"\\\n]|\\[\\"n])*",?)+\} [-\d.e]+$/);
	});

	it("prometheus' round trips are seconds, its losses parts of one", () => {
		const text = traced("prometheus", sampleResult([hop(1, "192.0.2.254", null), hop(2, "203.0.113.7")]));
		const labels = 'target="203.0.113.7",protocol="udp",ttl="1"';
		expect(text).toContain(`whither_path_rtt_p50_seconds{${labels}} 0.001\n`);
		expect(text).toContain(`whither_path_loss_ratio{${labels}} 0.5\n`);
		expect(text).toContain(`whither_path_sent_total{${labels}} 2\n`);
	});

	it("mtr's csv keeps its columns", () => {
		const rows = traced("mtr-csv", evil).split("\n").slice(1, -1);
		for (const row of rows) expect(row.split(",")).toHaveLength(14);
	});
});

describe("RIPE Atlas'", () => {
	const file = join(import.meta.dirname, "../../../../../docs/schema/others/atlas-traceroute.json");
	const validate = new Ajv2020({ allErrors: true, strictRequired: false }).compile(
		JSON.parse(readFileSync(file, "utf8")),
	);

	it.each([
		["the demonstration", demo],
		["one with names that mean harm", evil],
		["one that could not send", { ...demo, hops: [{ ttl: 1, probes: [unsent()] }] }],
	])("%s keeps the published fields", (_, result) => {
		expect(validate(JSON.parse(traced("atlas", result)))).toBe(true);
	});
});

it("Atlas' letters are those of the codes that came, and other codes stay numbers", () => {
	const errors = (from: string, codes: readonly (readonly [number, number])[]) => {
		const probes = codes.map((icmp) => (seq: number) => answer(seq, from, { icmp, kind: "unreachable" }));
		const result = sampleResult([hop(1, ...probes)], { family: from.includes(":") ? 6 : 4 });
		const queries = codes.length;
		const [{ result: told }] = JSON.parse(
			traced("atlas", { ...result, options: { ...result.options, queries } }),
		).result;
		return told.map(({ err }: { err?: string | number }) => err);
	};
	const four = [0, 1, 2, 3, 10, 13].map((code) => [3, code] as const);
	expect(errors("192.0.2.9", [...four, [11, 0]])).toEqual(["N", "H", "P", "p", 10, "A", undefined]);
	const six = [0, 1, 2, 3, 4, 5].map((code) => [1, code] as const);
	expect(errors("2001:db8::9", [...six, [3, 0]])).toEqual(["N", "A", "h", "H", "p", 5, undefined]);
});

it("answers of a target beyond a hop's own probes count in no format", () => {
	const end = (seq: number) => answer(seq, "203.0.113.7", { icmp: [3, 3], kind: "portUnreachable" });
	const more = sampleResult([hop(1, "192.0.2.254", null, null), hop(2, end, null, end, end, end)]);
	expect(JSON.parse(traced("atlas", more)).result[1].result).toHaveLength(3);
	expect(JSON.parse(traced("mtr", more)).report.hubs[1]).toMatchObject({ Snt: 3, "Loss%": 33.333 });
	expect(JSON.parse(traced("scamper", more).split("\n")[1] ?? "")).toMatchObject({
		probe_count: 6,
		hops: { length: 3 },
	});
	expect(traced("prometheus", more)).toContain('ttl="2"} 3\n');
});

it("scamper's stop_data is the code by which a path ended", () => {
	const end = (seq: number) => answer(seq, "192.0.2.9", { icmp: [3, 13], kind: "unreachable" });
	const stopped = sampleResult([hop(1, "192.0.2.254"), hop(2, null, end, null)], { stopReason: "unreachable" });
	expect(JSON.parse(traced("scamper", stopped).split("\n")[1] ?? "")).toMatchObject({
		stop_reason: "UNREACH",
		stop_data: 13,
	});
});

function unsent(): TraceResult["hops"][number]["probes"][number] {
	const error = { code: "noRoute", call: "sendmsg", address: null, errno: 101, errnoName: "ENETUNREACH" } as const;
	const nothing = { from: null, name: null, rttNs: null, stamps: null, reply: null, quoted: null, extensions: [] };
	return { ...nothing, seq: 0, flow: 0, sentAtNs: 0, status: "sendError", error };
}

describe("a session", () => {
	const header: Session["header"] = {
		...{ schema: SESSION_SCHEMA, id: "abcdefghij0123456", kind: "trace", target: "t", request: {} },
		...{ tool: demo.tool, startedAt: demo.startedAt },
	};
	const told: Session["events"] = events
		.filter(({ type }) => type !== "packet")
		.map((event, seq) => ({ seq, kind: "trace", event }));
	const whole: Session = { header, events: told, end: { outcome: "result", endedAt: demo.startedAt, result: demo } };

	it("is reported by its result, and by what it told where it has none", () => {
		expect(report("text", { kind: "session", session: whole })).toBe(traced("text", demo));
		const running = { ...whole, end: null, events: told.slice(0, -10) };
		const lines = report("mtr-report", { kind: "session", session: running }).split("\n");
		expect(lines.at(-2)).toMatch(/^ 12\.\|-- 10\.16\.52\.2 /);
		expect(
			writeReport(DIALECTS[0] as never, { kind: "session", session: { ...whole, events: [], end: null } }, CHOICES),
		).toBeNull();
	});

	it("has the figures of its trace, finished or not", () => {
		expect(summaryOfSession(whole)?.hops).toHaveLength(12);
		expect(summaryOfSession({ ...whole, end: null })?.hops.length).toBeGreaterThanOrEqual(12);
		expect(summaryOfSession({ ...whole, header: { ...header, kind: "stun" } })).toBeNull();
	});

	it("stands in a page that may run its own script alone and ask nobody", () => {
		const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");
		const page = oneFilePage({ script: 'let a = "</script><!--<script>"', style: "p{} </style>" }, sha256);
		const hostile = { ...whole, header: { ...header, target: EVIL } };
		const html = formatHtml(hostile, page) ?? "";
		expect(html.match(/<\/script>/g)).toHaveLength(2);
		expect(html.match(/<\/style>/g)).toHaveLength(1);
		const [, script = ""] = /<script type="module">([\s\S]*?)<\/script>/.exec(html) ?? [];
		expect(html).toContain(`script-src 'sha256-${sha256(script)}'`);
		expect(html).toContain("default-src 'none'");
		const [, json = ""] = /id="whither-session">([^<]*)<\/script>/.exec(html) ?? [];
		expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(hostile)));
		expect(formatHtml(whole, "<p>")).toBeNull();
	});

	it("in lines is what it was", () => {
		const lines = report("ndjson", { kind: "session", session: whole }).trimEnd().split("\n");
		expect(lines).toHaveLength(told.length + 2);
		expect(JSON.parse(lines.at(-1) ?? "").result).toEqual(plain(demo));
	});
});
