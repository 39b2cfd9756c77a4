import type { Place } from "@whither/core";
import { expect, it } from "vitest";
import { formatWhereabouts } from "./whereabouts.ts";

const PLACE: Place = { country: "DE", city: "Berlin", latitude: 52.5, longitude: 13.25, source: "test" };

it.each([
	[{}, ""],
	[{ asn: null }, " [*]"],
	[{ asn: "AS64500" }, " [AS64500]"],
	[{ asn: "AS64500/AS64501", asName: "Example\u001b[2J" }, " [AS64500/AS64501 Example\\u{1b}[2J]"],
	[{ asn: "AS64500", place: PLACE }, " [AS64500] [Berlin, DE]"],
	[{ place: { ...PLACE, city: null } }, " [DE]"],
	[{ place: { ...PLACE, city: "a\nb", country: null } }, " [a\\u{a}b]"],
	[{ place: { ...PLACE, city: null, country: null } }, ""],
	[{ place: null }, ""],
	[{ asn: null, exchange: "Example-IX\u0007", place: PLACE }, " [*] [at Example-IX\\u{7}] [Berlin, DE]"],
])("%j is written %j", (known, text) => {
	expect(formatWhereabouts(known)).toBe(text);
});
