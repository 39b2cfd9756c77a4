/** Our mtr formats against files that mtr 0.95 wrote in a lab of five namespaces: from their figures we make the same bytes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HopSummary, PathSummary, RoundsEvent } from "@whither/core";
import { DEMO, runTrace } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { formatMtrCsv } from "./mtr-csv.ts";
import { formatMtrJson } from "./mtr-json.ts";
import { formatMtrRaw } from "./mtr-raw.ts";
import { mtrRawLines } from "./mtr-raw-lines.ts";
import { formatMtrReport } from "./mtr-report.ts";
import { formatMtrXml } from "./mtr-xml.ts";
import { ownProbes, pathOfResult, type TracedPath } from "./traced-path.ts";

function fixture(name: string): string {
	return readFileSync(join(import.meta.dirname, "../fixtures", name), "utf8");
}

const NAMES = { numeric: false, addresses: false, hostName: "lab" };
const NAMED = new Map([
	["gw.example", "192.0.2.2"],
	["server.example", "203.0.113.6"],
]);

interface Figures {
	readonly host: string;
	readonly asn?: string;
	readonly others?: readonly string[];
	readonly loss: number;
	readonly sent: number;
	/** Last, average, best, worst, standard deviation; milliseconds. */
	readonly times: readonly number[];
	readonly more?: readonly number[];
}

function hopOf(figures: Figures, index: number): HopSummary {
	const { host, loss, sent, times, others = [], asn = null, more = [] } = figures;
	const received = Math.round((sent * (100 - loss)) / 100);
	const [last = 0, avg = 0, best = 0, worst = 0, stdev = 0] = times;
	const [gmean = 0, jitter = 0, jitterAvg = 0, jitterWorst = 0, interarrival = 0] = more;
	const rtt = {
		lastNs: last * 1e6,
		avgNs: avg * 1e6,
		bestNs: best * 1e6,
		worstNs: worst * 1e6,
		stddevNs: stdev * 1e6 * Math.sqrt((received - 1) / received),
		...{ gmeanNs: gmean * 1e6, jitterNs: jitter * 1e6, jitterAvgNs: jitterAvg * 1e6 },
		...{ jitterWorstNs: jitterWorst * 1e6, jitterInterarrivalNs: interarrival * 1e6 },
	};
	const answerer = (name: string) => ({
		address: NAMED.get(name) ?? name,
		name: NAMED.has(name) ? name : null,
		asn: asn === "AS???" ? null : asn,
	});
	return {
		...{ ttl: index + 1, sent, received, lost: sent - received, lossRatio: loss / 100 },
		rtt: received === 0 ? null : rtt,
		answerers: host === "???" ? [] : [host, ...others].map(answerer),
	} as unknown as HopSummary;
}

function pathOf(hops: readonly Figures[], startedAt = "2026-01-01T00:00:00Z"): TracedPath {
	const summary = { hops: hops.map(hopOf) } as unknown as PathSummary;
	const target = { name: "server.example", address: "203.0.113.6", port: null };
	const asked = { source: "192.0.2.1", method: "icmp", family: 4, startedAt, length: 64, tos: 0, rounds: 3 } as const;
	return { ...asked, target, summary, result: null };
}

interface Hub {
	readonly host: string;
	readonly Snt: number;
	readonly "Loss%": number;
}

function figuresOfJson(text: string): readonly Figures[] {
	const hubs: readonly (Hub & Readonly<Record<string, number>>)[] = JSON.parse(text).report.hubs;
	return hubs.map((hub) => ({
		host: hub.host,
		loss: hub["Loss%"],
		sent: hub.Snt,
		times: ["Last", "Avg", "Best", "Wrst", "StDev"].map((title) => hub[title] ?? 0),
	}));
}

/** Rows of mtr's report: name, figures, and the names below. */
function figuresOfReport(text: string): readonly Figures[] {
	const hops: (Figures & { others: string[] })[] = [];
	for (const line of text.split("\n").slice(2, -1)) {
		const [, host = "", loss, sent, ...times] =
			/^ +\d+\.(?:\|--| AS\?\?\?) +(\S+(?: \([^)]+\))?) +([\d.]+)%? +(\d+)((?: +[\d.]+){5})$/.exec(line) ?? [];
		if (loss === undefined) hops.at(-1)?.others.push(line.trim());
		else {
			const figures = (times[0] ?? "").trim().split(/ +/).map(Number);
			hops.push({ host, others: [], loss: Number(loss), sent: Number(sent), times: figures });
		}
	}
	return hops;
}

describe("mtr's files are made again from their figures", () => {
	it("mtr --json", () => {
		const text = fixture("mtr.json");
		expect(formatMtrJson(pathOf(figuresOfJson(text)), NAMES)).toBe(text);
	});

	it.each([
		["mtr-r.txt", false, false],
		["mtr-rw.txt", true, false],
		["mtr-rwb.txt", true, true],
		["mtr-e.txt", false, false],
		["mtr-ew.txt", true, false],
	])("mtr -r: %s", (name, wide, addresses) => {
		const text = fixture(name);
		const startedAt = /^Start: (.*)\+0000$/m.exec(text)?.[1] ?? "";
		const hops = figuresOfReport(text).map((hop) => ({ ...hop, host: hop.host.replace(/ \(.*/, "") }));
		const { summary } = pathOf(hops);
		const choices = { ...NAMES, startedAt: `${startedAt}.123Z`, wide, addresses };
		expect(formatMtrReport(summary, choices)).toBe(text);
	});

	it.each([
		["mtr.csv", "LS NABWV"],
		["mtr-columns.csv", "LSDRNABWVGJMXI"],
	])("mtr --csv: %s", (name, columns) => {
		const text = fixture(name);
		const rows = text
			.split("\n")
			.slice(1, -1)
			.map((line) => line.split(","));
		const isPlain = columns === "LS NABWV";
		const hops = rows.map(([, , , , , host = "", loss, sent, ...rest]) => {
			const times = rest.slice(isPlain ? 1 : 2).map(Number);
			return { host, loss: Number(loss), sent: Number(sent), times: times.slice(0, 5), more: times.slice(5) };
		});
		const startedAt = new Date(Number(rows[0]?.[1]) * 1000).toISOString();
		expect(formatMtrCsv(pathOf(hops, startedAt), { ...NAMES, columns })).toBe(text);
	});

	it("mtr --xml", () => {
		const text = fixture("mtr.xml");
		const hubs = [...text.matchAll(/HOST="([^"]*)">([\s\S]*?)<\/HUB>/g)];
		const hops = hubs.map(([, host = "", body = ""]) => {
			const [loss = 0, sent = 0, ...times] = [...body.matchAll(/> *([\d.]+)/g)].map(([, number]) => Number(number));
			return { host, loss, sent, times };
		});
		expect(formatMtrXml(pathOf(hops), NAMES)).toBe(text);
	});

	it("--json and --xml have the columns of -o, without the gaps", () => {
		const path = pathOf(figuresOfJson(fixture("mtr.json")));
		const choices = { ...NAMES, columns: "LS JX" };
		const [hub] = JSON.parse(formatMtrJson(path, choices)).report.hubs;
		expect(Object.keys(hub)).toEqual(["count", "host", "Loss%", "Snt", "Jttr", "Jmax"]);
		const [first = ""] = /<HUB[\s\S]*?<\/HUB>/.exec(formatMtrXml(path, choices)) ?? [];
		expect(first.match(/(?<=<)\w+/g)).toEqual(["HUB", "Loss", "Snt", "Jttr", "Jmax"]);
	});

	it("with origins: a column more, and in the report the number's own mark", () => {
		const hops = figuresOfJson(fixture("mtr-asn.json")).map((hop) => ({ ...hop, asn: "AS64500" }));
		const as64500 = (text: string) => text.replaceAll("AS???", "AS64500");
		const json = as64500(fixture("mtr-asn.json"));
		const silent = (text: string) => text.replaceAll(/("host": "\?\?\?",\s+"ASN": )"AS64500"/g, '$1"AS???"');
		expect(formatMtrJson(pathOf(hops), NAMES)).toBe(silent(json));
		const head = fixture("mtr-asn.csv").split("\n")[0];
		expect(formatMtrCsv(pathOf(hops), NAMES).split("\n")[0]).toBe(head);
		const report = formatMtrReport(pathOf(hops).summary, { ...NAMES, startedAt: "", wide: true }).split("\n");
		const theirs = fixture("mtr-rwz.txt").split("\n");
		const shape = (line = "") => line.replace(/(?<=AS\S+ +)\S+ +/, "HOST ").replaceAll(/AS\S+ +|\d/g, "");
		expect(report.slice(2, -1).map(shape)).toEqual(theirs.slice(2, -1).map(shape));
	});
});

it("the column of origins is there where it was asked for, whatever was found", () => {
	const [some] = figuresOfJson(fixture("mtr-asn.json"));
	const written = (asn: string, asns: boolean) => {
		const path = pathOf([{ host: "192.0.2.2", loss: 0, sent: 1, times: [], ...some, asn }]);
		const choices = { ...NAMES, asns };
		const report = formatMtrReport(path.summary, { ...choices, startedAt: "", wide: true });
		return [formatMtrJson(path, choices), formatMtrCsv(path, choices), report];
	};
	for (const text of written("AS???", true)) expect(text).toContain("AS???");
	for (const text of written("AS64500", false)) expect(text).not.toMatch(/AS64500|AS\?\?\?|Asn|ASN/);
});

describe("the lines of --raw", () => {
	const { result } = runTrace(DEMO, { family: 4 });
	const lines = formatMtrRaw(result).trimEnd().split("\n");
	const forms = {
		x: /^x \d+ \d+$/,
		h: /^h \d+ [\d.]+$/,
		m: /^m \d+ \d+ \d+ [01] \d+$/,
		d: /^d \d+ \S+$/,
		p: /^p \d+ \d+ \d+$/,
	};

	it("have the forms that mtr's have", () => {
		for (const line of [...lines, ...fixture("mtr.raw").trimEnd().split("\n")])
			expect(line).toMatch(forms[line[0] as keyof typeof forms]);
	});

	it("tell each host once a hop, before its first round trip, and labels behind it", () => {
		const hosts = lines.filter((line) => line.startsWith("h "));
		expect(new Set(hosts).size).toBe(hosts.length);
		expect(lines.filter((line) => line.startsWith("m 6 ")).length).toBeGreaterThanOrEqual(2);
		for (const [index, line] of lines.entries()) {
			if (!line.startsWith("p ")) continue;
			const [, position] = line.split(" ");
			expect(lines.slice(0, index).some((earlier) => earlier.startsWith(`h ${position} `))).toBe(true);
		}
	});

	it("of a continuous trace tell the same of the same answers, labels too", () => {
		const live = mtrRawLines(false);
		const told = result.hops
			.flatMap((hop) =>
				ownProbes(result, hop).map((probe) => ({ type: "probe" as const, round: 1, ttl: hop.ttl, probe })),
			)
			.map((event) => live(event as RoundsEvent))
			.join("");
		expect(told.trimEnd().split("\n").toSorted()).toEqual(lines.toSorted());
		expect(told).toMatch(/^m 6 /m);
	});

	it("are as many as probes and answers", () => {
		const probes = result.hops.flatMap((hop) => ownProbes(result, hop));
		expect(lines.filter((line) => line.startsWith("x "))).toHaveLength(probes.length);
		expect(lines.filter((line) => line.startsWith("p "))).toHaveLength(
			probes.filter(({ rttNs }) => rttNs !== null).length,
		);
	});
});

it("an empty path is a document all the same", () => {
	const path = pathOfResult({ ...runTrace(DEMO, { family: 4 }).result, hops: [] });
	expect(JSON.parse(formatMtrJson(path, NAMES)).report.hubs).toEqual([]);
	expect(formatMtrReport(path.summary, { ...NAMES, startedAt: path.startedAt, wide: true })).toMatch(
		/^Start: .*\nHOST: lab +Loss%/,
	);
});
