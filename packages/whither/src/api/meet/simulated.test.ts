import { DEMO_MEETING, natKind, natWorld, type Scenario } from "@whither/sim";
import { describe, expect, it } from "vitest";
import type { MeetEvent } from "./events.ts";
import type { MeetRequestOptions } from "./options.ts";
import type { MeetResult } from "./result.ts";
import { MeetRun } from "./run.ts";
import { simulatedMeet } from "./simulated.ts";
import type { MeetWorld } from "./world.ts";

const TOOL = { name: "whither", version: "0.1.0" };
const NO_OPTIONS: MeetRequestOptions = {};

/** Both ends, the second with the code that the first is told. */
async function meet([first, second]: readonly [MeetWorld, MeetWorld], options = NO_OPTIONS) {
	const start = (world: MeetWorld, code?: string) => {
		const asked = { server: "http://srv", code, ...options };
		return new MeetRun({ options: asked, tool: TOOL, args: [], openWorld: () => world });
	};
	const a = start(first);
	const runs: MeetRun[] = [a];
	const events: MeetEvent[] = [];
	for await (const event of a) {
		events.push(event);
		if (event.kind === "code") runs.push(start(second, event.code));
	}
	const results = await Promise.all(runs.map(({ result }) => result));
	await Promise.all(runs.map(({ closed }) => closed));
	const [ofA, ofB] = results as [MeetResult, MeetResult];
	return { a: ofA, b: ofB, events };
}

function behind(a: string, b: string): readonly [MeetWorld, MeetWorld] {
	const scenario: Scenario = natWorld({ a: natKind(a), b: natKind(b), delayMs: 5 });
	return simulatedMeet(scenario, { hosts: ["lanA", "lanB"], server: "srv" });
}

const hopsOf = (path: MeetResult["path"]) => path?.hops.map(({ probes }) => probes[0]?.name);

describe("two who meet in the internet in memory", () => {
	it("see the way between them from both ends, which are different where routing is", async () => {
		const hosts = ["anna.lisbon", "ben.train"] as const;
		const { a, b, events } = await meet(simulatedMeet(DEMO_MEETING, { hosts, server: "meet.amsterdam" }), {
			family: 4,
		});
		expect(a.why).toBe(
			"Direct, through your NAT at 203.0.113.2; theirs is symmetric, so it came in as peer-reflexive.",
		);
		expect([a.connected, b.connected, a.role, b.role]).toEqual([true, true, "controlling", "controlled"]);
		expect([a.reversePath, b.reversePath]).toEqual([b.path, a.path]);
		expect([a.path?.reached, a.path?.channel, a.path?.method]).toEqual([true, "borrowed", "stun"]);
		expect(a.path?.source.port).toBe(a.selected?.local.base?.port);
		expect([hopsOf(a.path)?.[4], hopsOf(a.reversePath)?.[4]]).toEqual(["core.paris", "core.lyon"]);
		const kinds = new Set(events.map(({ kind }) => kind));
		for (const kind of ["code", "met", "candidate", "pair", "selected", "outcome", "path"] as const)
			expect(kinds).toContain(kind);
	});

	it("go by a relay where their NATs leave nothing else, and trace the way to it", async () => {
		const { a, b } = await meet(behind("symmetric", "symmetric"));
		expect([a.connected, b.connected]).toEqual([true, true]);
		expect([a.selected?.local.type, a.selected?.remote.type]).toContain("relay");
		expect([hopsOf(a.path)?.[0], hopsOf(b.path)?.[0]]).toEqual(["natA", "natB"]);
		expect([a.path?.reached, a.reversePath?.reached]).toEqual([true, true]);
	});

	it("choose IPv6 where both have it, and are told how they met", async () => {
		const { a, b } = await meet(behind("no NAT", "port-restricted"));
		expect([a.path?.family, b.path?.family]).toEqual([6, 6]);
		expect(a.timings.nominatedMs).toBeGreaterThan(20);
	});

	it("hear in one sentence that there is no way, and within the time of ICE", async () => {
		const { a, b } = await meet(behind("UDP blocked", "port-restricted"));
		expect([a.connected, b.connected, a.path, a.reversePath]).toEqual([false, false, null, null]);
		expect(a.why).toMatch(/UDP/);
	});

	it("do not meet by a code that nobody made", async () => {
		const [world] = behind("no NAT", "no NAT");
		const run = new MeetRun({
			options: { server: "http://srv", code: "1-no-body" },
			tool: TOOL,
			args: [],
			openWorld: () => world,
		});
		expect((await run.result).connected).toBe(false);
	});
});
