import type { Place } from "@whither/core";
import { DEMO } from "@whither/sim";
import { expect, it } from "vitest";
import { simulated } from "../../api/simulated.ts";
import { startersOf } from "./starters.ts";

const PLACE: Place = { country: "DE", city: "Berlin", latitude: 52.5, longitude: 13.25, source: "test" };

it("traces of the same routers ask once, and all of them have places where data sets were named", async () => {
	const asked: string[] = [];
	const opened: (readonly string[])[] = [];
	const world = {
		...simulated(DEMO),
		reverse: async (address: string) => {
			asked.push(address);
			return "router.test";
		},
		places: async (files: readonly string[]) => {
			opened.push(files);
			return async () => ({ place: PLACE, asn: "AS64500", asName: null, exchange: null });
		},
	};
	const { trace, resolve } = startersOf({ world, places: ["a.mmdb"] });
	const [target] = await resolve(Object.keys(DEMO.nodes).at(-1) ?? "", null);
	if (target === undefined) throw new Error("no target");
	const results = await Promise.all(Array.from({ length: 5 }, () => trace(target, { names: true, queries: 1 }).result));
	expect(asked.length).toBe(new Set(asked).size);
	expect(opened).toEqual([["a.mmdb"]]);
	for (const result of results) {
		const { hops } = result as { readonly hops: readonly { readonly probes: readonly object[] }[] };
		expect(hops[0]?.probes[0]).toMatchObject({ name: "router.test", asn: "AS64500", place: PLACE });
	}
});
