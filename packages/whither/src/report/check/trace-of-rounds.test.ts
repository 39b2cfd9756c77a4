import type { RoundsEvent } from "@whither/core";
import { DEMO, runRounds } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { SESSION_SCHEMA, type Session } from "../../api/session/session.ts";
import { sessionLines } from "../dialects/session-lines.ts";
import { summaryOfSession } from "../dialects/session-material.ts";
import { answer, silence } from "../trace/sample-trace.fixture.ts";
import { type Check, readCheckFile } from "./check-file.ts";
import { judge } from "./judge.ts";
import { readJudgedText } from "./saved-run.ts";
import { traceOfRounds } from "./trace-of-rounds.ts";

const END = "203.0.113.7";
const start = {
	type: "start",
	method: "udp",
	channel: "raw",
	family: 4,
	maxTtl: 30,
	queries: 1,
	length: 60,
	intervalNs: 1e9,
	rounds: null,
	source: { address: "192.0.2.1", port: null },
	target: { name: "server.example", address: END, port: null },
} as const;

function live(events: readonly RoundsEvent[], end: Session["end"] = null): Session {
	return {
		header: {
			...{ schema: SESSION_SCHEMA, id: "a".repeat(20), kind: "live", target: "server.example", request: {} },
			...{ tool: { name: "whither", version: "1" }, startedAt: "2026-11-29T00:00:00.000Z" },
		},
		events: events.map((event, seq) => ({ seq, kind: "live", event })),
		end,
	};
}

const arrived = (seq: number, rttMs: number) => answer(seq, END, { rttMs, kind: "unreachable", icmp: [3, 3] });

/** Two hops; of ten rounds the target misses one, and answers one too late. A probe of the first round went beyond it. */
function watched(): Session {
	const rounds = Array.from({ length: 10 }, (_, round): readonly RoundsEvent[] => {
		const told = { type: "probe", atNs: round * 1e9 + 5e7, round } as const;
		const lost = round === 3 || round === 4;
		return [
			{ type: "round", atNs: round * 1e9, round, firstTtl: 1, lastTtl: round === 0 ? 3 : 2 },
			{ ...told, ttl: 1, probe: answer(round * 3, "10.0.0.1") },
			{ ...told, ttl: 2, probe: lost ? silence(round * 3 + 1) : arrived(round * 3 + 1, 10 + round) },
			...(round === 0 ? [{ ...told, ttl: 3, probe: arrived(2, 99) }] : []),
			...(round === 4 ? [{ ...told, ttl: 2, probe: { ...arrived(13, 4000), late: true as const } }] : []),
		];
	});
	const named = { type: "name", atNs: 9e9, address: "10.0.0.1", name: "gw.home.example", asn: "AS64500" } as const;
	return live([start, ...rounds.flat(), named]);
}

function judged(session: Session, expect: object) {
	const run = readJudgedText(sessionLines(session));
	const checks = readCheckFile(JSON.stringify({ checks: [{ file: "x", expect }] }));
	if (typeof run === "string" || "sentence" in checks) throw new Error("not read");
	const tools = { testRegex: () => null, baseline: null, namesKnown: false };
	return judge(checks[0] as Check, run, tools).map(({ outcome, sentence }) => `${outcome}: ${sentence}`);
}

describe("a continuous trace's session is judged by all its rounds", () => {
	it.each<[object, string]>([
		[{ reached: true }, "held: Asked that the target is reached, and the target answered at hop 2."],
		[{ maxHops: 1 }, "failed: Asked for at most 1 hop, measured 2."],
		[{ lossPercent: 10 }, "failed: Asked for at most 10 % loss at the target, measured 20 % (2 of 10 probes)."],
		[
			{ rttMs: { p95: 19 } },
			"held: Asked for a p95 round trip to the target of at most 19 ms, measured 19.0 ms (8 answers).",
		],
		[
			{ rttMs: { hop: 1, max: 0.5 } },
			"failed: Asked for a longest round trip to hop 1 of at most 0.5 ms, measured 1.000 ms (10 answers).",
		],
		[{ mustCross: "AS64500" }, "held: Asked to cross AS64500, and hop 1 is 10.0.0.1 (AS64500)."],
		[{ mustCross: "gw.*" }, "held: Asked to cross gw.*, and hop 1 is gw.home.example (10.0.0.1)."],
		[{ mustNotCross: "10.0.0.0/8" }, "failed: Asked not to cross 10.0.0.0/8, and hop 1 is 10.0.0.1."],
	])("%j", (expected, sentence) => expect(judged(watched(), expected)).toEqual([sentence]));

	it.each([4, 6] as const)("its hops and losses are those of the live screen, IPv%i", (family) => {
		const { events } = runRounds(DEMO, { family, rounds: { rounds: 5, intervalNs: 1e9 } });
		const session = live(events);
		const [trace, summary] = [traceOfRounds(session), summaryOfSession(session)];
		expect(trace?.reached).toBe(true);
		expect(trace?.hops.map(({ ttl, probes }) => [ttl, probes.filter(({ rttNs }) => rttNs !== null).length])).toEqual(
			summary?.hops.map(({ ttl, received }) => [ttl, received]),
		);
		expect(trace?.hops.map(({ probes }) => probes.filter(({ status }) => status === "timeout").length)).toEqual(
			summary?.hops.map(({ lost }) => lost),
		);
	});

	it("one that never began has nothing to judge", () => {
		expect(readJudgedText(sessionLines(live([])))).toMatch(/nor a continuous trace that has begun$/);
	});
});
