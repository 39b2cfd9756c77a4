import { describe, expect, it } from "vitest";
import { SECOND } from "../../machine.ts";
import type { SessionFacts, SystemError } from "../channel.ts";
import { type Path, type PathAnswer, straightPath, TARGET } from "../path.fixture.ts";
import { newPing, runPingPath } from "./ping.fixture.ts";
import { MOST_RECENT, PACKET_NUMBERS, SESSION_NUMBERS } from "./ping-book.ts";
import type { PingEvent } from "./ping-result.ts";
import { MOST_ANSWERERS } from "./ping-totals.ts";

/** A router of our own, which answers after so long. */
const hop = (delayMs = 5, from = "10.0.0.3"): PathAnswer => ({ type: 11, delayMs, from });

/** What each of a ping's probes meets, in order; the last for all that follow. */
function script(...answers: readonly ReturnType<Path>[]): Path {
	let next = 0;
	return () => answers[Math.min(next++, answers.length - 1)] ?? null;
}

const told = (events: readonly PingEvent[]) =>
	events.flatMap((event) => (event.type === "probe" ? [`${event.probe.seq} ${event.probe.from ?? "*"}`] : []));

const UNREACHABLE: SystemError = {
	code: "noRoute",
	call: "sendmmsg",
	address: TARGET,
	errno: 101,
	errnoName: "ENETUNREACH",
};

describe("a ping", () => {
	it("asks one TTL at a fixed frequency, the first at once, and ends after its count", () => {
		const { result, sent, events } = runPingPath(straightPath(5, 5), { ping: { count: 4 } });
		expect(sent.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000]);
		expect(result).toMatchObject({
			schema: "whither.ping/1",
			ttl: 3,
			stopReason: "count",
			durationNs: 3_015_000_000,
			totals: { sent: 4, received: 4, lost: 0, waiting: 0, lossPercent: 0 },
			rtt: { minNs: 15e6, avgNs: 15e6, maxNs: 15e6, stddevNs: 0, jitterNs: 0 },
			answerers: [{ from: "10.0.0.3", received: 4, firstSeq: 0, lastSeq: 3 }],
		});
		expect(events.map(({ type }) => type)).toEqual(["start", "probe", "probe", "probe", "probe", "end"]);
	});

	it("gives a probe up after the longest wait alone, while others are sent and answered", () => {
		const { result, events } = runPingPath(script(hop(), null, hop()), {
			ping: { count: 3 },
			options: { waitMaxNs: 1.5 * SECOND },
		});
		expect(told(events)).toEqual(["0 10.0.0.3", "2 10.0.0.3", "1 *"]);
		expect(result.probes.map(({ seq, status }) => [seq, status])).toEqual([
			[0, "reply"],
			[1, "timeout"],
			[2, "reply"],
		]);
		expect(result.totals).toMatchObject({ received: 2, lost: 1, lossPercent: 33.333 });
	});

	it("measures mean, deviation and jitter as it goes", () => {
		const { result } = runPingPath(script(hop(10), hop(20), hop(60)), { ping: { count: 3 } });
		expect(result.rtt).toEqual({ minNs: 10e6, avgNs: 30e6, maxNs: 60e6, stddevNs: 21_602_469, jitterNs: 25e6 });
	});

	it("runs until it is stopped, and calls nothing lost that had time left", () => {
		const inputs = [{ atMs: 2500, input: { type: "stop" } as const }];
		const { result } = runPingPath(script(hop(), null), { inputs });
		expect(result).toMatchObject({ stopReason: "interrupted", durationNs: 2.5e9 });
		expect(result.totals).toMatchObject({ sent: 3, received: 1, lost: 0, waiting: 2, lossPercent: 0 });
		expect(result.probes).toHaveLength(1);
	});

	it("ends after the overall time", () => {
		const { result } = runPingPath(straightPath(5, 5), { options: { timeoutNs: 3.2 * SECOND } });
		expect(result).toMatchObject({ stopReason: "timeout", durationNs: 3.2e9, totals: { sent: 4 } });
	});

	it("tells who answers, and since when", () => {
		const { result } = runPingPath(script(hop(5, "10.0.0.3"), hop(5, "10.0.0.3"), hop(5, "10.0.9.3")), {
			ping: { count: 4 },
		});
		expect(result.answerers).toEqual([
			{ from: "10.0.0.3", name: null, received: 2, firstSeq: 0, lastSeq: 1 },
			{ from: "10.0.9.3", name: null, received: 2, firstSeq: 2, lastSeq: 3 },
		]);
	});

	it("counts late answers and duplicates apart, and tells late ones", () => {
		const path = script(hop(2000), [hop(5), hop(6)], hop());
		const { result, events } = runPingPath(path, { ping: { count: 4 }, options: { waitMaxNs: 1.5 * SECOND } });
		expect(told(events)).toEqual(["1 10.0.0.3", "0 *", "0 10.0.0.3", "2 10.0.0.3", "3 10.0.0.3"]);
		expect(result.totals).toMatchObject({ received: 3, lost: 1, late: 1, duplicates: 1 });
		expect(result.probes[0]).toMatchObject({ seq: 0, late: true, rttNs: 2e9 });
		expect(result.rtt?.maxNs).toBe(5e6);
	});

	it("takes an answer that names no probe for the first that still waits", () => {
		const { result } = runPingPath(script(null, { ...hop(100), quote: "short" }), { ping: { count: 2 } });
		expect(result.probes.map(({ seq, inferred, rttNs }) => [seq, inferred, rttNs])).toEqual([
			[0, true, 1.1e9],
			[1, undefined, null],
		]);
	});

	it("sends another packet at once where the target asks for it, as the same probe", () => {
		const { result, sent } = runPingPath(script({ type: 9, delayMs: 10, from: TARGET }, hop(20)), {
			ping: { count: 1 },
		});
		expect(sent.map(({ atMs }) => atMs)).toEqual([0, 10]);
		expect(result.totals).toMatchObject({ sent: 1, received: 1 });
		expect(result.probes[0]).toMatchObject({
			seq: 0,
			rttNs: 20e6,
			reply: { detail: { again: [{ why: "retry", rttNs: 10e6 }] } },
		});
	});
});

describe("the loss threshold", () => {
	it("ends a ping of which nobody hears, once the window is full", () => {
		const { result } = runPingPath(() => null, { ping: { lossThreshold: { percent: 30, window: 4 } } });
		expect(result).toMatchObject({ stopReason: "lossThreshold", totals: { lost: 4, lossPercent: 100 } });
	});

	it("counts the last probes only", () => {
		const path = script(null, null, ...Array.from({ length: 20 }, () => hop()), null);
		const lossThreshold = { percent: 50, window: 4 };
		const { result } = runPingPath(path, { ping: { lossThreshold }, options: { waitMaxNs: 0.5 * SECOND } });
		expect(result.totals).toMatchObject({ received: 2, lost: 2 });
		const patient = runPingPath(script(null, ...Array.from({ length: 20 }, () => hop()), null), {
			ping: { lossThreshold },
			options: { waitMaxNs: 0.5 * SECOND },
		});
		expect(patient.result.totals).toMatchObject({ received: 20, lost: 3 });
	});
});

describe("what cannot be sent", () => {
	it("ends a ping of which nothing could ever be sent", () => {
		const sending = ({ sequence }: { sequence: number }) =>
			({ type: "sendFailed", sequence, error: UNREACHABLE, transient: false }) as const;
		const { result } = runPingPath(() => null, { sending });
		expect(result).toMatchObject({
			stopReason: "error",
			warnings: [{ code: "channelFault" }],
			totals: { sent: 0, notSent: 1, lossPercent: null },
			probes: [{ status: "sendError", error: UNREACHABLE }],
		});
	});

	it("is no loss, and later probes are sent all the same", () => {
		const sending = ({ sequence }: { sequence: number }) =>
			sequence === 1 ? ({ type: "sendFailed", sequence, error: UNREACHABLE, transient: false } as const) : null;
		const lossThreshold = { percent: 1, window: 1 };
		const { result } = runPingPath(straightPath(5, 5), { ping: { count: 4, lossThreshold }, sending });
		expect(result).toMatchObject({ stopReason: "count", totals: { sent: 3, received: 3, notSent: 1, lossPercent: 0 } });
	});
});

describe("inside a connection", () => {
	const session: SessionFacts = {
		sourcePort: 40_000,
		sendNext: 1,
		receiveNext: 1,
		synAckTtl: 60,
		window: 64_240,
		mss: 1460,
		sackOffered: true,
		sackPermitted: true,
		timestamps: null,
		rttNs: 20e6,
	};

	it("waits for it before the first probe", () => {
		const ping = newPing({}, {}, { context: { channel: "session" } });
		expect(ping.step({ type: "start" }, 0).map(({ type }) => type)).toEqual(["event"]);
		expect(ping.nextSendAt).toBeNull();
		const opened = ping.step({ type: "opened", sessions: [session] }, 20e6);
		expect(opened.map((output) => (output.type === "event" ? output.event.type : output.type))).toEqual([
			"handshake",
			"send",
		]);
		expect(ping.nextSendAt).toBe(20e6 + SECOND);
	});

	it("fills no more of the receiver's memory than a few packets take", () => {
		const ping = newPing({ intervalNs: 1e6 }, {}, { context: { channel: "session" } });
		ping.step({ type: "start" }, 0);
		ping.step({ type: "opened", sessions: [session] }, 20e6);
		const numbers = new Set<number>();
		for (let at = 20e6; at < 20 * SECOND; at = ping.deadline?.at ?? Number.POSITIVE_INFINITY) {
			for (const output of ping.step({ type: "tick" }, at)) {
				if (output.type === "send") for (const { sequence } of output.probes) numbers.add(sequence);
			}
		}
		expect(numbers.size).toBe(SESSION_NUMBERS);
		expect(ping.book.waiting.size).toBeLessThanOrEqual(SESSION_NUMBERS / 2);
	});

	it("ends where there is none", () => {
		const ping = newPing({}, {}, { context: { channel: "session" } });
		ping.step({ type: "start" }, 0);
		ping.step({ type: "tick" }, ping.deadline?.at ?? 0);
		expect(ping.stopReason).toBe("error");
		expect(ping.warnings).toMatchObject([{ code: "sessionFailed", failure: { why: "timeout" } }]);
	});
});

it("sends what is due while answers may lie unread, and gives no probe up meanwhile", () => {
	const ping = newPing({}, { waitMaxNs: 0.5 * SECOND });
	ping.step({ type: "start" }, 0);
	expect(ping.step({ type: "due" }, 0.9 * SECOND)).toEqual([]);
	expect(ping.step({ type: "due" }, 1 * SECOND)).toMatchObject([{ type: "send", probes: [{ sequence: 1 }] }]);
	expect(ping.book.waiting.size).toBe(2);
	const [given] = ping.step({ type: "tick" }, 1 * SECOND);
	expect(given).toMatchObject({ type: "event", event: { type: "probe", probe: { seq: 0, status: "timeout" } } });
});

describe("however long it runs", () => {
	it("its books take the same room after 200,000 probes, and no probe is lost in them", () => {
		let most = 0;
		let probes = 0;
		const path: Path = () => (++probes % 10 === 0 ? null : hop(3, `10.0.${probes % 200}.3`));
		const { ping, result, sent } = runPingPath(path, {
			ping: { count: 200_000, intervalNs: 0.01 * SECOND },
			options: { waitMaxNs: 1 * SECOND },
			stepped: ({ book }) => {
				most = Math.max(most, book.kept);
			},
		});
		expect(most).toBeLessThanOrEqual(PACKET_NUMBERS + PACKET_NUMBERS / 2 + 2 * MOST_RECENT);
		expect(ping.tally.answerersKnown).toBe(MOST_ANSWERERS);
		expect(result.totals).toMatchObject({ sent: 200_000, received: 180_000, lost: 20_000, late: 0, duplicates: 0 });
		expect(result.probes).toHaveLength(MOST_RECENT);
		expect(result.probes.at(-1)?.seq).toBe(199_999);
		expect(result.rtt).toMatchObject({ avgNs: 3e6, stddevNs: 0 });
		expect(Math.max(...sent.map(({ sequence }) => sequence))).toBeLessThan(PACKET_NUMBERS);
	}, 30_000);

	it("it has no more probes under way than it has numbers for", () => {
		let most = 0;
		const { result } = runPingPath(() => null, {
			ping: { count: 3_000, intervalNs: 0.002 * SECOND },
			stepped: ({ book }) => {
				most = Math.max(most, book.waiting.size);
			},
		});
		expect(most).toBe(PACKET_NUMBERS / 2);
		expect(result.totals).toMatchObject({ sent: 3_000, lost: 3_000 });
	});
});
