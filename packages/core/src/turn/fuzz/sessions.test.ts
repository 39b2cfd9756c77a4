import { describe, expect, test } from "vitest";
import { TurnServer } from "../server/server.ts";
import type { TurnServerOutput } from "../server/server-io.ts";
import { BrokenLaw, marked, noStrangersBytes, OF_PEER, paddedWithZeros } from "./output-laws.fixture.ts";
import { programOf, runSessions, TURN_SESSION_FUZZ_TARGETS } from "./sessions.fixture.ts";

describe("several clients of one server, with changed messages, in pieces, and with each other's tokens", () => {
	test("get no bytes of each other, change nothing of each other's, and leave nothing", () => {
		for (const { seeds } of TURN_SESSION_FUZZ_TARGETS) for (const seed of seeds) runSessions(seed);
	});

	test("come to all that a server has", () => {
		const worlds = [1, 2, 3, 4].map((seed) => runSessions(programOf(seed, 1200)));
		const sum = (read: (world: (typeof worlds)[number]) => number) =>
			worlds.reduce((all, world) => all + read(world), 0);
		const counted = ["allocationsOpened", "refreshes", "permissions", "channelBinds", "moves", "connections"] as const;
		for (const name of counted) expect([name, sum(({ server }) => server.counters[name])]).not.toEqual([name, 0]);
		expect(sum(({ server }) => server.counters.usage.sentPackets)).toBeGreaterThan(50);
		expect(sum(({ server }) => server.counters.usage.receivedPackets)).toBeGreaterThan(50);
		for (const code of [400, 401, 403, 420, 437, 438, 441, 443])
			expect([code, sum(({ server }) => server.counters.refusals[code] ?? 0)]).not.toEqual([code, 0]);
	});
});

test("the laws see what breaks them", () => {
	expect(() => noStrangersBytes(marked(OF_PEER + 1, 6), 2, OF_PEER)).toThrow();
	expect(() => noStrangersBytes(marked(OF_PEER + 2, 6), 2, OF_PEER)).not.toThrow();
	expect(() => paddedWithZeros(Uint8Array.of(0x40, 0, 0, 1, 7, 0, 1, 0))).toThrow();
	const padded = (...value: readonly number[]) =>
		Uint8Array.of(0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12), 0x80, 0x22, 0, 1, ...value);
	expect(() => paddedWithZeros(padded(65, 0, 0, 0))).not.toThrow();
	expect(() => paddedWithZeros(padded(65, 0, 66, 0))).toThrow();
});

type Send = Extract<TurnServerOutput, { readonly type: "send" | "relaySend" }>;

/** What becomes of the programs with a server whose outputs are changed so; null: nothing. */
function brokenBy(change: (output: Send, before: readonly Send[]) => Send): string | null {
	const { step } = TurnServer.prototype;
	const before: Send[] = [];
	TurnServer.prototype.step = function (this: TurnServer, input, now) {
		return step.call(this, input, now).map((output) => {
			if (output.type !== "send" && output.type !== "relaySend") return output;
			before.push(output);
			return change(output, before);
		});
	};
	try {
		for (const seed of [1, 2, 3, 4]) runSessions(programOf(seed, 1200));
		return null;
	} catch (error) {
		if (!(error instanceof BrokenLaw)) throw error;
		return error.message;
	} finally {
		TurnServer.prototype.step = step;
	}
}

const isData = ({ type, bytes }: Send) => type === "send" && ((bytes[0] ?? 0) === 0x40 || (bytes[1] ?? 0) === 0x17);

test("the laws catch a server that mixes its clients up", () => {
	expect(brokenBy((output) => output)).toBeNull();
	expect(
		brokenBy((output, before) => {
			const other = before.find(isData);
			return isData(output) && other !== undefined ? { ...output, to: other.to } : output;
		}),
	).toMatch(/went to tenant/);
	expect(
		brokenBy((output, before) => {
			const other = before.find(({ type }) => type === "relaySend");
			return output.type === "relaySend" && other !== undefined ? { ...output, bytes: other.bytes } : output;
		}),
	).toMatch(/went to tenant/);
});
