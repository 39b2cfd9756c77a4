import { describe, expect, it } from "vitest";
import { SECOND } from "../../machine.ts";
import { type Path, type PathAnswer, straightPath, TARGET } from "../path.fixture.ts";
import { MOST_RECENT, PACKET_NUMBERS } from "../ping/ping-book.ts";
import { newRounds, runRoundsPath } from "./rounds.fixture.ts";

const NO_ROUTE = { code: "noRoute", call: "sendmmsg", address: TARGET, errno: 101, errnoName: "ENETUNREACH" } as const;

/** A path whose routers quote too little to name a probe. */
const short =
	(path: Path): Path =>
	(send, nowMs) => {
		const answer = path(send, nowMs) as PathAnswer | null;
		return answer === null || answer.type === 3 ? answer : { ...answer, quote: "short" };
	};

describe("rounds", () => {
	it("leave at their times, all at once, and wait for no answer", () => {
		const { sent } = runRoundsPath(straightPath(4, 400), { rounds: { rounds: 5 } });
		const later = sent.filter(({ atMs }) => atMs >= 4_000);
		expect(later.map(({ ttl, atMs }) => [ttl, atMs])).toEqual([1, 2, 3, 4].map((ttl) => [ttl, 4_000]));
	});

	it("that come late move those after them", () => {
		const machine = newRounds();
		machine.step({ type: "start" }, 0);
		machine.step({ type: "tick" }, 2.5 * SECOND);
		expect(machine.nextSendAt).toBe(3.5 * SECOND);
	});

	it("end with the last answer, or when it is given up", () => {
		const ends = (path: Path) =>
			runRoundsPath(path, { rounds: { rounds: 2 }, options: { waitMaxNs: 3 * SECOND } }).events.at(-1);
		expect(ends(straightPath(4, 5))).toMatchObject({ type: "end", stopReason: "count", atNs: 1.02 * SECOND });
		expect(ends(straightPath(4, 5, [2]))).toMatchObject({ stopReason: "count", atNs: 4 * SECOND });
	});

	it.each([
		["stop", { inputs: [{ atMs: 5_500, input: { type: "stop" } as const }] }, "interrupted"],
		["timeout", { options: { timeoutNs: 5.5 * SECOND } }, "timeout"],
	])("end by %s", (_, run, stopReason) => {
		const { events, machine } = runRoundsPath(straightPath(4, 5), run);
		expect(events.at(-1)).toMatchObject({ type: "end", stopReason, reached: true, atNs: 5.5 * SECOND });
		expect([machine.rounds, machine.deadline, machine.nextSendAt]).toEqual([6, null, null]);
		expect(machine.step({ type: "tick" }, 9 * SECOND)).toEqual([{ type: "ignored", reason: "finished" }]);
	});

	it("go on where the way out is gone for a while, and end where nothing could ever leave", () => {
		const refused = (from: number) => (send: { sequence: number }, nowMs: number) =>
			nowMs >= from && nowMs < 9_500
				? ({ type: "sendFailed", sequence: send.sequence, error: NO_ROUTE, transient: false } as const)
				: null;
		const gone = runRoundsPath(straightPath(3, 5), { rounds: { rounds: 12 }, sending: refused(6_500) });
		expect(gone.summary.hops.map(({ sent, received, notSent }) => [sent, received, notSent])).toEqual(
			Array(3).fill([9, 9, 3]),
		);
		const never = runRoundsPath(straightPath(3, 5), { sending: refused(0) });
		expect(never.events.at(-1)).toMatchObject({ type: "end", stopReason: "error", reached: false });
		expect(never.machine.warnings).toMatchObject([{ code: "channelFault", error: NO_ROUTE }]);
	});

	it("tell of further answers, but not of a flood", () => {
		const flood: Path = (send, nowMs) => Array(50).fill(straightPath(3, 5)(send, nowMs) as PathAnswer);
		const { summary } = runRoundsPath(flood, { rounds: { rounds: 4 } });
		expect(summary.hops.slice(0, 2).map(({ received, duplicates }) => [received, duplicates])).toEqual(
			Array(2).fill([4, 32]),
		);
	});

	it("follow a path that becomes longer within the round, and one that becomes shorter soon", () => {
		const path: Path = (send, nowMs) => straightPath(nowMs < 10_000 ? 5 : nowMs < 20_000 ? 9 : 3, 5)(send, nowMs);
		const { sent, summary } = runRoundsPath(path, { rounds: { rounds: 30 } });
		const asked = (second: number) => sent.filter(({ atMs }) => Math.floor(atMs / 1_000) === second).length;
		expect([9, 11, 19, 29].map(asked)).toEqual([5, 9, 9, 3]);
		expect(asked(10)).toBeGreaterThanOrEqual(9);
		expect(summary.hops).toHaveLength(3);
		expect(summary.changes.map(({ ttl, round }) => [ttl, round])).toEqual([
			[5, 10],
			[3, 20],
		]);
	});
});

describe("answers that do not name their probes", () => {
	it("are given to nobody by guess: such hops are asked one after the other until it is known who they are", () => {
		const { summary, machine } = runRoundsPath(short(straightPath(6, 20)), { rounds: { rounds: 30 } });
		for (const { ttl, answerers, received, sent } of summary.hops) {
			expect(answerers.map(({ address }) => address)).toEqual([ttl === 6 ? TARGET : `10.0.0.${ttl}`]);
			expect(sent - received).toBeLessThanOrEqual(1);
			expect(received).toBeGreaterThan(25);
		}
		expect(machine.warnings).toEqual([{ code: "shortQuotes" }]);
	});

	it("and again when somebody else answers, and past a silent hop", () => {
		const path: Path = (send, nowMs) => {
			const answer = straightPath(6, 20, [3])(send, nowMs) as PathAnswer | null;
			return answer !== null && send.ttl === 2 && nowMs > 40_000 ? { ...answer, from: "10.9.9.2" } : answer;
		};
		const { summary } = runRoundsPath(short(path), { rounds: { rounds: 90 } });
		expect(summary.hops.map(({ answerers }) => answerers.map(({ address }) => address))).toEqual([
			["10.0.0.1"],
			["10.9.9.2", "10.0.0.2"],
			[],
			["10.0.0.4"],
			["10.0.0.5"],
			[TARGET],
		]);
		expect(summary.changes).toMatchObject([{ ttl: 2, from: "10.0.0.2", to: "10.9.9.2" }]);
	});
});

describe("however long it runs", () => {
	it("its books take the same room after 20,000 probes, and no probe is lost in them", () => {
		let most = 0;
		const { summary, sent } = runRoundsPath(straightPath(10, 3, [4]), {
			rounds: { rounds: 2_000, intervalNs: 0.1 * SECOND },
			options: { waitMaxNs: 1 * SECOND },
			stepped: ({ book }) => {
				most = Math.max(most, book.kept);
			},
		});
		expect(most).toBeLessThanOrEqual(PACKET_NUMBERS + PACKET_NUMBERS / 2 + 2 * MOST_RECENT);
		expect(Math.max(...sent.map(({ sequence }) => sequence))).toBeLessThan(PACKET_NUMBERS);
		for (const { ttl, received, lost, late, duplicates } of summary.hops) {
			expect([received, lost, late, duplicates]).toEqual(ttl === 4 ? [0, 2_000, 0, 0] : [2_000, 0, 0, 0]);
		}
	});

	it("it has no more probes under way than it has numbers for: rounds wait for room", () => {
		let most = 0;
		const { sent, machine } = runRoundsPath(() => null, {
			rounds: { rounds: 20 },
			context: { channel: "session" },
			options: { maxSilentHops: 30, waitMaxNs: 3 * SECOND },
			inputs: [{ atMs: 1, input: { type: "opened", sessions: [SESSION] } }],
			stepped: ({ book }) => {
				most = Math.max(most, book.waiting.size);
			},
		});
		expect(most).toBeLessThanOrEqual(machine.book.mostWaiting);
		expect([machine.rounds, machine.stopReason]).toEqual([20, "count"]);
		expect(sent.at(-1)?.atMs).toBeGreaterThan(40_000);
	});
});

const SESSION = {
	sourcePort: 50_000,
	sendNext: 1,
	receiveNext: 1,
	synAckTtl: null,
	mss: 1460,
	window: 65_535,
	sackOffered: true,
	sackPermitted: true,
	timestamps: null,
	rttNs: 20e6,
} as const;
