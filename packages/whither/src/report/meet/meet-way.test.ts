import type { TraceResult } from "@whither/core";
import { describe, expect, it } from "vitest";
import type { MeetCandidate, MeetSelected } from "../../api/meet/result.ts";
import { PLAIN } from "../paint.ts";
import { answer, sampleResult, silence } from "../trace/sample-trace.fixture.ts";
import { mergeWays } from "./meet-way.ts";
import { formatWay } from "./meet-way-text.ts";

const candidate = (type: MeetCandidate["type"], address: string, base: string | null = null): MeetCandidate => ({
	...{ type, address, port: 5000, protocol: "udp" },
	base: base === null ? null : { address: base, port: 4000 },
});

const OURS = candidate("srflx", "81.22.56.209", "192.168.1.5");
const THEIRS = candidate("srflx", "203.0.113.7", "10.0.0.9");

function selected(local = OURS, remote = THEIRS, relay: MeetSelected["relay"] = null): MeetSelected {
	return { local, remote, rttNs: 12e6, reason: "best", relay };
}

/** A trace by its hops: an address and milliseconds, or nobody; the last is the end if it is reached. */
function traced(hops: readonly (readonly [string, number] | null)[], reached = true): TraceResult {
	const made = hops.map((hop, index) => ({
		ttl: index + 1,
		probes: [
			hop === null
				? silence(index)
				: answer(index, hop[0], {
						rttMs: hop[1],
						...(reached && index === hops.length - 1 ? { icmp: null, kind: "stun" as const } : {}),
					}),
		],
	}));
	return { ...sampleResult(made), reached, stopReason: reached ? "reached" : "silentHops" };
}

const merged = (path: TraceResult | null, reversePath: TraceResult | null, pair = selected()) =>
	({ selected: pair, path, reversePath, pathMissing: null, reversePathMissing: null }) as const;

const OUT = [
	["192.168.1.1", 0.4],
	["100.64.0.1", 3],
	["203.0.113.7", 11],
	["203.0.113.7", 12],
] as const;
const HOME = [
	["10.0.0.1", 0.5],
	["100.64.0.2", 9],
	["81.22.56.209", 11.5],
	["81.22.56.209", 12.1],
] as const;

describe("the way of two ends that see each other directly", () => {
	it("has each router once, as both ends saw it, and the NATs where they are", () => {
		const way = mergeWays(merged(traced(OUT), traced(HOME)));
		expect(way?.rows.map(({ there, back, notes }) => [there?.address, back?.address, notes])).toEqual([
			[undefined, "81.22.56.209", ["seen as 81.22.56.209:5000"]],
			["192.168.1.1", "81.22.56.209", ["your NAT"]],
			["100.64.0.1", "100.64.0.2", []],
			["203.0.113.7", "10.0.0.1", ["their NAT"]],
			["203.0.113.7", undefined, ["seen as 203.0.113.7:5000"]],
		]);
		expect(way?.remarks).toEqual([
			"3 routers on each way",
			"round trip 12.00 ms from here, 12.10 ms from there",
			"routers answer by the side that they are asked on",
		]);
	});

	it("whose trace was stopped, or came to its time, or heard no router is not said to be dropped", () => {
		const short = traced(OUT.slice(0, 2), false);
		const said = (path: TraceResult) => mergeWays(merged(path, traced(HOME)))?.remarks;
		const begins = "the trace there does not come to its end:";
		expect(said(short)).toEqual([`${begins} something drops it`]);
		expect(said({ ...short, stopReason: "interrupted" })).toEqual([`${begins} it was stopped`]);
		expect(said({ ...short, stopReason: "timeout" })).toEqual([`${begins} its time was over`]);
		expect(said({ ...short, channel: "portable" })).toEqual([`${begins} nothing that answers was heard`]);
	});

	it("as text that nobody's words can use to write elsewhere on the screen", () => {
		const ESCAPE = "\u001b[2J";
		const back = traced([[`10.0.0.1${ESCAPE}`, 1], ...HOME.slice(1)]);
		const sent = { ...back, source: { ...back.source, address: ESCAPE, port: 1 } };
		expect(formatWay(merged(traced(OUT), sent), PLAIN)).not.toContain("\u001b");
		const missing = { code: "traceFailed", message: ESCAPE } as const;
		const without = { ...merged(traced(OUT), null), reversePathMissing: missing };
		expect(formatWay(without, PLAIN)).toContain("theirs is not known: \\u{1b}[2J");
	});

	it("as text", () => {
		expect(formatWay(merged(traced(OUT), traced(HOME)), PLAIN)).toBe(
			`The way between you
         there          back
  you                   4   12.10 ms  192.168.1.5:4000  seen as 81.22.56.209:5000
         1    0.40 ms   3   11.50 ms  192.168.1.1, back 81.22.56.209  your NAT
         2    3.00 ms   2    9.00 ms  100.64.0.1, back 100.64.0.2
         3   11.00 ms   1    0.50 ms  203.0.113.7, back 10.0.0.1  their NAT
  them   4   12.00 ms                 192.0.2.1:50000  seen as 203.0.113.7:5000
  3 routers on each way; round trip 12.00 ms from here, 12.10 ms from there; routers answer by the side that they are asked on
`,
		);
	});

	it("marks the routers that one way alone has", () => {
		const out = [
			["10.0.1.1", 1],
			["198.51.100.1", 2],
			["198.51.100.9", 3],
			["203.0.113.1", 4],
			["203.0.113.7", 5],
		] as const;
		const home = [
			["203.0.113.1", 1],
			["198.51.100.1", 3],
			["10.0.1.1", 4],
			["192.0.2.5", 40],
		] as const;
		const way = mergeWays(merged(traced(out), traced(home)));
		expect(way?.rows.map(({ there, back, notes }) => [there?.address, back?.address, notes[0]])).toEqual([
			[undefined, "192.0.2.5", "seen as 81.22.56.209:5000"],
			["10.0.1.1", "10.0.1.1", undefined],
			["198.51.100.1", "198.51.100.1", undefined],
			["198.51.100.9", undefined, "on the way there only"],
			["203.0.113.1", "203.0.113.1", undefined],
			["203.0.113.7", undefined, "seen as 203.0.113.7:5000"],
		]);
		expect(way?.remarks).toEqual([
			"4 routers there, 3 back: the ways differ",
			"round trip 5.00 ms from here, 40.00 ms from there: they differ",
		]);
	});

	it("marks another router in the same place where routers are called by one name on all sides", () => {
		const name = (trace: TraceResult, names: readonly string[]): TraceResult => ({
			...trace,
			hops: trace.hops.map((hop, at) => ({
				...hop,
				probes: hop.probes.map((probe) => ({ ...probe, name: names[at] ?? null })),
			})),
		});
		const out = name(traced(OUT), ["home", "paris", "mast"]);
		const notes = (back: readonly string[]) =>
			mergeWays(merged(out, name(traced(HOME), back)))?.rows.map((row) => row.notes.at(-1));
		expect(notes(["mast", "lyon", "home"])?.[2]).toBe("another router back");
		expect(notes(["a", "b", "c"])?.[2]).toBeUndefined();
	});

	it("of routers that answer by a NAT's address the outermost is the NAT", () => {
		const out = [
			["192.168.1.1", 1],
			["203.0.113.7", 2],
			["203.0.113.7", 3],
			["203.0.113.7", 4],
		] as const;
		const home = [
			["10.0.0.1", 1],
			["10.0.1.1", 2],
			["81.22.56.209", 3],
			["81.22.56.209", 4],
		] as const;
		const way = mergeWays(merged(traced(out), traced(home)));
		expect(way?.rows.map(({ notes }) => notes)).toEqual([
			["seen as 81.22.56.209:5000"],
			["your NAT"],
			["their NAT"],
			[],
			["seen as 203.0.113.7:5000"],
		]);
	});

	it("a router that is silent on one way is there on both", () => {
		const way = mergeWays(
			merged(
				traced([["10.0.0.1", 1], null, ["192.0.2.9", 3]]),
				traced([
					["192.0.2.1", 1],
					["10.0.0.2", 2],
					["192.0.2.5", 3],
				]),
			),
		);
		expect(way?.rows[2]).toMatchObject({ there: { address: null }, back: { address: "192.0.2.1" }, notes: [] });
	});

	it("says where a trace does not come to its end, and counts no routers then", () => {
		const way = mergeWays(merged(traced([["10.0.0.1", 1], null, null], false), traced(HOME)));
		expect(way?.remarks).toEqual(["the trace there does not come to its end: something drops it"]);
		expect(way?.rows.filter(({ there }) => there !== null)).toHaveLength(1);
	});

	it("of one trace alone it marks nothing", () => {
		const reversePathMissing = { code: "noAnswer", message: "The other end says nothing of its trace" } as const;
		const way = mergeWays({ ...merged(traced(OUT), null), reversePathMissing });
		expect(way?.remarks).toEqual(["theirs is not known: The other end says nothing of its trace"]);
		expect(way?.rows.flatMap(({ notes }) => notes)).toEqual(["seen as 81.22.56.209:5000", "their NAT"]);
	});

	it("without any there is none", () => {
		expect(mergeWays(merged(null, null))).toBeNull();
		expect(formatWay({ ...merged(traced(OUT), null), selected: null }, PLAIN)).toBe("");
	});
});

describe("the way of two ends that a relay joins", () => {
	const relay = { server: { address: "198.51.100.1", port: 3478 }, leg: "udp" } as const;
	const local = candidate("relay", "198.51.100.1", "198.51.100.1");
	it("has our hops, the relay, and theirs", () => {
		const out = [
			["192.168.1.1", 1],
			["198.51.100.1", 5],
		] as const;
		const home = [
			["10.0.0.1", 2],
			["172.16.0.1", 3],
			["198.51.100.1", 8],
		] as const;
		const text = formatWay(merged(traced(out), traced(home), selected(local, THEIRS, relay)), PLAIN);
		expect(text).toBe(`The way between you
         there          back
  you                                 192.0.2.1:50000
         1    1.00 ms                 192.168.1.1
  relay  2    5.00 ms   3    8.00 ms  198.51.100.1:3478  ours
                        2    3.00 ms  172.16.0.1
                        1    2.00 ms  10.0.0.1
  them                                192.0.2.1:50000
  each end's way to the relay was seen from that end
`);
	});
});
