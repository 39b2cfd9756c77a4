import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLIENT, PEER, ServerUnderTest } from "./server.fixture.ts";
import { EarlyTurnServer } from "./server.ts";
import type { EarlyTurnServerOutput } from "./server-io.ts";
import { BrokenLaw, EarlySessions } from "./sessions.fixture.ts";

const SEEDS = Array.from({ length: 8 }, (_, index) => index + 1);

describe("several clients of one server, with forged and changed messages", () => {
	test("get no bytes but of the peers that their relays are locked to, and leave nothing", () => {
		for (const seed of SEEDS) new EarlySessions(seed).run(400).end();
	});

	test("come to all that a server has", () => {
		const all = SEEDS.slice(0, 4).map((seed) => new EarlySessions(seed).run(800).under.server.counters);
		const sum = (read: (counters: (typeof all)[number]) => number) =>
			all.reduce((total, each) => total + read(each), 0);
		for (const name of ["bindingsOpened", "bindingsClosed", "bindingsLocked", "refreshes"] as const)
			expect([name, sum((counters) => counters[name])]).not.toEqual([name, 0]);
		for (const name of ["sentPackets", "receivedPackets"] as const)
			expect(sum(({ usage }) => usage[name])).toBeGreaterThan(20);
		for (const code of [400, 420, 430, 431, 500])
			expect([code, sum(({ refusals }) => refusals[code] ?? 0)]).not.toEqual([code, 0]);
		for (const reason of ["notLocked", "notThePeer", "deniedPeer", "noBinding", "pending", "malformed"])
			expect([reason, sum(({ ignored }) => ignored[reason] ?? 0)]).not.toEqual([reason, 0]);
	});
});

type Change = (output: EarlyTurnServerOutput, before: readonly EarlyTurnServerOutput[]) => EarlyTurnServerOutput;

/** What becomes of the programs with a server whose outputs are changed so; null: nothing. */
function brokenBy(change: Change): string | null {
	const { step } = EarlyTurnServer.prototype;
	const before: EarlyTurnServerOutput[] = [];
	EarlyTurnServer.prototype.step = function (this: EarlyTurnServer, input, now) {
		return step.call(this, input, now).map((output) => {
			before.push(output);
			return change(output, before);
		});
	};
	try {
		for (const seed of SEEDS.slice(0, 3)) new EarlySessions(seed).run(400).end();
		return null;
	} catch (error) {
		if (!(error instanceof BrokenLaw)) throw error;
		return error.message;
	} finally {
		EarlyTurnServer.prototype.step = step;
	}
}

test("the laws catch a server that mixes its clients and peers up", () => {
	expect(brokenBy((output) => output)).toBeNull();
	const other = <Type extends EarlyTurnServerOutput["type"]>(type: Type, before: readonly EarlyTurnServerOutput[]) =>
		before.find((each): each is Extract<EarlyTurnServerOutput, { readonly type: Type }> => each.type === type);
	expect(
		brokenBy((output, before) =>
			output.type === "relaySend" ? { ...output, to: other("relaySend", before)?.to ?? output.to } : output,
		),
	).toMatch(/stranger/);
	expect(
		brokenBy((output, before) =>
			output.type === "send" ? { ...output, to: other("send", before)?.to ?? output.to } : output,
		),
	).toMatch(/somebody else|another client/);
	expect(
		brokenBy((output) => (output.type === "closeRelay" ? { type: "ignored", reason: "nothingDue" } : output)),
	).toMatch(/open still|taken|more than/);
});

test("no bytes make it throw", () => {
	const under = new ServerUnderTest();
	const client = under.client("many-a");
	client.bind();
	const genuine = client.request([{ name: "lifetime", value: 60 }]);
	const relay = under.all("openRelay")[0]?.relay ?? 0;
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 120, size: "max" }), changes, fc.nat(), (bytes, changed, cut) => {
			const seed = genuine.slice();
			for (const [at, value] of changed) seed[at % seed.length] = value;
			for (const each of [bytes, seed, seed.subarray(0, cut % seed.length)]) {
				under.step({ type: "received", bytes: each, from: CLIENT, local: 0 });
				under.step({ type: "relayReceived", relay, from: PEER, bytes: each });
			}
		}),
		{ numRuns: 300 },
	);
	expect(under.server.counters.bindings).toBe(1);
});

test("a thousand guesses of a name and a password come to nothing", () => {
	const under = new ServerUnderTest();
	for (let guess = 0; guess < 500; guess++) {
		const port = 1024 + guess;
		under.client(`many-${"abcd"[guess % 4]}`, { ...CLIENT, port }, `guess ${guess}`).allocate();
		under.client(`some${guess}-a`, { ...CLIENT, port }).allocate();
	}
	expect(under.server.counters.refusals).toEqual({ 430: 500, 431: 500 });
	expect(under.all("openRelay")).toEqual([]);
});
