import { DEMO } from "@whither/sim";
import { expect, it } from "vitest";
import { simulated } from "../simulated.ts";
import { trace } from "../trace/trace.ts";
import { keeping, sharingLookups } from "./shared-lookups.ts";

function counting<Answer>(answer: (about: string) => Answer | null) {
	const asked: string[] = [];
	const lookup = async (about: string) => {
		asked.push(about);
		return answer(about);
	};
	return { asked, lookup };
}

it("asks once until the answer is old, and sooner again where there was none", async () => {
	let nowMs = 0;
	const { asked, lookup } = counting((about) => (about === "none" ? null : about));
	const kept = keeping(lookup, { ttlMs: 1000, nothingTtlMs: 100, now: () => nowMs });
	expect(await Promise.all([kept("a"), kept("a"), kept("none"), kept("none")])).toEqual(["a", "a", null, null]);
	nowMs = 100;
	await Promise.all([kept("a"), kept("none")]);
	expect(asked).toEqual(["a", "none", "none"]);
	nowMs = 1000;
	await kept("a");
	expect(asked).toEqual(["a", "none", "none", "a"]);
});

it("keeps no failure", async () => {
	let asked = 0;
	const kept = keeping(
		async () => {
			asked++;
			throw new Error("nobody answers");
		},
		{ ttlMs: 1000 },
	);
	for (const _ of [1, 2]) await expect(kept("a")).rejects.toThrow("nobody");
	expect(asked).toBe(2);
});

it("keeps no more than it may, the latest", async () => {
	const { asked, lookup } = counting((about) => about);
	const kept = keeping(lookup, { ttlMs: 1000, most: 2 });
	for (const about of ["a", "b", "c", "b", "a"]) await kept(about);
	expect(asked).toEqual(["a", "b", "c", "a"]);
});

it("lets many traces ask once for each router", async () => {
	const names = counting((address) => `name-of-${address}`);
	const origins = counting(() => "AS64500");
	const places = counting(() => ({ place: null, asn: null, asName: "x", exchange: null }));
	const asNames = counting((asn) => `${asn} itself`);
	let opened = 0;
	const world = sharingLookups({
		...simulated(DEMO),
		reverse: names.lookup,
		origins: async () => {
			opened++;
			return origins.lookup;
		},
		asNames: async () => asNames.lookup,
		places: async () => places.lookup,
	});
	const target = Object.keys(DEMO.nodes).at(-1) ?? "";
	const wanted = { world, names: true, asLookup: true, asNames: true, places: ["a.mmdb"], queries: 1 };
	const results = await Promise.all([1, 2, 3].map(() => trace(target, wanted).result));
	const routers = new Set(results.flatMap(({ hops }) => hops.flatMap(({ probes }) => probes.map(({ from }) => from))));
	routers.delete(null);
	for (const { asked } of [names, origins, places]) {
		expect(asked.length).toBe(new Set(asked).size);
		expect(asked.length).toBeGreaterThanOrEqual(routers.size);
	}
	expect([opened, asNames.asked]).toEqual([1, ["AS64500"]]);
	const [probe] = results[0]?.hops[0]?.probes ?? [];
	expect(probe).toMatchObject({
		name: `name-of-${probe?.from}`,
		asn: "AS64500",
		asName: "AS64500 itself",
		place: null,
	});
});
