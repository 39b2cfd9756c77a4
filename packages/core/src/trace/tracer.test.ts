import { describe, expect, it } from "vitest";
import { MILLISECOND, SECOND } from "../machine.ts";
import type { ProbeSend } from "./channel.ts";
import type { TraceMethod } from "./method.ts";
import { icmpReply, newTracer, numbered, runPath, shownHops, straightPath, TARGET } from "./path.fixture.ts";

describe("the schedule", () => {
	it("finishes thirty hops of two milliseconds each within 1.1 times the largest round trip", () => {
		const { result, durationMs, sent } = runPath(straightPath(30, 2));
		expect(result.stopReason).toBe("reached");
		expect(result.hops).toHaveLength(30);
		expect(
			result.hops.every(({ probes }) => probes.length === 3 && probes.every(({ status }) => status === "reply")),
		).toBe(true);
		expect(durationMs).toBeLessThanOrEqual(66);
		expect(sent).toHaveLength(90);
	});

	it("asks every TTL once before it asks any twice", () => {
		const { sent } = runPath(straightPath(30, 2));
		expect(sent.slice(0, 30).map(({ ttl }) => ttl)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
		expect(sent[30]?.atMs).toBeGreaterThanOrEqual(0.5);
	});

	it("overshoots a near target by less than one wave", () => {
		const { sent } = runPath(straightPath(5, 0.01));
		expect(sent).toHaveLength(16 + 5 + 5);
	});

	it("asks no TTL twice in one wave", () => {
		const { sent } = runPath(straightPath(12, 5));
		const times = new Map<string, number>();
		for (const { ttl, atMs } of sent) times.set(`${ttl} at ${atMs}`, (times.get(`${ttl} at ${atMs}`) ?? 0) + 1);
		expect(Math.max(...times.values())).toBe(1);
	});

	it.each([1, 4, 16])("keeps %i probes in flight and no more with -N", (simultaneous) => {
		const { sent } = runPath(straightPath(10, 2), { options: { simultaneous } });
		const answeredMs = ({ ttl, atMs }: { ttl: number; atMs: number }) => atMs + 2 * Math.min(ttl, 10);
		// Probes beyond the target are not waited for once it has answered, so only those up to it count.
		const onPath = sent.filter(({ ttl }) => ttl <= 10);
		for (const { atMs } of onPath) {
			const inFlight = onPath.filter((other) => other.atMs <= atMs && answeredMs(other) > atMs);
			expect(inFlight.length).toBeLessThanOrEqual(simultaneous);
		}
	});

	it("leaves -z between any two probes", () => {
		const { sent } = runPath(straightPath(4, 1), { options: { sendWaitNs: 5 * MILLISECOND } });
		for (let index = 1; index < sent.length; index++) {
			expect((sent[index]?.atMs ?? 0) - (sent[index - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(5);
		}
	});

	it("backs off and sends again where the kernel had no room", () => {
		let refused = 0;
		const { result } = runPath(straightPath(5, 1), {
			sending: ({ sequence }) =>
				refused++ < 10
					? {
							type: "sendFailed",
							sequence,
							transient: true,
							error: { code: "noBuffers", call: "sendmsg", address: null, errno: 105, errnoName: "ENOBUFS" },
						}
					: null,
		});
		expect(result.stopReason).toBe("reached");
		expect(result.hops.flatMap(({ probes }) => probes).every(({ status }) => status === "reply")).toBe(true);
	});
});

it("sends what is due while answers may lie unread, and gives no probe up meanwhile", () => {
	const tracer = newTracer({ options: { sendWaitNs: 1 * SECOND, waitMaxNs: 0.5 * SECOND } });
	const sent = (outputs: ReturnType<typeof tracer.step>) =>
		outputs.flatMap((output) => (output.type === "send" ? output.probes : []));
	const [first] = sent(tracer.step({ type: "start" }, 0));
	if (first === undefined) throw new Error("nothing was sent");
	expect(tracer.step({ type: "due" }, 0.9 * SECOND)).toEqual([]);
	const outputs = tracer.step({ type: "due" }, 1 * SECOND);
	expect(outputs).toHaveLength(1);
	expect(sent(outputs).map(({ ttl }) => ttl)).toEqual([2]);
	const reply = icmpReply(first, { type: 11, delayMs: 400, from: "10.0.0.1" }, 400 * MILLISECOND);
	const probe = expect.objectContaining({ status: "reply", from: "10.0.0.1", rttNs: 400 * MILLISECOND });
	const told = tracer.step({ type: "reply", reply }, 1 * SECOND);
	expect(told).toContainEqual({ type: "event", event: expect.objectContaining({ type: "probe", ttl: 1, probe }) });
});

describe("the waits", () => {
	it("pays three silent hops with at most three times the largest round trip", () => {
		const { result, durationMs } = runPath(straightPath(30, 2, [5, 11, 20]));
		expect(shownHops(result)[4]).toBe("5 * * *");
		expect(result.stopReason).toBe("reached");
		expect(durationMs).toBeLessThanOrEqual(180);
	});

	it("pays a silent target with one wait", () => {
		const { result, durationMs } = runPath(straightPath(16, 2, [16]));
		expect(result.reached).toBe(false);
		expect(result.stopReason).toBe("maxHops");
		expect(durationMs).toBeLessThanOrEqual(3200);
	});

	it("ends at -Q exactly, with what is known", () => {
		const { result, durationMs } = runPath(straightPath(16, 2, [16]), { options: { timeoutNs: 2 * SECOND } });
		expect(durationMs).toBe(2000);
		expect(result.stopReason).toBe("timeout");
		expect(shownHops(result)[0]).toBe("1 10.0.0.1 10.0.0.1 10.0.0.1");
	});

	it("waits a fixed time where HERE and NEAR are off", () => {
		const options = { waitMaxNs: 500 * MILLISECOND, waitHere: 0, waitNear: 0 };
		const { durationMs } = runPath(straightPath(8, 1, [3]), { options });
		expect(durationMs).toBeGreaterThanOrEqual(500);
		expect(durationMs).toBeLessThanOrEqual(510);
	});

	it("is not held up by a silent hop while others can still be asked", () => {
		const { sent } = runPath(straightPath(12, 2, [1]), { options: { simultaneous: 16 } });
		expect(sent.at(-1)?.atMs).toBeLessThan(120);
	});

	it("stops after -H silent hops in a row when nothing beyond answers", () => {
		const { result } = runPath(straightPath(12, 2, [6, 7, 8, 9, 10, 11, 12]), { options: { maxSilentHops: 3 } });
		expect(result.stopReason).toBe("silentHops");
		expect(result.hops).toHaveLength(8);
	});

	it("does not stop after -H silent hops when the target is known to answer", () => {
		const { result } = runPath(straightPath(12, 2, [6, 7, 8]), { options: { maxSilentHops: 3 } });
		expect(result.stopReason).toBe("reached");
	});
});

describe("the answers", () => {
	it("records a late answer as late", () => {
		const path = straightPath(8, 1);
		const { result } = runPath(
			(send, nowMs) =>
				send.ttl === 2 && send.sequence < 30 ? { type: 11, delayMs: 60, from: "10.0.0.2" } : path(send, nowMs),
			{ options: { waitMaxNs: 30 * MILLISECOND, queries: 1, sendWaitNs: 10 * MILLISECOND } },
		);
		const [probe] = result.hops[1]?.probes ?? [];
		expect(probe?.late).toBe(true);
		expect(probe?.rttNs).toBe(60 * MILLISECOND);
		expect(result.counters.late).toBe(1);
	});

	it("counts duplicates at the probe and shows only the first", () => {
		const { result } = runPath(({ ttl }) => {
			if (ttl >= 3) return { type: 3, delayMs: 9, from: TARGET };
			const answer = { type: 11 as const, delayMs: ttl, from: `10.0.0.${ttl}` };
			return ttl === 2 ? [answer, { ...answer, delayMs: 3 }] : answer;
		});
		expect(result.hops[1]?.probes.map(({ duplicates }) => duplicates)).toEqual([1, 1, 1]);
		expect(result.counters.duplicates).toBeGreaterThanOrEqual(3);
	});

	it("lets answers from beyond the target stand for the target's own overdue probes", () => {
		let answered = 0;
		const path = straightPath(12, 5);
		const { result, durationMs } = runPath((send, nowMs) => {
			if (send.ttl < 12) return path(send, nowMs);
			return ++answered > 6 ? null : { type: 3, delayMs: 60, from: TARGET };
		});
		expect(result.stopReason).toBe("reached");
		expect(
			result.hops
				.at(-1)
				?.probes.slice(0, 3)
				.map(({ from }) => from),
		).toEqual([TARGET, TARGET, TARGET]);
		expect(result.hops.at(-1)?.probes).toHaveLength(6);
		expect(durationMs).toBeLessThan(80);
	});

	it("lets them stand for those probes too when the machine was busy while they were given up", () => {
		let answered = 0;
		const path = straightPath(4, 0.05);
		const limited = runPath(
			(send, nowMs) => {
				if (send.ttl < 4) return path(send, nowMs);
				return ++answered > 6 ? null : { type: 3, delayMs: 0.2, from: TARGET };
			},
			{ lagMs: 20 },
		);
		const { probes } = limited.result.hops.at(-1) ?? { probes: [] };
		expect(probes.slice(0, 3).map(({ from }) => from)).toEqual([TARGET, TARGET, TARGET]);
	});

	it("stops at an unreachable", () => {
		const { result } = runPath(({ ttl }) =>
			ttl >= 4 ? { type: 1, delayMs: 8, from: "10.0.0.4" } : { type: 11, delayMs: ttl * 2, from: `10.0.0.${ttl}` },
		);
		expect(result.stopReason).toBe("unreachable");
		expect(result.hops).toHaveLength(4);
	});

	it("goes on to the target when that answers although a hop before it said unreachable", () => {
		const path = straightPath(8, 2);
		const { result } = runPath((send, nowMs) => {
			if (send.ttl === 4) return { type: 1, delayMs: 20, from: "10.0.0.4" };
			return path(send, nowMs);
		});
		expect(result.stopReason).toBe("reached");
		expect(result.hops).toHaveLength(8);
	});

	it("finds the hops of routers that quote too little to name the probe", () => {
		const path = straightPath(8, 2);
		const { result } = runPath((send, nowMs) => {
			const answer = path(send, nowMs);
			return answer !== null && !Array.isArray(answer) && [2, 5, 6].includes(send.ttl)
				? ({ ...answer, quote: "short" as const } as never)
				: answer;
		});
		expect(shownHops(result)).toEqual([
			...[1, 2, 3, 4, 5, 6, 7].map((ttl) => `${ttl} 10.0.0.${ttl} 10.0.0.${ttl} 10.0.0.${ttl}`),
			expect.stringMatching(/^8 203/),
		]);
		expect(result.hops[4]?.probes[0]?.inferred).toBe(true);
		expect(result.warnings.map(({ code }) => code)).toContain("shortQuotes");
	});

	it("finds a target that itself quotes too little", () => {
		const { result } = runPath(({ ttl }) =>
			ttl >= 4
				? { type: 3, delayMs: 8, from: TARGET, quote: "short" }
				: { type: 11, delayMs: ttl * 2, from: `10.0.0.${ttl}` },
		);
		expect(result.stopReason).toBe("reached");
		expect(result.hops).toHaveLength(4);
	});

	it("ignores and counts answers to probes it never sent", () => {
		const spoofed = icmpReply(
			{
				sequence: 0,
				ttl: 1,
				packet: { transport: "udp", protocol: 17, sourcePort: 1, destinationPort: 2, bytes: Uint8Array.of(9, 9) },
			},
			{ type: 11, delayMs: 0, from: "198.51.100.66" },
			0,
		);
		const { result } = runPath(straightPath(4, 2), { inputs: [{ atMs: 1, input: { type: "reply", reply: spoofed } }] });
		expect(result.counters.foreign).toBe(1);
		expect(JSON.stringify(result.hops)).not.toContain("198.51.100.66");
	});
});

describe("a target that asks for another packet first", () => {
	it("gets it at once, and its answer is the probe's, with the first round trip in the detail", () => {
		const { result, sent } = runPath(({ ttl, packet }) => {
			if (ttl < 3) return { type: 11, delayMs: ttl, from: `10.0.0.${ttl}` };
			return packet.bytes[2] === 1 ? { type: 3, delayMs: 4, from: TARGET } : { type: 9, delayMs: 6, from: TARGET };
		});
		expect(result.stopReason).toBe("reached");
		const { probes } = result.hops[2] ?? { probes: [] };
		expect(probes.slice(0, 3).map(({ rttNs }) => rttNs)).toEqual([4 * MILLISECOND, 4 * MILLISECOND, 4 * MILLISECOND]);
		expect(probes[0]?.reply?.detail).toEqual({ again: [{ why: "retry", rttNs: 6 * MILLISECOND }] });
		expect(sent.length).toBeGreaterThan(30);
	});

	it("is given up when it never stops asking", () => {
		const { result } = runPath(
			({ ttl }) =>
				ttl < 3 ? { type: 11, delayMs: ttl, from: `10.0.0.${ttl}` } : { type: 9, delayMs: 6, from: TARGET },
			{ options: { maxTtl: 4, waitMaxNs: 100 * MILLISECOND } },
		);
		expect(result.reached).toBe(false);
		expect(result.counters.sent).toBeLessThan(40);
	});
});

describe("an answer that names several probes", () => {
	it("settles the others even where its own probe has its answer already", () => {
		const answered = new Set<number>();
		const naming: TraceMethod = {
			...numbered,
			match: (context, reply) => {
				const match = numbered.match(context, reply);
				if (match.type !== "probe") return match;
				const isCopy = answered.has(match.sequence);
				answered.add(match.sequence);
				return isCopy ? { ...match, also: [1, 2] } : match;
			},
		};
		const answer = { type: 3, delayMs: 1, from: TARGET } as const;
		const { result, durationMs } = runPath(
			({ sequence }) => (sequence === 0 ? [answer, { ...answer, delayMs: 3 }] : null),
			{ method: naming, options: { maxTtl: 1 } },
		);
		expect(result).toMatchObject({ stopReason: "reached", counters: { duplicates: 1 } });
		expect(result.hops[0]?.probes.map(({ status }) => status)).toEqual(["reply", "reply", "reply"]);
		expect(durationMs).toBeLessThan(5);
	});
});

describe("connections that are being opened", () => {
	it("are said not to have been answered where -Q runs out first", () => {
		const options = { timeoutNs: 200 * MILLISECOND, waitMaxNs: SECOND };
		const { result, durationMs } = runPath(() => null, { context: { channel: "session" }, options });
		expect(durationMs).toBe(200);
		expect(result).toMatchObject({ stopReason: "timeout", counters: { sent: 0 } });
		expect(result.warnings).toEqual([{ code: "sessionFailed", port: 33434, failure: { why: "timeout" } }]);
	});
});

describe("connections that probes open", () => {
	const FAREWELL = {
		transport: "udp",
		protocol: 17,
		sourcePort: 1,
		destinationPort: 2,
		bytes: Uint8Array.of(0),
	} as const;
	const opening: TraceMethod = {
		...numbered,
		opensConnections: true,
		match: (context, reply) => {
			const match = numbered.match(context, reply);
			return match.type === "probe" && match.meaning.place === "target" ? { ...match, farewell: FAREWELL } : match;
		},
	};

	it("are closed after the end as well, of which nothing is told", () => {
		const sends: ProbeSend[] = [];
		const path = straightPath(4, 10);
		// Beyond the target every answer takes longer than the trace.
		const { tracer, result } = runPath(
			(send, nowMs) => {
				sends.push(send);
				return send.packet === FAREWELL || send.ttl > 4 ? null : path(send, nowMs);
			},
			{ method: opening, options: { queries: 1 } },
		);
		const before = tracer.counters;
		const endedAt = tracer.endedAt ?? 0;
		const late = sends.filter(({ ttl, packet }) => ttl > 4 && packet !== FAREWELL);
		expect(result.stopReason).toBe("reached");
		expect(late.length).toBeGreaterThan(0);
		expect(tracer.lingersUntil).toBeGreaterThan(endedAt + 20 * MILLISECOND);
		expect(tracer.lingersUntil).toBeLessThanOrEqual(endedAt + SECOND);
		const at = endedAt + 5 * MILLISECOND;
		for (const send of late) {
			const reply = icmpReply(send, { type: 3, delayMs: 0, from: TARGET }, at);
			expect(tracer.step({ type: "reply", reply }, at)).toMatchObject([
				{ type: "send", probes: [{ packet: FAREWELL }] },
			]);
		}
		expect(tracer.lingersUntil).toBeNull();
		expect(tracer.counters).toEqual(before);
	});

	it("are none where the method opens none", () => {
		expect(runPath(straightPath(4, 10)).tracer.lingersUntil).toBeNull();
	});
});

describe("the end", () => {
	it("stops when told to and keeps what is known", () => {
		const { result, durationMs, events } = runPath(straightPath(30, 2), {
			inputs: [{ atMs: 31, input: { type: "stop" } }],
		});
		expect(result.stopReason).toBe("interrupted");
		expect(durationMs).toBe(31);
		expect(shownHops(result)[9]).toBe("10 10.0.0.10 10.0.0.10 10.0.0.10");
		expect(events.at(-1)?.type).toBe("end");
	});

	it("does not call hops silent that it had no time to wait for, but has all it sent in the result", () => {
		const told = (run: ReturnType<typeof runPath>) => run.events.filter(({ type }) => type === "hop").length;
		const stopped = { inputs: [{ atMs: 100, input: { type: "stop" } as const }] };
		const silentTarget = runPath(straightPath(20, 2, [20]), stopped);
		expect(told(silentTarget)).toBe(19);
		expect(silentTarget.result.hops).toHaveLength(30);
		const silent = runPath(straightPath(1, 1, [1]), stopped);
		expect(told(silent)).toBe(1);
		expect(shownHops(silent.result)[0]).toBe("1 * * *");
	});

	it("ends at the first hop when the packet is too long for our own link", () => {
		const error = {
			code: "messageTooLong" as const,
			call: "sendmsg",
			address: TARGET,
			errno: 90,
			errnoName: "EMSGSIZE",
		};
		const { result } = runPath(straightPath(5, 1), {
			sending: ({ sequence }) => ({ type: "sendFailed", sequence, transient: false, error }),
		});
		expect(result.stopReason).toBe("unreachable");
		expect(result.hops).toHaveLength(1);
		expect(
			result.hops[0]?.probes.every((probe) => probe.status === "sendError" && probe.error?.code === "messageTooLong"),
		).toBe(true);
	});

	it("ends with an error when no probe can leave, without waiting", () => {
		const error = { code: "noRoute" as const, call: "sendmsg", address: TARGET, errno: 101, errnoName: "ENETUNREACH" };
		const { result, durationMs } = runPath(straightPath(5, 1), {
			sending: ({ sequence }) => ({ type: "sendFailed", sequence, transient: false, error }),
		});
		expect(result.stopReason).toBe("error");
		expect(result.warnings[0]).toMatchObject({ code: "channelFault", error });
		expect(durationMs).toBeLessThan(10);
	});

	it("tells every hop once, in order, the last one as last", () => {
		const { events } = runPath(straightPath(9, 3, [4]));
		const hops = events.flatMap((event) => (event.type === "hop" ? [event] : []));
		expect(hops.map(({ hop }) => hop.ttl)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
		expect(hops.map(({ last }) => last)).toEqual([false, false, false, false, false, false, false, false, true]);
	});
});
