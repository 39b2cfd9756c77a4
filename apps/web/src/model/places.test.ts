import type { PathSummary, Place } from "@whither/core";
import { expect, test } from "vitest";
import { hopOf } from "./hop.fixture.ts";
import { placedHops, placeWords, ttlWords } from "./places.ts";

const FRANKFURT: Place = { country: "DE", city: "Frankfurt", latitude: 50.1, longitude: 8.7, source: "test" };
const pathOf = (...hops: PathSummary["hops"]): PathSummary => ({
	rounds: 1,
	atNs: 0,
	reached: true,
	hops,
	changes: [],
	flows: [],
});

test("hops at one place are one entry, whatever stands between without one", () => {
	const places: Readonly<Record<string, Place>> = { b: FRANKFURT, d: FRANKFURT, e: { ...FRANKFURT, longitude: 1 } };
	const hops = ["a", "b", "c", "d", "e"].map((address, index) =>
		hopOf(index + 1, [address], { isTarget: address === "e" }),
	);
	const placed = placedHops(pathOf(...hops), (address) =>
		places[address] === undefined ? {} : { place: places[address] },
	);
	expect(placed.map(({ ttls, isTarget }) => [ttls, isTarget])).toEqual([
		[[2, 4], false],
		[[5], true],
	]);
});

test("a place without coordinates is on no map", () => {
	const place = { ...FRANKFURT, latitude: null, longitude: null };
	expect(placedHops(pathOf(hopOf(1, ["a"])), () => ({ place }))).toEqual([]);
});

test("places and hops in words", () => {
	expect([placeWords(FRANKFURT), placeWords({ ...FRANKFURT, city: null })]).toEqual(["Frankfurt, DE", "DE"]);
	expect([ttlWords([3]), ttlWords([3, 4, 5]), ttlWords([3, 5])]).toEqual(["hop 3", "hops 3 to 5", "hops 3, 5"]);
});
