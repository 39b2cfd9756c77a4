import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EARLY_TURN_FUZZ_TARGETS } from "./fuzz.fixture.ts";
import { CLIENT, ServerUnderTest } from "./server/server.fixture.ts";
import { EarlyTurnServer } from "./server/server.ts";
import type { EarlyTurnServerOutput } from "./server/server-io.ts";
import { BrokenLaw, EarlySessions } from "./sessions.fixture.ts";

const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1);

describe("several clients of one server, with forged and changed messages", () => {
	test("get no bytes but of the peers that their relays are locked to, and leave nothing", () => {
		for (const seed of SEEDS) new EarlySessions(seed).run(300).end();
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

test("no bytes make client or servers throw or let a stranger in, and neither do changed well-formed ones", () => {
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
	const targets = EARLY_TURN_FUZZ_TARGETS.filter(({ name }) => !name.endsWith("sessions"));
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 120, size: "max" }), changes, fc.nat(), (bytes, changed, cut) => {
			for (const { decode, seeds } of targets) {
				const seed = seeds[cut % seeds.length]?.slice() ?? bytes;
				for (const [at, value] of changed) seed[at % seed.length] = value;
				for (const each of [bytes, seed, seed.subarray(0, cut % (seed.length + 1))]) decode(each);
			}
		}),
		{ numRuns: 100 },
	);
});

test("what is fuzzed reaches the depths: the client is granted, the member's data and the peer's are passed on", () => {
	const [member, , relay] = EARLY_TURN_FUZZ_TARGETS;
	const client = EARLY_TURN_FUZZ_TARGETS.at(-1);
	const event = { kind: "allocated" };
	expect(client?.decode(client.seeds[0]!)).toContainEqual({ type: "event", event: expect.objectContaining(event) });
	for (const target of [member, relay])
		expect(target?.decode(Uint8Array.of(0x80, 1))).toMatchObject([{ bytes: Uint8Array.of(0x80, 1) }]);
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
