import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import type { RunningServer } from "../peers/running-server.ts";
import { bestWayBetween } from "./best-way.ts";
import { expectAgreement, type IceEnds, meeting, openIceEnds } from "./ends.fixture.ts";
import { type IceLab, iceLabObstacle, openIceLab } from "./ice-lab.ts";
import { ICE_SERVERS } from "./servers.ts";
import { ICE_KINDS } from "./sites.ts";

const FAMILIES = [4, 6] as const;
const [SERVER] = ICE_SERVERS;
const obstacle = iceLabObstacle() ?? SERVER.obstacle;
const PAIRS = ICE_KINDS.flatMap((a) => ICE_KINDS.map((b) => ({ a, b, name: `${a.name} and ${b.name}` })));

/** One lab for all: its routers become what the next pair wants. Both families meet at the same time. */
describe.skipIf(obstacle !== null)(skippable("two of ours behind any two kinds of NAT", obstacle), () => {
	let lab: IceLab;
	let server: RunningServer;
	const ends = new Map<4 | 6, IceEnds>();

	beforeAll(async () => {
		lab = await openIceLab();
		server = await lab.openServer(SERVER);
		await Promise.all(FAMILIES.map(async (family) => ends.set(family, await openIceEnds(lab))));
	});
	afterAll(async () => {
		for (const each of ends.values()) await each.close();
		await server?.close();
		await lab?.close();
	});

	async function meet(family: 4 | 6, best: "direct" | "relay") {
		const both = ends.get(family);
		if (both === undefined) throw new Error("no programs");
		both.begin({ families: [family], pacingMs: 5, ...lab.servers(family) });
		const met = await meeting(both, best);
		await both.part();
		expectAgreement(met, both);
		return met;
	}

	test.each(PAIRS)("$name: the best way that there is, in both families", async ({ a, b }) => {
		await lab.become({ a, b });
		const best = bestWayBetween(a, b);
		if (best === "none") throw new RangeError("each of them can be met");
		const [met4, met6] = await Promise.all(FAMILIES.map((family) => meet(family, best)));
		expect({ 4: met4?.way, 6: met6?.way }, JSON.stringify([met4, met6], null, "\t")).toEqual({ 4: best, 6: best });
		if (best === "relay") return;
		for (const [family, met] of [
			[4, met4],
			[6, met6],
		] as const) {
			// Each is seen by the address that its router has for it, and by no other.
			expect(met?.a.local.address).toBe(lab.host("lanA").seenAs(family));
			expect(met?.b.local.address).toBe(lab.host("lanB").seenAs(family));
		}
	});
});
