import { describe, expect, it } from "vitest";
import { MILLISECOND } from "../machine.ts";
import type { ProbeRequest, TraceMethod } from "./method.ts";
import { numbered, type Path, runPath, shownHops, straightPath, TARGET } from "./path.fixture.ts";

/** The fixture's method with one retransmission; answers to either packet name it. */
function repeating(asked: ProbeRequest[] = [], retransmissions = 1): TraceMethod {
	return {
		...numbered,
		retransmissions: () => retransmissions,
		probe: (context, request) => {
			asked.push(request);
			return numbered.probe(context, request);
		},
	};
}

/** As a straight path, but the first packets to this TTL are lost. */
function losing(path: Path, ttl: number, count: number): Path {
	let lost = 0;
	return (send, nowMs) => (send.ttl === ttl && lost++ < count ? null : path(send, nowMs));
}

describe("a method that sends unanswered probes again", () => {
	it("finds a hop that answers only later, and says how often it took", () => {
		const asked: ProbeRequest[] = [];
		const { result } = runPath(losing(straightPath(8, 5), 3, 3), { method: repeating(asked) });
		expect(shownHops(result)[2]).toBe("3 10.0.0.3 10.0.0.3 10.0.0.3");
		expect(result.hops[2]?.probes.map(({ retransmissions }) => retransmissions)).toEqual([1, 1, 1]);
		expect(result.hops[2]?.probes.every(({ late, rttNs }) => late === undefined && rttNs === 15 * MILLISECOND)).toBe(
			true,
		);
		expect(result.hops[1]?.probes[0]).not.toHaveProperty("retransmissions");
		const again = asked.filter(({ retransmission }) => retransmission !== undefined);
		expect(again.map(({ ttl, retransmission }) => [ttl, retransmission?.count])).toEqual([
			[3, 2],
			[3, 2],
			[3, 2],
		]);
		const firsts = asked.filter(({ ttl, retransmission }) => ttl === 3 && retransmission === undefined);
		expect(again.map(({ retransmission }) => retransmission?.first)).toEqual(firsts.map(({ sequence }) => sequence));
	});

	it("shares one wait among both packets, so that silence takes no longer", () => {
		const path = straightPath(30, 2, [5, 11, 20]);
		const once = runPath(path);
		const twice = runPath(path, { method: repeating() });
		expect(shownHops(twice.result)[4]).toBe("5 * * *");
		expect(twice.result.hops[4]?.probes[0]).toMatchObject({ status: "timeout", retransmissions: 1 });
		expect(twice.durationMs).toBeLessThanOrEqual(once.durationMs + 1);
	});

	it("pays a silent target with one wait", () => {
		const { durationMs } = runPath(straightPath(16, 2, [16]), { method: repeating() });
		expect(durationMs).toBeLessThanOrEqual(3200);
	});

	it("sends nothing again beyond the target, nor where everybody answers", () => {
		const asked: ProbeRequest[] = [];
		const path = straightPath(6, 2);
		runPath((send, nowMs) => (send.ttl > 6 ? null : path(send, nowMs)), { method: repeating(asked) });
		expect(asked.filter(({ retransmission }) => retransmission !== undefined)).toEqual([]);
	});

	it("takes an answer to the first packet that comes after the second has left", () => {
		const path = straightPath(8, 10);
		const { result } = runPath(
			(send, nowMs) =>
				send.ttl !== 3 ? path(send, nowMs) : { type: 11, delayMs: nowMs < 1 ? 130 : 500, from: "10.0.0.3" },
			{ method: repeating(), options: { queries: 1 } },
		);
		const [probe] = result.hops[2]?.probes ?? [];
		expect(probe).toMatchObject({ status: "reply", retransmissions: 1, rttNs: 130 * MILLISECOND });
	});

	it("asks as often as the method says", () => {
		const { result, sent } = runPath(straightPath(4, 2, [2]), {
			method: repeating([], 3),
			options: { queries: 1, maxTtl: 4 },
		});
		expect(sent.filter(({ ttl }) => ttl === 2)).toHaveLength(4);
		expect(result.hops[1]?.probes[0]?.retransmissions).toBe(3);
	});

	it("waits with it while an answer is kept that may be the probe's", () => {
		const path = straightPath(6, 2);
		const { result, sent } = runPath(
			(send, nowMs) => {
				const answer = path(send, nowMs);
				if (answer === null || Array.isArray(answer)) return answer;
				return send.ttl === 3 || send.ttl === 4 ? ({ ...answer, quote: "short" } as never) : answer;
			},
			{ method: repeating(), options: { queries: 1 } },
		);
		expect(shownHops(result)).toEqual([...[1, 2, 3, 4, 5].map((ttl) => `${ttl} 10.0.0.${ttl}`), expect.any(String)]);
		expect(result.hops.flatMap(({ probes }) => probes).some(({ retransmissions }) => retransmissions)).toBe(false);
		expect(sent.filter(({ ttl }) => ttl === 3)).toHaveLength(2);
	});
});

describe("an answer that tells the TTL of its probe and no more", () => {
	/** A quote of one byte tells the TTL. */
	const byTtl: TraceMethod = {
		...numbered,
		match: (context, reply) => {
			const match = numbered.match(context, reply);
			const ttl = Number(/^10\.0\.0\.(\d+)$/.exec(reply.from)?.[1]);
			return match.type === "flow" && Number.isInteger(ttl) ? { ...match, ttl } : match;
		},
	};

	it("counts for the first sent of those that have none", () => {
		const { result, durationMs } = runPath(
			({ ttl }) =>
				ttl < 4
					? { type: 11, delayMs: ttl * 10, from: `10.0.0.${ttl}`, quote: "short" }
					: { type: 3, delayMs: 40, from: TARGET },
			{ method: byTtl },
		);
		expect(shownHops(result)[1]).toBe("2 10.0.0.2 10.0.0.2 10.0.0.2");
		expect(result.hops[1]?.probes.every(({ inferred, rttNs }) => inferred && rttNs === 20 * MILLISECOND)).toBe(true);
		expect(result.warnings).toEqual([]);
		expect(durationMs).toBeLessThan(50);
	});

	it("is a duplicate where all have theirs", () => {
		const { result } = runPath(
			({ ttl }) => {
				if (ttl >= 3) return { type: 3, delayMs: 30, from: TARGET };
				const answer = { type: 11, delayMs: 10, from: `10.0.0.${ttl}`, quote: "short" } as const;
				return ttl === 2 ? [answer, { ...answer, delayMs: 12 }] : answer;
			},
			{ method: byTtl, options: { queries: 1 } },
		);
		expect(result.counters.duplicates).toBeGreaterThanOrEqual(1);
		expect(shownHops(result)[1]).toBe("2 10.0.0.2");
	});
});
