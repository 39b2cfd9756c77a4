import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceResult } from "@whither/core";
import { DEMO, runTrace } from "@whither/sim";
import { describe, expect, it } from "vitest";
import type { Session } from "../../api/session/session.ts";
import { formatAtlas } from "../dialects/atlas.ts";
import { formatMtrRaw } from "../dialects/mtr-raw.ts";
import { formatScamper } from "../dialects/scamper.ts";
import { sessionLines } from "../dialects/session-lines.ts";
import { formatNdjsonEnd, formatNdjsonEvent } from "../trace/ndjson.ts";
import { formatText } from "../trace/text.ts";
import { readRecording } from "./read-recording.ts";
import { isReadProblem, type ReadProblem, type Recording } from "./recording.ts";

const { result, events } = runTrace(DEMO, { family: 4 });

function fixture(name: string): string {
	return readFileSync(join(import.meta.dirname, "../fixtures", name), "utf8");
}

function read(text: string): readonly Recording[] {
	const found = readRecording(text);
	if (isReadProblem(found)) throw new Error(`${found.line}: ${found.reason}`);
	return found;
}

function problem(text: string): ReadProblem {
	const found = readRecording(text);
	if (!isReadProblem(found)) throw new Error("it was read");
	return found;
}

function traceIn(text: string): TraceResult {
	const [first] = read(text);
	if (first?.material.kind !== "trace" || first.material.results[0] === undefined) throw new Error("no trace");
	return first.material.results[0];
}

describe("our own", () => {
	const json = JSON.stringify(result);

	it.each([
		["one document", json],
		["one document, indented", JSON.stringify(result, null, 2)],
		["behind a byte order mark", `\ufeff${json}`],
		["an array", `[${json}]`],
		["the last line of --ndjson", formatNdjsonEnd(result)],
	])("%s", (_, text) => expect(traceIn(text)).toEqual(JSON.parse(json)));

	it("several documents, a line each or indented", () => {
		expect(read(`${json}\n${json}\n`)).toHaveLength(2);
		const indented = `${JSON.stringify(result, null, 2)}\n`;
		expect(read(indented + indented)).toHaveLength(2);
	});

	it("a stream of events, with what can be replayed, also where its end was torn off", () => {
		const lines = events.map((event) => formatNdjsonEvent(event, "server.frankfurt")).join("");
		const whole = read(lines + formatNdjsonEnd(result))[0];
		expect(whole?.events?.length).toBe(lines.split("\n").length - 1);
		const [torn] = read(`${lines}{"type":"end","res`);
		expect(torn?.notes).toEqual(["the last line is torn off; it is passed over"]);
		const told = torn?.material.kind === "trace" ? torn.material.results[0] : undefined;
		expect(told?.hops).toEqual(result.hops);
		expect(told?.stopReason).toBe("interrupted");
	});

	it("a session in lines, as a document, in an answer of the API, and inside of a page", () => {
		const session: Session = {
			header: {
				...{ schema: "whither.session/1", id: "abcdefghij0123456", kind: "trace", target: "server.frankfurt" },
				...{ tool: result.tool, startedAt: result.startedAt, request: { method: "udp" } },
			},
			events: events
				.filter(({ type }) => type !== "packet")
				.map((event, seq) => ({ seq, kind: "trace", event: JSON.parse(JSON.stringify(event)) })),
			end: { outcome: "result", endedAt: "2026-01-02T03:04:06Z", result: JSON.parse(json) },
		};
		const escaped = JSON.stringify(session).replaceAll("<", "\\u003c");
		for (const text of [
			sessionLines(session),
			JSON.stringify(session),
			JSON.stringify({ session, summary: null }),
			`<!doctype html><script type="application/json" id="whither-session">${escaped}</script>`,
		]) {
			const [found] = read(text);
			expect(found?.material).toEqual({ kind: "session", session });
			expect(found?.events).toHaveLength(session.events.length);
		}
		const torn = read(sessionLines(session).slice(0, -20))[0];
		expect(torn?.material).toMatchObject({ kind: "session", session: { end: null } });
	});
});

describe("scamper's", () => {
	it.each(["scamper-q.json", "scamper-udp.json", "scamper6.json", "scamper-gap.json", "scamper-warts.json"])(
		"%s is a trace, and written again it is the same but for what we keep nothing of",
		(name) => {
			const text = fixture(name);
			const theirs = text
				.split("\n")
				.slice(0, -1)
				.map((line) => JSON.parse(line));
			const ours = formatScamper([traceIn(text)], { hostName: "lab" })
				.split("\n")
				.slice(0, -1)
				.map((line) => JSON.parse(line));
			const without = (line: { hops?: object[] }) =>
				JSON.parse(JSON.stringify(line), (key, value) => (UNKNOWN.has(key) ? undefined : value));
			expect(ours.map(({ stop_time: _, ...line }) => without(line))).toEqual(
				theirs.map(({ stop_time: _, ...line }) => without(line)),
			);
			const keys = (line: object) => Object.keys(line).filter((key) => !UNKNOWN.has(key));
			expect(ours.map(keys)).toEqual(theirs.map(keys));
			expect(ours[1].hops.map(keys)).toEqual(theirs[1].hops.map(keys));
		},
	);

	it("the text of it has its hops", () => {
		const text = formatText(traceIn(fixture("scamper-q.json")));
		expect(text).toContain(" 1  192.0.2.2 (192.0.2.2)  0.053 ms  0.057 ms  0.055 ms\n 2  * * *\n 3  198.51.100.6");
	});
});

/** Keys of scamper's that we do not keep, or that say what nothing of ours says. */
const UNKNOWN = new Set(["icmp_sum", "reply_ipid", "reply_size", "wait", "hoplimit", "stop_reason", "probe_count"]);

describe("RIPE Atlas'", () => {
	it("our own export comes back with its answers", () => {
		const back = traceIn(formatAtlas([result]));
		const answers = ({ hops }: TraceResult) =>
			hops.map(({ ttl, probes }) => [
				ttl,
				...probes.slice(0, 3).map(({ from, rttNs }) => [from, rttNs === null ? null : Math.round(rttNs / 1e3)]),
			]);
		expect(answers(back)).toEqual(answers(result));
		expect(back.reached).toBe(result.reached);
		expect(back.warnings).toEqual([{ code: "imported", format: "atlas" }]);
		expect(back.hops[5]?.probes[0]?.extensions).toEqual(result.hops[5]?.probes[0]?.extensions);
	});

	it("errors, late answers, silence and an array of results", () => {
		const atlas = {
			...{
				fw: 5080,
				type: "traceroute",
				af: 4,
				proto: "UDP",
				dst_addr: "203.0.113.6",
				timestamp: 1795908560,
				endtime: 1795908562,
			},
			result: [
				{
					hop: 1,
					result: [
						{ from: "192.0.2.2", ttl: 64, size: 28, rtt: 1.5 },
						{ x: "*" },
						{ from: "192.0.2.2", late: 2, ttl: 64, size: 28 },
					],
				},
				{ hop: 2, error: "sendto failed: Network is unreachable" },
				{ hop: 255, result: [{ from: "198.51.100.1", rtt: 3, ttl: 62, size: 28, err: "A" }] },
			],
		};
		const found = read(JSON.stringify([atlas, atlas]));
		expect(found).toHaveLength(2);
		const trace = traceIn(JSON.stringify(atlas));
		expect(trace.hops.map(({ ttl, probes }) => [ttl, probes.map(({ status }) => status)])).toEqual([
			[1, ["reply", "timeout", "timeout"]],
			[2, []],
			[255, ["reply"]],
		]);
		expect(trace.hops[2]?.probes[0]?.reply).toMatchObject({ kind: "unreachable", icmp: { type: 3, code: 13 } });
		expect(trace).toMatchObject({ durationNs: 2e9, reached: false, stopReason: "unreachable", method: "udp-classic" });
	});
});

describe("mtr's", () => {
	it.each(["mtr.raw", "mtr-raw6.raw"])("%s has its hops and names, up to the target", (name) => {
		const trace = traceIn(fixture(name));
		expect(trace.target.name).toBe("server.example");
		expect(trace.hops.map(({ ttl }) => ttl)).toEqual([1, 2, 3, 4]);
		expect(trace.hops[1]?.probes.every(({ status }) => status === "timeout")).toBe(true);
		expect(trace.reached).toBe(true);
	});

	it("our own lines come back with their round trips", () => {
		const back = traceIn(formatMtrRaw(result));
		const times = ({ hops }: TraceResult) =>
			hops.slice(0, -1).map(({ probes }) => probes.map(({ rttNs }) => Math.round((rttNs ?? 0) / 1e3)).sort());
		expect(times(back)).toEqual(times(result));
	});

	it("its JSON is refused, with what would do", () =>
		expect(problem(fixture("mtr.json")).reason).toContain("mtr --raw"));
});

describe("what is refused, with its line and why", () => {
	const json = JSON.parse(JSON.stringify(result));
	const broken = (change: (document: typeof json) => void): string => {
		const copy = structuredClone(json);
		change(copy);
		return JSON.stringify(copy);
	};
	it.each([
		["nothing", "", null, "it is empty"],
		["another file", "PK\u0003\u0004", 1, "nothing that can be read"],
		["half a document", JSON.stringify(result).slice(0, 500), 1, "this line is no JSON object"],
		["a line that is none", `${JSON.stringify(result)}\nhello\n${JSON.stringify(result)}`, 2, "no JSON object"],
		["a schema of tomorrow", '{"schema":"whither.trace/9"}', null, "no document that can be read"],
		[
			"a TTL of 1e9",
			broken(({ hops }) => (hops[0].ttl = 1e9)),
			null,
			"hops[0].ttl is not as whither.trace/1 has it (it is 1000000000)",
		],
		["a time of null", broken((document) => (document.durationNs = null)), null, "durationNs"],
		[
			"a long name",
			broken(({ target }) => (target.name = "x".repeat(10_000))),
			null,
			'target.name is not as whither.trace/1 has it (it is "xxx',
		],
		[
			"a missing part",
			broken((document) => delete document.options),
			null,
			"options is not as whither.trace/1 has it (it is missing)",
		],
		[
			"a million hops",
			`{"type":"traceroute","af":4,"proto":"UDP","dst_addr":"x","timestamp":1,"result":[${'{"hop":1},'.repeat(1e6)}{"hop":1}]}`,
			null,
			"result is not as",
		],
		["a depth of a million", `${"[".repeat(1e6)}${"]".repeat(1e6)}`, 1, "no JSON object"],
		["a key that is no key", '{"__proto__":{"schema":"whither.trace/1"},"header":{}}', null, "header.schema"],
		[
			"a round trip before it left",
			`{"type":"trace","method":"udp","src":"192.0.2.1","dst":"192.0.2.9","stop_reason":"COMPLETED","start":{"sec":1,"usec":2},"hop_count":1,"attempts":1,"firsthop":1,"probe_size":44,"hops":[{"addr":"192.0.2.2","probe_ttl":1,"probe_id":1,"rtt":-0.5}]}`,
			null,
			"hops[0].rtt is not as",
		],
		["scamper's tracelb", '{"type":"tracelb"}', null, "scamper's tracelb is not read"],
		["a page without a session", "<!doctype html><p>", 1, "carries no session"],
		["mtr lines with a stranger among them", "x 0 33000\nz 1 2\n", 2, "no line of mtr --raw"],
	])("%s", (_, text, line, reason) => {
		const found = problem(text);
		expect(found.reason).toContain(reason);
		expect(found.line).toBe(line);
	});
});
