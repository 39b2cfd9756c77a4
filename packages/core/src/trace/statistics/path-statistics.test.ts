import { describe, expect, it } from "vitest";
import type { ProbeResult } from "../result.ts";
import type { RoundsEvent } from "../rounds/round-events.ts";
import { ANSWERERS_KEPT } from "./answerers.ts";
import { PathStatistics } from "./path-statistics.ts";
import { CHANGES_KEPT, FLOWS_KEPT, SAMPLES_KEPT } from "./summary.ts";

const TARGET = "203.0.113.7";

const START: RoundsEvent = {
	type: "start",
	target: { name: TARGET, address: TARGET, port: 33434 },
	source: { address: "192.0.2.1", port: 50_000 },
	method: "udp",
	channel: "raw",
	family: 4,
	maxTtl: 30,
	queries: 1,
	length: 60,
	intervalNs: 1e9,
	rounds: null,
};

const NOTHING: ProbeResult = {
	seq: 0,
	flow: 0,
	sentAtNs: 0,
	status: "timeout",
	from: null,
	name: null,
	rttNs: null,
	stamps: null,
	reply: null,
	quoted: null,
	extensions: [],
};

function answer(from: string, rttNs: number): ProbeResult {
	const kind = from === TARGET ? "portUnreachable" : "timeExceeded";
	const reply = {
		kind,
		icmp: { type: kind === "timeExceeded" ? 11 : 3, code: 0 },
		ttl: 64,
		tos: 0,
		mtu: null,
		detail: {},
	} as const;
	return { ...NOTHING, status: "reply", from, rttNs, stamps: "kernel", reply };
}

/** Who answers a TTL in a round, and how fast; null: nobody. */
type World = (round: number, ttl: number) => { readonly from: string; readonly rttNs: number } | null;

/** Statistics of so many rounds over a path of so many hops. */
function watched(rounds: number, hops: number, world: World): PathStatistics {
	const statistics = new PathStatistics();
	statistics.take(START);
	for (let round = 0; round < rounds; round++) takeRound(statistics, { round, hops, world });
	return statistics;
}

function takeRound(
	statistics: PathStatistics,
	{ round, hops, world }: { round: number; hops: number; world: World },
): void {
	statistics.take({ type: "round", atNs: round * 1e9, round, firstTtl: 1, lastTtl: hops });
	for (let ttl = 1; ttl <= hops; ttl++) {
		const met = world(round, ttl);
		const probe = { ...(met === null ? NOTHING : answer(met.from, met.rttNs)), seq: round * hops + ttl - 1 };
		statistics.take({ type: "probe", atNs: round * 1e9 + (met?.rttNs ?? 3e9), ttl, round, probe });
	}
}

const straight = (hops: number) => (_round: number, ttl: number) => ({
	from: ttl === hops ? TARGET : `10.0.0.${ttl}`,
	rttNs: ttl * 1e6,
});

describe("figures of round trips", () => {
	const rtts = Array.from({ length: 900 }, (_, at) => 1e6 + ((at * 7919) % 1000) * 1e3);
	const { hops } = watched(rtts.length, 1, (round) => ({ from: TARGET, rttNs: rtts[round] ?? 0 })).summary();
	const rtt = hops[0]?.rtt;
	const steps = rtts.slice(1).map((rttNs, at) => Math.abs(rttNs - (rtts[at] ?? 0)));
	const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

	it("are those of all samples", () => {
		const average = mean(rtts);
		expect(rtt?.avgNs).toBe(Math.round(average));
		expect(rtt?.stddevNs).toBe(Math.round(Math.sqrt(mean(rtts.map((value) => (value - average) ** 2)))));
		expect(rtt?.gmeanNs).toBe(Math.round(Math.exp(mean(rtts.map(Math.log)))));
		expect([rtt?.lastNs, rtt?.bestNs, rtt?.worstNs]).toEqual([rtts.at(-1), Math.min(...rtts), Math.max(...rtts)]);
		expect([rtt?.jitterNs, rtt?.jitterAvgNs, rtt?.jitterWorstNs]).toEqual([
			steps.at(-1),
			Math.round(mean(steps)),
			Math.max(...steps),
		]);
		expect(rtt?.jitterInterarrivalNs).toBe(
			Math.round(steps.reduce((jitter, step) => jitter + (step - jitter) / 16, 0)),
		);
	});

	it("and percentiles of the latest", () => {
		const sorted = rtts.slice(-SAMPLES_KEPT).sort((a, b) => a - b);
		const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1];
		expect([rtt?.p50Ns, rtt?.p95Ns, rtt?.p99Ns]).toEqual([at(0.5), at(0.95), at(0.99)]);
		expect(hops[0]?.recent).toEqual(rtts.slice(-SAMPLES_KEPT));
	});

	it("of few samples is one of them, the nearest rank's", () => {
		const { hops } = watched(3, 1, (round) => ({ from: TARGET, rttNs: [30, 10, 20][round] ?? 0 })).summary();
		expect(hops[0]?.rtt).toMatchObject({ p50Ns: 20, p95Ns: 30, p99Ns: 30 });
	});

	it("of one answerer are of its latest too", () => {
		const world: World = (round) => ({ from: TARGET, rttNs: round < SAMPLES_KEPT ? 9e6 : 1e6 });
		const { hops } = watched(2 * SAMPLES_KEPT, 1, world).summary();
		expect(hops[0]?.answerers[0]?.rtt).toMatchObject({ p99Ns: 1e6, worstNs: 9e6 });
	});

	it("stand in the order of rounds, whenever they became known", () => {
		const statistics = new PathStatistics();
		statistics.take(START);
		for (let round = 0; round < 4; round++)
			statistics.take({ type: "round", atNs: round, round, firstTtl: 1, lastTtl: 1 });
		const tell = (round: number, probe: ProbeResult) =>
			statistics.take({ type: "probe", atNs: 9, ttl: 1, round, probe: { ...probe, seq: round } });
		tell(2, answer(TARGET, 2));
		tell(0, answer(TARGET, 1));
		expect(statistics.summary().hops[0]).toMatchObject({ recent: [1, 2], waiting: 2 });
		tell(1, NOTHING);
		expect(statistics.summary().hops[0]).toMatchObject({ recent: [1, null, 2], waiting: 1, lost: 1 });
		tell(1, { ...answer(TARGET, 5e9), late: true });
		tell(2, { ...answer(TARGET, 2), duplicates: 1 });
		expect(statistics.summary().hops[0]).toMatchObject({
			recent: [1, null, 2],
			lost: 1,
			late: 1,
			received: 2,
			duplicates: 1,
		});
	});
});

describe("changes of a path", () => {
	const changed = (round: number, ttl: number) =>
		round >= 50 && ttl === 2 ? { from: "10.9.9.9", rttNs: 5e6 } : straight(4)(round, ttl);

	it("are told once, with the round in which they began", () => {
		const { hops, changes, flows } = watched(100, 4, changed).summary();
		expect(changes).toEqual([{ round: 50, atNs: expect.anything(), ttl: 2, from: "10.0.0.2", to: "10.9.9.9" }]);
		expect(hops.map((hop) => [hop.changes, hop.lastChangeRound])).toEqual([
			[0, null],
			[1, 50],
			[0, null],
			[0, null],
		]);
		expect(hops[1]?.answerers.map(({ address, received }) => [address, received])).toEqual([
			["10.9.9.9", 50],
			["10.0.0.2", 50],
		]);
		// The last round is under way until another begins or all is over.
		expect(flows.map(({ rounds }) => rounds)).toEqual([50, 49]);
	});

	it("are none where a balancer sends packets by turns, or by chance", () => {
		const turns = watched(200, 4, (round, ttl) =>
			ttl === 2 ? { from: `10.0.1.${round % 4}`, rttNs: 1e6 } : straight(4)(round, ttl),
		);
		expect(turns.summary().changes).toEqual([]);
		for (let seed = 1; seed < 200; seed++) {
			let state = seed * 2654435761;
			const chance = watched(100, 2, (round, ttl) => {
				state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
				return ttl === 1 ? { from: `10.0.1.${(state >>> 16) % 2}`, rttNs: 1e6 } : straight(2)(round, ttl);
			});
			expect(chance.summary().changes.length, `seed ${seed}`).toBeLessThanOrEqual(1);
		}
	});

	it("and back again are two", () => {
		const flap = watched(60, 3, (round, ttl) =>
			ttl === 2 && round >= 20 && round < 40 ? { from: "10.9.9.9", rttNs: 1e6 } : straight(3)(round, ttl),
		);
		expect(flap.summary().changes.map(({ round, to }) => [round, to])).toEqual([
			[20, "10.9.9.9"],
			[40, "10.0.0.2"],
		]);
	});

	it("are not made by lost or late answers", () => {
		const lossy = watched(100, 3, (round, ttl) => (ttl === 2 && round % 3 > 0 ? null : straight(3)(round, ttl)));
		const { changes, flows } = lossy.summary();
		expect([changes, flows.length]).toEqual([[], 1]);
	});

	it("a path that becomes shorter or longer is shown as long as it is now", () => {
		const statistics = watched(20, 6, straight(6));
		expect(statistics.summary().hops).toHaveLength(6);
		for (let round = 20; round < 30; round++) takeRound(statistics, { round, hops: 4, world: straight(4) });
		expect(statistics.summary().hops).toHaveLength(4);
		for (let round = 30; round < 40; round++) takeRound(statistics, { round, hops: 5, world: straight(5) });
		const { hops, reached } = statistics.summary();
		expect([hops.length, hops.at(-1)?.isTarget, hops[3]?.isTarget, reached]).toEqual([5, true, false, true]);
	});

	it("what was asked beyond its end counts for nothing, also where it becomes longer", () => {
		const statistics = watched(3, 6, (_, ttl) => ({ from: ttl < 4 ? `10.0.0.${ttl}` : TARGET, rttNs: ttl * 1e6 }));
		for (let round = 3; round < 13; round++) takeRound(statistics, { round, hops: 6, world: straight(6) });
		const { hops } = statistics.summary();
		expect(hops.map(({ sent, received }) => [sent, received])).toEqual([
			...Array.from({ length: 4 }, () => [13, 13]),
			...[
				[10, 10],
				[10, 10],
			],
		]);
	});

	it("an outage leaves the hops that were known in sight", () => {
		const { hops, reached } = watched(60, 6, (round, ttl) =>
			round >= 20 && ttl > 2 ? null : straight(6)(round, ttl),
		).summary();
		expect(hops.map(({ lost }) => lost)).toEqual([0, 0, 40, 40, 40, 40]);
		expect([hops[5]?.isTarget, reached]).toEqual([true, true]);
	});
});

describe("names and beginnings", () => {
	it("a name that comes later stands at every hop that its owner answers for", () => {
		const statistics = watched(3, 3, straight(3));
		statistics.take({ type: "name", atNs: 1, address: "10.0.0.2", name: "router.example", asn: null });
		statistics.take({ type: "name", atNs: 2, address: "10.0.0.2", name: null, asn: "AS64500" });
		const place = { country: "DE", city: "Berlin", latitude: 52.5, longitude: 13.25, source: "test" };
		const more = {
			type: "name",
			atNs: 3,
			address: "10.0.0.2",
			name: null,
			asn: null,
			asName: "Example",
			place,
		} as const;
		statistics.take(more);
		const summary = statistics.summary();
		const known = { name: "router.example", asn: "AS64500", asName: "Example", place };
		expect(summary.hops[1]?.answerers[0]).toMatchObject(known);
		statistics.take({ ...more, place: { ...place } });
		expect(statistics.summary().hops[1]).toBe(summary.hops[1]);
	});

	it("after a reset only rounds count that begin then", () => {
		const statistics = watched(10, 3, straight(3));
		statistics.take({ type: "round", atNs: 10e9, round: 10, firstTtl: 1, lastTtl: 3 });
		statistics.reset();
		statistics.take({ type: "probe", atNs: 10e9, ttl: 1, round: 10, probe: answer("10.0.0.1", 1e6) });
		expect(statistics.summary()).toMatchObject({ rounds: 0, hops: [], reached: false });
		takeRound(statistics, { round: 11, hops: 3, world: straight(3) });
		expect(statistics.summary()).toMatchObject({ rounds: 1, hops: [{ sent: 1 }, { sent: 1 }, { sent: 1 }] });
	});

	it("what has not changed is the same object", () => {
		const statistics = watched(5, 3, straight(3));
		const before = statistics.summary();
		expect(statistics.summary()).toBe(before);
		takeRound(statistics, { round: 5, hops: 1, world: straight(3) });
		const after = statistics.summary();
		expect([after.hops[0] === before.hops[0], after.hops[1] === before.hops[1]]).toEqual([false, true]);
	});
});

it("however long it runs and whoever answers, it keeps no more than it may", () => {
	const crowd: World = (round, ttl) => ({
		from: ttl === 3 ? TARGET : `10.${ttl}.${round >> 8}.${round & 255}`,
		rttNs: 1e6,
	});
	const { hops, changes, flows } = watched(3_000, 3, crowd).summary();
	expect(hops[0]?.answerers).toHaveLength(ANSWERERS_KEPT);
	expect(hops[0]).toMatchObject({ received: 3_000, recent: { length: SAMPLES_KEPT } });
	expect(changes.length).toBeLessThanOrEqual(CHANGES_KEPT);
	expect(flows.length).toBeLessThanOrEqual(FLOWS_KEPT);
});

it("events that cannot be, as a file may hold them, cost nothing and count for nothing", () => {
	const statistics = watched(3, 3, straight(3));
	const before = statistics.summary().hops;
	for (const strange of [-1, 0.5, Number.NaN, 1e9, 1e300]) {
		statistics.take({ type: "probe", atNs: 0, ttl: strange, round: 1, probe: answer("10.0.0.1", 1) });
		statistics.take({ type: "hop", atNs: 0, hop: { ttl: strange, probes: [] }, last: false });
		if (strange < 1e300) continue;
		statistics.take({ type: "probe", atNs: 0, ttl: 1, round: strange, probe: answer("10.0.0.1", 1) });
		statistics.take({ type: "round", atNs: 0, round: strange, firstTtl: 1, lastTtl: 3 });
	}
	expect(statistics.summary().hops).toEqual(before);
	statistics.take({ type: "round", atNs: 0, round: 3, firstTtl: 1, lastTtl: 1e12, asked: [1, 1e12] });
	statistics.take({ type: "probe", atNs: 0, ttl: 1, round: 3, probe: answer("10.0.0.1", Number.NaN) });
	statistics.take({ type: "probe", atNs: 0, ttl: 1, round: 1e9, probe: answer("10.0.0.1", -5) });
	expect(statistics.summary().hops[0]).toMatchObject({ received: 5, recent: [0], rtt: { bestNs: 0, worstNs: 1e6 } });
});

describe("of one trace, followed as it comes,", () => {
	/** In the order heard: the first probe of hop 1 is given up after its second and third were answered. */
	const ONE = { ...START, queries: 3 } as const;
	const told = (ttl: number, probes: readonly ProbeResult[], order: readonly number[]) =>
		order.map(
			(at) => ({ type: "probe", atNs: 1, ttl, probe: { ...(probes[at] as ProbeResult), seq: 10 * ttl + at } }) as const,
		);
	const hop = (ttl: number, probes: readonly ProbeResult[], last: boolean) =>
		({
			type: "hop",
			atNs: 2,
			hop: { ttl, probes: probes.map((probe, at) => ({ ...probe, seq: 10 * ttl + at })) },
			last,
		}) as const;

	it("the hop as it is told at its end is the last word on ways and changes too", () => {
		const first = [NOTHING, answer("10.0.0.1", 1e6), answer("10.0.0.2", 1e6)];
		const second = [answer("10.0.0.3", 2e6), answer("10.0.0.3", 2e6), answer("10.0.0.4", 2e6)];
		const [streamed, whole] = [new PathStatistics(), new PathStatistics()];
		for (const statistics of [streamed, whole]) statistics.take(ONE);
		for (const event of [...told(1, first, [2, 1, 0]), ...told(2, second, [0, 1, 2])]) streamed.take(event);
		for (const statistics of [streamed, whole])
			for (const event of [hop(1, first, false), hop(2, second, true)]) statistics.take(event);
		expect(streamed.summary().flows).toEqual(whole.summary().flows);
		const changing = ["10.0.0.1", ...Array(6).fill("10.0.0.2")].map((from) => answer(from, 1e6));
		const again = new PathStatistics();
		again.take({ ...START, queries: 7 });
		for (const event of told(1, changing, [0, 1, 2, 3, 4, 5, 6])) again.take(event);
		again.take(hop(1, changing, true));
		expect(again.summary().changes).toHaveLength(again.summary().hops[0]?.changes ?? -1);
	});
});

it("rounds of which nothing more is told are closed in time, however many there are", () => {
	const statistics = new PathStatistics();
	statistics.take(START);
	for (let round = 0; round < 20_000; round++)
		statistics.take({ type: "round", atNs: round, round, firstTtl: 1, lastTtl: 1 });
	for (let round = 0; round < 2_000; round++)
		statistics.take({ type: "probe", atNs: 1, ttl: 1, round: 19_999, probe: answer("10.0.0.1", 1e6 + round) });
	const [hop] = statistics.summary().hops;
	expect(hop?.recent).toHaveLength(1);
	expect(hop?.rtt?.p50Ns).toBe(1e6 + 1_999);
});
