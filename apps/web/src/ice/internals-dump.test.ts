import { describe, expect, test } from "vitest";
import { laneWords } from "../model/lanes.ts";
import { readDump } from "./internals-dump.ts";

const START = Date.parse("2026-11-29T00:00:00.000Z");
const at = (ms: number) => new Date(START + ms).toISOString();

/** In Chromium's form: values of each figure as JSON in a text. Written by hand after its format. */
function series(statsType: string, values: readonly unknown[], fromMs = 100) {
	const [startTime, endTime] = [at(fromMs), at(fromMs + (values.length - 1) * 1000)];
	return { startTime, endTime, statsType, values: JSON.stringify(values) };
}

const DUMP = {
	getUserMedia: [],
	PeerConnections: {
		"23-1": { pid: 23, url: "https://app.example/", rtcConfiguration: "{}", stats: {}, updateLog: [] },
		"23-2": {
			...{ pid: 23, url: "https://app.example/<b>", rtcConfiguration: "{ iceServers: [] }", constraints: "" },
			stats: {
				"CPab_cd-state": series("candidate-pair", ["waiting", "in-progress", "succeeded", "succeeded"]),
				"CPab_cd-nominated": series("candidate-pair", [false, false, false, true]),
				"CPab_cd-localCandidateId": series("candidate-pair", ["Iab", "Iab", "Iab", "Iab"]),
				"CPab_cd-remoteCandidateId": series("candidate-pair", ["Icd", "Icd", "Icd", "Icd"]),
				"CPab_cd-priority": series("candidate-pair", [9, 9, 9, 9]),
				"CPab_cd-currentRoundTripTime": series("candidate-pair", [0, 0, 0.004, 0.005]),
				"CPab_cd-[bytesSent_in_bits/s]": series("candidate-pair", [0, 0, 1, 2]),
				"CPab_ef-state": series("candidate-pair", ["waiting", "failed"]),
				"CPab_ef-localCandidateId": series("candidate-pair", ["Iab", "Iab"]),
				"CPab_ef-remoteCandidateId": series("candidate-pair", ["Ief", "Ief"]),
				"Iab-candidateType": series("local-candidate", ["srflx"]),
				"Iab-address": series("local-candidate", ["192.0.2.1"]),
				"Iab-port": series("local-candidate", [5000]),
				"Icd-candidateType": series("remote-candidate", ["relay"]),
				"Icd-address": series("remote-candidate", ["203.0.113.7"]),
				"Icd-port": series("remote-candidate", [6000]),
				"T01-selectedCandidatePairId": series("transport", ["CPab_cd"], 3_100),
			},
			updateLog: [
				{ time: at(0), type: "createOffer", value: "" },
				{ time: at(50), type: "iceconnectionstatechange", value: '"checking"' },
				{ time: at(2_100), type: "iceconnectionstatechange", value: "connected" },
			],
		},
	},
	UserAgent: "Mozilla/5.0",
};

describe("a dump of webrtc-internals", () => {
	const [first, second] = readDump(JSON.stringify(DUMP)) ?? [];

	test("has its connections, those with pairs first", () => {
		expect([first?.id, second?.id]).toEqual(["23-2", "23-1"]);
		expect(first?.ice.selectedId).toBe("CPab_cd");
		expect(first?.ice.pairs.map(({ id, pair }) => [id, pair.type, pair.state, pair.rttNs, pair.selected])).toEqual([
			["CPab_cd", "srflx/relay", "succeeded", 5_000_000, true],
			["CPab_ef", "srflx/host", "failed", null, false],
		]);
		expect(first?.ice.local).toMatchObject([{ type: "srflx", address: "192.0.2.1", port: 5000 }]);
		expect(first?.ice.remote).toMatchObject([{ type: "relay", address: "203.0.113.7", port: 6000 }]);
	});

	test("tells what became of each pair, and of the connection", () => {
		expect(first?.lanes.map(laneWords)).toEqual([
			"srflx – relay 203.0.113.7: waiting at 100 ms, in progress at 1100 ms, succeeded at 2100 ms, in use at 3100 ms",
			"srflx – host hidden.local: waiting at 100 ms, failed at 1100 ms",
		]);
		expect(first?.states).toEqual([
			{ atMs: 50, what: "ICE", state: "checking" },
			{ atMs: 2_100, what: "ICE", state: "connected" },
		]);
	});

	test.each(["", "x", "[]", "{}", '{"PeerConnections":7}', '{"PeerConnections":[]}', '{"schema":"whither.trace/1"}'])(
		"%j is none",
		(text) => expect(readDump(text)).toBeNull(),
	);

	test("whatever stands in it, it is read or left out", () => {
		const odd = [null, 7, "x", [], {}, { statsType: 7 }, { statsType: "candidate-pair", values: "[" }];
		const stats = Object.fromEntries(odd.map((value, index) => [`CP${index}-state`, value]));
		for (const value of [
			...odd,
			{ stats },
			{ stats: odd, updateLog: odd },
			{ updateLog: [{ type: "__proto__", value: "x" }] },
		])
			expect(() => readDump(JSON.stringify({ PeerConnections: { "1-1": value } }))).not.toThrow();
		const text = JSON.stringify(DUMP);
		for (let length = 0; length < text.length; length += 97) expect(readDump(text.slice(0, length))).toBeNull();
	});

	test("however much there is, so much is read", () => {
		const values = JSON.stringify(
			Array.from({ length: 5_000 }, (_, index) => (index % 2 === 0 ? "waiting" : "failed")),
		);
		const state = { statsType: "candidate-pair", startTime: at(0), endTime: at(5_000), values };
		const stats = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`CP${index}-state`, state]));
		const [read] = readDump(JSON.stringify({ PeerConnections: { "1-1": { stats } } })) ?? [];
		expect(read?.lanes).toHaveLength(30);
		for (const { parts } of read?.lanes ?? []) expect(parts.length).toBeLessThanOrEqual(100);
	});
});
