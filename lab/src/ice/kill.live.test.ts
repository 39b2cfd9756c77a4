import { natKind } from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import type { IcePeerOutput } from "../peers/ice/lines.ts";
import type { RunningServer } from "../peers/running-server.ts";
import { type IceEnds, meeting, openIceEnds, type SharedOrder, talk } from "./ends.fixture.ts";
import { type IceLab, type IceLabOptions, type IceLeg, type IceNode, iceLabObstacle, openIceLab } from "./ice-lab.ts";
import { ICE_SERVERS } from "./servers.ts";

const [WHITHER] = ICE_SERVERS;
const obstacle = iceLabObstacle() ?? WHITHER.obstacle;

/** Consent lasts for 30 s (RFC 7675 §5.1), and nothing is given up before 39.5 s (RFC 8863): whichever it is, and some. */
const CONSENT_MS = 45_000;
const GIVE_UP_MS = 75_000;
/** For what is to be noticed long before consent is over. */
const SOON_MS = 10_000;
/** Consent is asked for every 5 s, and once unanswered is not yet a doubt. */
const DOUBT_MS = 20_000;
const LIMIT_MS = 90_000;

const SYMMETRIC = { a: natKind("symmetric"), b: natKind("symmetric") };
const NO_NAT = { a: natKind("no NAT"), b: natKind("no NAT") };

interface Place {
	readonly lab: IceLab;
	readonly ends: IceEnds;
	readonly server: RunningServer | null;
	order(legs?: readonly IceLeg[]): SharedOrder;
}

interface PlaceOptions extends IceLabOptions {
	readonly nodes?: readonly [IceNode, IceNode];
	readonly family?: 4 | 6;
	/** A server runs; default true. */
	readonly serving?: boolean;
}

/** What is opened, to be closed the other way round. */
async function openPlace(
	{ nodes, family = 4, serving = true, ...site }: PlaceOptions,
	opened: Closable[],
): Promise<Place> {
	const lab = await openIceLab(site);
	opened.push(lab);
	const server = serving ? await lab.openServer(WHITHER) : null;
	if (server !== null) opened.push(server);
	const ends = await openIceEnds(lab, nodes);
	opened.push(ends);
	const order = (legs?: readonly IceLeg[]) => ({ families: [family], pacingMs: 5, ...lab.servers(family, legs) });
	return { lab, ends, server, order };
}

interface Closable {
	close(): Promise<unknown>;
}

let turn: Promise<unknown> = Promise.resolve();

/** A lab of its own, since what happens in it is not to be mended; whatever comes of it, nothing is left. */
async function withPlace(options: PlaceOptions, use: (place: Place) => Promise<void>): Promise<void> {
	const opened: Closable[] = [];
	// One after the other: all at once they would starve each other.
	const opening = turn.then(() => openPlace(options, opened));
	turn = opening.catch(() => {});
	try {
		await use(await opening);
	} finally {
		for (const each of opened.reverse()) await each.close();
	}
}

/** Why an end has failed, as soon as it has. */
async function failure(ends: IceEnds, end: "a" | "b", timeoutMs: number): Promise<unknown> {
	const hasFailed = ({ event }: IcePeerOutput) => event?.kind === "state" && event.state === "failed";
	const { event } = await ends.until(end, "failed", hasFailed, timeoutMs);
	return event?.failure;
}

/** So many requests for consent have been sent on the pair in use. */
async function consentRequests(ends: IceEnds, count: number): Promise<void> {
	for (;;) {
		const since = ends.a.lines.length;
		ends.a.tell({ askPairs: true });
		const { pairs } = await ends.a.until("pairs", (line) => line.pairs !== undefined, { since });
		const selected = pairs?.find((pair) => pair.selected);
		if ((selected?.consentRequestsSent ?? 0) >= count) return;
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

type Check = () => Promise<void>;

/** What the server knew of relays is gone with it, and it says so only when it is asked. */
function serverStartsAnew(leg: "udp" | "tcp"): Promise<void> {
	return withPlace(SYMMETRIC, async ({ lab, ends, order, server }) => {
		ends.begin(order([leg]));
		await meeting(ends, "relay");
		await server?.kill();
		const again = await lab.openServer(WHITHER);
		try {
			await ends.until("a", "disconnected", ({ state }) => state === "disconnected", DOUBT_MS);
			const since = ends.a.lines.length;
			ends.a.tell({ restart: true });
			const isSelected = ({ selected }: IcePeerOutput) => selected !== undefined;
			await ends.a.until("another pair", isSelected, { since, timeoutMs: SOON_MS });
			await talk(ends);
			expect(ends.lines("a").findLast(({ state }) => state !== undefined)?.state).toMatch(/^(connected|completed)$/);
		} finally {
			await again.close();
		}
	});
}

/** Each in a lab of its own; those that wait longest begin first. */
const CASES: Readonly<Record<string, Check>> = {
	"servers that are dead from the start, where one is needed: no way, in words": () =>
		withPlace({ ...SYMMETRIC, serving: false }, async ({ ends, order }) => {
			ends.begin(order(["udp", "tcp"]));
			expect(await failure(ends, "a", GIVE_UP_MS)).toBe("allPairsFailed");
			expect(await failure(ends, "b", GIVE_UP_MS)).toBe("allPairsFailed");
		}),

	"the only interface down for good: an end that is said": () =>
		withPlace({}, async ({ lab, ends, order }) => {
			ends.begin(order());
			await meeting(ends, "direct");
			lab.unplug("lanA");
			expect(await failure(ends, "a", SOON_MS)).toBe("noBase");
			expect(await failure(ends, "b", CONSENT_MS)).toBe("consentExpired");
		}),

	"a server that is killed while its relay is in use: both end": () =>
		withPlace(SYMMETRIC, async ({ ends, order, server }) => {
			ends.begin(order());
			await meeting(ends, "relay");
			await server?.kill();
			const ended = await Promise.all([failure(ends, "a", CONSENT_MS), failure(ends, "b", CONSENT_MS)]);
			for (const why of ended) expect(["consentExpired", "noBase", "allPairsFailed"]).toContain(why);
		}),

	"a server that is killed while its relay is in use over TCP: whoever was connected to it knows at once": () =>
		withPlace(SYMMETRIC, async ({ ends, order, server }) => {
			ends.begin(order(["tcp"]));
			await meeting(ends, "relay");
			await server?.kill();
			const isLost = ({ event }: IcePeerOutput) => event?.kind === "baseGone";
			const { event } = await Promise.any([
				ends.until("a", "a relay that is lost", isLost, SOON_MS),
				ends.until("b", "a relay that is lost", isLost, SOON_MS),
			]);
			expect(event?.why).toMatchObject({ code: "relayLost" });
			for (const end of ["a", "b"] as const) await failure(ends, end, CONSENT_MS);
		}),

	"the other end killed: doubt first, then an end": () =>
		withPlace({}, async ({ ends, order }) => {
			ends.begin(order());
			await meeting(ends, "direct");
			await ends.b.kill();
			await ends.until("a", "disconnected", ({ state }) => state === "disconnected", DOUBT_MS);
			expect(await failure(ends, "a", CONSENT_MS)).toBe("consentExpired");
		}),

	"the only interface down, and another address later: a restart finds the way again": () =>
		withPlace({ family: 6 }, async ({ lab, ends, order }) => {
			ends.begin(order());
			await meeting(ends, "direct");
			lab.unplug("lanA");
			const isGone = ({ event }: IcePeerOutput) => event?.kind === "baseGone";
			const { event } = await ends.until("a", "a socket that is gone", isGone, SOON_MS);
			expect(event?.why).toEqual({ code: "addressGone" });
			const since = ends.a.lines.length;
			lab.plug("lanA", "fd00:16::77");
			const isThere = (line: IcePeerOutput) => JSON.stringify(line.event?.added ?? []).includes("fd00:16::77");
			await ends.a.until("the new address", isThere, { since, timeoutMs: SOON_MS });
			ends.a.tell({ restart: true });
			const isSelected = ({ selected }: IcePeerOutput) => selected !== undefined;
			await ends.a.until("another pair", isSelected, { since, timeoutMs: SOON_MS });
			await talk(ends);
		}),

	"a server that is killed once there is a way without it: nothing happens": () =>
		withPlace({}, async ({ ends, order, server }) => {
			ends.begin(order());
			await meeting(ends, "direct");
			await server?.kill();
			await consentRequests(ends, 3);
			await talk(ends);
		}),

	"a relay over UDP whose server starts anew: a restart finds the way again": () => serverStartsAnew("udp"),
	"a relay over TCP whose server starts anew: a restart finds the way again": () => serverStartsAnew("tcp"),

	"a way without relay that is cut: the relay in reserve takes over": () =>
		withPlace({}, async ({ lab, ends, order }) => {
			ends.begin(order());
			await meeting(ends, "direct");
			const [{ length: sinceA }, { length: sinceB }] = [ends.a.lines, ends.b.lines];
			lab.cutDirect();
			const isRelayed = ({ selected }: IcePeerOutput) =>
				selected?.local.type === "relay" || selected?.remote.type === "relay";
			const found = await Promise.all([
				ends.a.until("a relay", isRelayed, { since: sinceA, timeoutMs: SOON_MS }),
				ends.b.until("a relay", isRelayed, { since: sinceB, timeoutMs: SOON_MS }),
			]);
			expect(found[0].selected?.why).toBe("failover");
			await talk(ends);
		}),

	"one of two interfaces down: the other takes over": () =>
		withPlace({ ...NO_NAT, sharedLan: true, nodes: ["lanA", "lanA2"] }, async ({ lab, ends, order }) => {
			ends.begin(order());
			const { a } = await meeting(ends, "direct");
			expect(a.local.address).toBe(lab.host("lanA").address(4));
			const since = { a: ends.a.lines.length, b: ends.b.lines.length };
			lab.unplug("lanA");
			const gone = a.local.address;
			const isElsewhere = ({ selected }: IcePeerOutput) =>
				selected !== undefined && selected.local.address !== gone && selected.remote.address !== gone;
			// What the other end says before it has followed is lost.
			for (const end of ["a", "b"] as const)
				await ends[end].until("the other interface", isElsewhere, { since: since[end], timeoutMs: DOUBT_MS });
			await talk(ends);
		}),

	"servers that are dead from the start, where none is needed: nobody waits for them": () =>
		withPlace({ ...NO_NAT, serving: false }, async ({ ends, order }) => {
			ends.begin(order());
			const { way } = await meeting(ends, "direct", SOON_MS);
			expect(way).toBe("direct");
			await ends.until("a", "the end of gathering", ({ gathered }) => gathered === true, SOON_MS);
		}),
};

describe.skipIf(obstacle !== null)(skippable("what a connection depends on is killed", obstacle), () => {
	const running = new Map<string, Promise<void>>();

	// All at the same time, whatever number of tests may: most of it is waiting.
	beforeAll(() => {
		for (const [name, check] of Object.entries(CASES)) {
			const outcome = check();
			outcome.catch(() => {});
			running.set(name, outcome);
		}
	});
	// One that took too long has a lab to take down yet.
	afterAll(() => Promise.allSettled(running.values()), LIMIT_MS);

	test.each(Object.keys(CASES))("%s", { timeout: LIMIT_MS }, async (name) => running.get(name));
});
