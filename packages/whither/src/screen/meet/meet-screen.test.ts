import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MeetEvent } from "../../api/meet/events.ts";
import type { MeetPair } from "../../api/meet/result.ts";
import { gridText, layOut } from "../cells/grid.ts";
import { plainText } from "../cells/line.ts";
import { meetFrame } from "./meet-frame.ts";
import { MEET_KEYS, pressMeet } from "./meet-keys.ts";
import { initialMeet, type MeetModel, type MeetView, meetAfter, meetNoted, stateAt } from "./meet-model.ts";

const at = (address: string, port: number, type: MeetPair["local"]["type"]) => ({
	...({ address, port, type, protocol: "udp", base: null } as const),
});

function pairOf(more: Partial<MeetPair> = {}): MeetPair {
	return {
		...{ local: at("192.168.1.5", 50_000, "host"), remote: at("203.0.113.7", 50_001, "srflx"), type: "host/srflx" },
		...{ state: "frozen", readable: false, writable: false, nominated: false, selected: false },
		...{ priority: "7998391838664818175", rttNs: null, requestsSent: 0, retransmissions: 0, responsesReceived: 0 },
		...{ requestsReceived: 0, responsesSent: 0, icmpErrors: 0, failure: null },
		...more,
	};
}

/** What happened when; milliseconds. */
const STORY: readonly (readonly [number, MeetEvent])[] = [
	[1, { kind: "code", code: "7-otter-velvet", role: "controlling", server: "http://meet.example" }],
	[50, { kind: "met" }],
	[60, { kind: "peer", tool: "whither 0.1.0" }],
	[100, { kind: "state", state: "checking" }],
	[100, { kind: "pair", id: 1, pair: pairOf() }],
	[
		100,
		{
			kind: "pair",
			id: 2,
			pair: pairOf({ type: "relay/relay", priority: "12", local: at("198.51.100.9", 3, "relay") }),
		},
	],
	[200, { kind: "pair", id: 1, pair: pairOf({ state: "waiting" }) }],
	[300, { kind: "pair", id: 1, pair: pairOf({ state: "inProgress", requestsSent: 1 }) }],
	[
		600,
		{ kind: "pair", id: 2, pair: pairOf({ type: "relay/relay", priority: "12", state: "failed", failure: "timeout" }) },
	],
	[
		700,
		{
			kind: "pair",
			id: 1,
			pair: pairOf({ state: "succeeded", rttNs: 12_300_000, requestsSent: 1, responsesReceived: 1 }),
		},
	],
	[800, { kind: "pair", id: 1, pair: pairOf({ state: "succeeded", nominated: true, rttNs: 12_300_000 }) }],
	[
		900,
		{
			kind: "selected",
			id: 1,
			pair: pairOf({ state: "succeeded", nominated: true, selected: true, rttNs: 12_300_000 }),
			reason: "best",
		},
	],
	[1000, { kind: "state", state: "completed" }],
];

function told(events = STORY): MeetModel {
	return events.reduce((model, [ms, event]) => meetAfter(model, event, ms), initialMeet("unicode"));
}

function textOf(model: MeetModel): string {
	return gridText(layOut(meetFrame(model).lines, model.size.columns, model.size.rows));
}

describe("a meeting's screen", () => {
	const sizes = [
		{ columns: 80, rows: 24 },
		{ columns: 160, rows: 50 },
	];
	it.each(sizes)("shows pairs as lanes, $columns x $rows", async (size) => {
		const name = `meet-pairs-${size.columns}x${size.rows}`;
		await expect(textOf({ ...told(), size })).toMatchFileSnapshot(`../fixtures/frames/${name}.txt`);
	});
	it("shows one pair in details", async () => {
		await expect(textOf({ ...told(), view: "details" })).toMatchFileSnapshot(
			"../fixtures/frames/meet-details-80x24.txt",
		);
	});
	it("says what to say to the other end, until it is there", () => {
		expect(textOf(told(STORY.slice(0, 1)))).toContain(
			"Say to the other end: whither meet 7-otter-velvet --server http://meet.example",
		);
		expect(textOf(told())).not.toContain("Say to the other end");
	});
	it("has what is said beside the events among them", () => {
		const noted = meetNoted(told([]), "Registered as sip:me@example.net: waiting for a call");
		expect(textOf(noted)).toContain("Registered as sip:me@example.net: waiting for a call");
		expect(textOf({ ...noted, view: "log" })).toContain("Registered as");
	});
	it("knows what a pair was at any moment", () => {
		const [lane] = told().lanes;
		if (lane === undefined) throw new Error("no lane");
		expect([50, 150, 250, 450, 750, 850, 950].map((ms) => stateAt(lane, ms))).toEqual([
			null,
			"frozen",
			"waiting",
			"inProgress",
			"succeeded",
			"nominated",
			"selected",
		]);
	});
	it("has each key once, and in the help", () => {
		const keys = MEET_KEYS.flatMap((row) => row.keys);
		expect(new Set(keys).size).toBe(keys.length);
		const help = meetFrame({ ...told(), view: "help", size: { columns: 80, rows: 40 } })
			.lines.map(plainText)
			.join("\n");
		for (const { shown, says } of MEET_KEYS) {
			expect(help).toContain(shown);
			expect(help).toContain(says);
		}
	});
	it("moves from pair to pair, and the ends hold", () => {
		const after = (...names: readonly string[]) =>
			names.reduce((model, name) => pressMeet(model, { kind: "key", name }).model, told()).pairId;
		expect(after("down")).toBe(1);
		expect(after("down", "down", "down")).toBe(2);
		expect(after("up")).toBe(2);
		expect(after("down", "escape")).toBe(null);
	});
	it("of any size is as many lines as there are rows", () => {
		const views: readonly MeetView[] = ["pairs", "details", "way", "log", "help"];
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 200 }),
				fc.integer({ min: 1, max: 60 }),
				fc.constantFrom(...views),
				(columns, rows, view) => {
					const size = { columns, rows };
					const { lines } = meetFrame({ ...told(), size, view, scroll: 1e9, why: "Something long to fold." });
					expect(lines.length).toBe(rows);
					layOut(lines, columns, rows);
				},
			),
			{ numRuns: 100 },
		);
	});
});
