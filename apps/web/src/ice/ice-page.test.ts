import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { PEER_FORMAT, type PeerDocument } from "../../../../packages/whither/src/api/meet/path/peer-json.ts";
import type { MeetPair } from "../../../../packages/whither/src/api/meet/result.ts";
import { nodeAead } from "../../../../packages/whither/src/api/meet/signalling/node-aead.ts";
import { laneWords, withPair, withPairs } from "../model/lanes.ts";
import { hear, SILENT } from "../model/other-end.ts";
import { readStats } from "./browser-pairs.ts";
import { iceServersOf } from "./ice-servers.ts";
import { natOf } from "./nat.ts";
import { nobleAead } from "./noble-aead.ts";
import { readPacked } from "./packed-path.ts";
import { hopsOf } from "./strip-hops.ts";
import { outcomeOf, whyWords } from "./why.ts";

/** As Chromium has it. */
const STATS = [
	{ id: "T01", type: "transport", selectedCandidatePairId: "P2" },
	{
		...{ id: "P1", type: "candidate-pair", localCandidateId: "L1", remoteCandidateId: "R1", state: "in-progress" },
		...{ nominated: false, priority: 1, requestsSent: 3, responsesReceived: 0, requestsReceived: 0, responsesSent: 0 },
	},
	{
		...{ id: "P2", type: "candidate-pair", localCandidateId: "L1", remoteCandidateId: "R2", state: "succeeded" },
		...{ nominated: true, priority: 2, requestsSent: 1, responsesReceived: 1, requestsReceived: 1, responsesSent: 1 },
		...{ consentRequestsSent: 2, currentRoundTripTime: 0.004, writable: true },
	},
	{ id: "L1", type: "local-candidate", candidateType: "host", protocol: "udp", port: 5000, address: "" },
	{ id: "R1", type: "remote-candidate", candidateType: "host", protocol: "udp", port: 6000, address: "10.0.0.9" },
	{ id: "R2", type: "remote-candidate", candidateType: "host", protocol: "udp", port: 6001, ip: "10.0.9.2" },
];

describe("a browser's figures", () => {
	test("are pairs in our words, the best first", () => {
		const ice = readStats(STATS);
		expect(ice.selectedId).toBe("P2");
		expect(ice.pairs.map(({ id, pair }) => [id, pair.state, pair.rttNs, pair.requestsSent])).toEqual([
			["P2", "succeeded", 4_000_000, 3],
			["P1", "inProgress", null, 3],
		]);
		expect(ice.local).toMatchObject([{ type: "host", address: "hidden.local", port: 5000 }]);
	});

	test("that make no sense are still figures", () => {
		expect(
			readStats([null, 1, "x", {}, { type: "candidate-pair", priority: Number.NaN, state: 7 }].map(odd)),
		).toMatchObject({
			pairs: [{ pair: { state: "waiting", priority: "0" } }],
		});
	});

	test("say why by the address that the other end sees, where the browser hides it", () => {
		const outcome = outcomeOf("connected", true);
		expect(outcome && whyWords(readStats(STATS), { outcome, seenAs: "10.0.1.2" })).toBe(
			"Direct, inside one network: 10.0.1.2 to 10.0.9.2.",
		);
		expect(outcomeOf("checking", false)).toBeNull();
		expect(outcomeOf("failed", false)?.code).toBe("noWay");
		expect(outcomeOf("failed", true)?.code).toBe("lost");
	});
});

describe("lanes", () => {
	const [second, first] = readStats(STATS).pairs;
	const changed = (pair: MeetPair | undefined, state: MeetPair["state"]) => ({ ...(pair as MeetPair), state });

	test("have a part for each state that a pair was in, and nothing for what stayed the same", () => {
		let lanes = withPairs([], [{ id: "a", pair: changed(first?.pair, "waiting") }], 0);
		lanes = withPairs(lanes, [{ id: "a", pair: changed(first?.pair, "inProgress") }], 10);
		expect(withPairs(lanes, [{ id: "a", pair: changed(first?.pair, "inProgress") }], 20)).toBe(lanes);
		lanes = withPairs(lanes, [], 30);
		expect(lanes.map(laneWords)).toEqual([
			"host – host 10.0.0.9: waiting at 0 ms, in progress at 10 ms, gone at 30 ms",
		]);
	});

	test("of one pair at a time are the same", () => {
		const pair = second?.pair as MeetPair;
		const lanes = withPair(withPair([], "a", pair, 5), "a", null, 9);
		expect(lanes[0]?.parts).toEqual([
			{ state: "selected", fromMs: 5, toMs: 9 },
			{ state: "gone", fromMs: 9, toMs: null },
		]);
		expect(withPair(lanes, "b", null, 9)).toBe(lanes);
	});
});

test("the other end's news add up", () => {
	const pair = readStats(STATS).pairs[0]?.pair as MeetPair;
	const told = [
		{ kind: "state", state: "checking" },
		{ kind: "remoteCandidate", candidate: pair.remote },
		{ kind: "remoteCandidate", candidate: { ...pair.remote, type: "prflx" } },
		{ kind: "pair", id: 1, pair },
		{ kind: "selected", id: 1, pair, reason: "peer" },
		{ kind: "path", whose: "ours", traced: null, missing: { code: "traceFailed", message: "no" } },
	] as const;
	const end = told.reduce((known, event, index) => hear(known, event, index), SILENT);
	expect(end).toMatchObject({ state: "checking", selectedId: "1", missing: { message: "no" } });
	expect(end.remote).toMatchObject([{ type: "prflx" }]);
	expect(end.pairs).toHaveLength(1);
});

test("AES of the page opens what Node's has sealed, and the other way round; a byte that is wrong is told", () => {
	const [key, nonce] = [new Uint8Array(32).fill(7), new Uint8Array(12).fill(3)];
	const text = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
	const sealed = nobleAead.seal(key, nonce, text);
	expect(sealed).toEqual(nodeAead.seal(key, nonce, text));
	expect(nobleAead.open(key, nonce, sealed)).toEqual(text);
	sealed[5] = (sealed[5] ?? 0) ^ 1;
	expect(nobleAead.open(key, nonce, sealed)).toBeNull();
	expect(nobleAead.open(key, nonce, new Uint8Array(3))).toBeNull();
});

test("what the other end packs is unpacked; what is not that, is nothing", async () => {
	const document: PeerDocument = {
		...{ view: { udp: "works", mapping: "unknown" }, by: "flow", trace: null },
		error: { code: "aborted", message: "stopped" },
	};
	const json = JSON.stringify({ format: PEER_FORMAT, ...document });
	const packed = deflateRawSync(json).toString("base64url");
	expect(await readPacked(packed)).toEqual(document);
	for (const text of ["", "AAAA", "!!", packed.slice(0, -4), Buffer.from("hello").toString("base64url")])
		expect(await readPacked(text)).toBeNull();
});

test("what a server lends is named as browsers want it", () => {
	const relay = { username: "u", password: "p", expiresAt: "2099-12-31T23:59:59Z" };
	const legs = [
		{ transport: "udp", port: 3478 },
		{ transport: "tls", port: 5349 },
	] as const;
	expect(
		iceServersOf({ stun: [{ host: "2001:db8::1", port: 3478 }], turn: [{ host: "srv", legs, ...relay }] }),
	).toEqual([
		{ urls: "stun:[2001:db8::1]:3478" },
		{ urls: "turn:srv:3478?transport=udp", username: "u", credential: "p" },
		{ urls: "turns:srv:5349?transport=tcp", username: "u", credential: "p" },
	]);
});

test("a browser's candidates tell whether there is a NAT", () => {
	const host = "candidate:1 1 udp 2113937151 10.0.0.2 50000 typ host";
	const mapped = "candidate:2 1 udp 1677729535 203.0.113.2 50000 typ srflx raddr 10.0.0.2 rport 50000";
	expect(natOf([host, mapped])).toEqual({
		mapped: "203.0.113.2:50000",
		sentence: "You are behind a NAT: it shows you as 203.0.113.2 and keeps your port.",
	});
	expect(natOf([host]).mapped).toBeNull();
	expect(natOf(["nonsense"]).sentence).toContain("no other address");
});

test("a trace is a row of hops up to the last that answered", () => {
	const probe = (from: string | null) => ({ from, name: null, rttNs: from === null ? null : 1e6 });
	const hops = [probe("10.0.0.1"), probe(null), probe("10.0.9.2"), probe(null)].map((each, index) => ({
		ttl: index + 1,
		probes: [each],
	}));
	const trace = { hops, reached: true } as unknown as Parameters<typeof hopsOf>[0];
	expect(hopsOf(trace).map(({ ttl, addresses, isTarget }) => [ttl, addresses[0], isTarget])).toEqual([
		[1, "10.0.0.1", false],
		[2, undefined, false],
		[3, "10.0.9.2", true],
	]);
});

function odd(value: unknown): object {
	return typeof value === "object" && value !== null ? value : { id: value };
}
