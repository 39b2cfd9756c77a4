import type { HopSummary } from "@whither/core";
import { expect, test } from "vitest";
import { hopOf } from "./hop.fixture.ts";
import { type Place, placedHops, placeWords, ttlWords } from "./places.ts";

const FRANKFURT: Place = { country: "DE", city: "Frankfurt", latitude: 50.1, longitude: 8.7, source: "test" };
const at = (ttl: number, place: Place | null, isTarget = false): HopSummary => {
	const hop = hopOf(ttl, [`192.0.2.${ttl}`], { isTarget });
	return place === null ? hop : { ...hop, answerers: hop.answerers.map((answerer) => ({ ...answerer, place })) };
};

test("hops at one place are one entry, whatever stands between without one", () => {
	const hops = [
		at(1, null),
		at(2, FRANKFURT),
		at(3, null),
		at(4, FRANKFURT),
		at(5, { ...FRANKFURT, longitude: 1 }, true),
	];
	const placed = placedHops({ rounds: 1, atNs: 0, reached: true, hops, changes: [], flows: [] });
	expect(placed.map(({ ttls, isTarget }) => [ttls, isTarget])).toEqual([
		[[2, 4], false],
		[[5], true],
	]);
});

test("a place without coordinates is on no map", () => {
	const hops = [at(1, { ...FRANKFURT, latitude: null, longitude: null })];
	expect(placedHops({ rounds: 1, atNs: 0, reached: false, hops, changes: [], flows: [] })).toEqual([]);
});

test("places and hops in words", () => {
	expect([placeWords(FRANKFURT), placeWords({ ...FRANKFURT, city: null })]).toEqual(["Frankfurt, DE", "DE"]);
	expect([ttlWords([3]), ttlWords([3, 4, 5]), ttlWords([3, 5])]).toEqual(["hop 3", "hops 3 to 5", "hops 3, 5"]);
});
