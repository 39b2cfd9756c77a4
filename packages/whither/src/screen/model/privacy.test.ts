import { expect, it } from "vitest";
import { samplePath } from "../fixtures/sample-path.fixture.ts";
import { HIDDEN, redacted } from "./privacy.ts";

const path = samplePath();
const place = { country: "PT", city: "Lisbon", latitude: 38.7, longitude: -9.1, source: "test" };
/** Everything is known of everybody. */
const known = {
	...path,
	hops: path.hops.map((hop) => ({
		...hop,
		answerers: hop.answerers.map((one) => ({
			...one,
			...{ asn: `AS${hop.ttl}00`, asName: `Net ${hop.ttl}.`, exchange: `Exchange ${hop.ttl}.`, place },
			extensions: [{ class: 1, type: 1, mpls: [{ label: hop.ttl, tc: 0, bottom: true, ttl: 1 }] }],
		})),
	})),
};

it("of hidden hops nothing is left but figures, wherever they are told of", () => {
	const hidden = redacted(known, 8);
	const text = JSON.stringify({ ...hidden, hops: hidden.hops.slice(0, 8) });
	for (const { ttl, answerers } of known.hops.slice(0, 8)) {
		for (const { address, name } of answerers) {
			expect(text).not.toContain(`"${address}"`);
			expect(text).not.toContain(`"${name}"`);
		}
		for (const word of [`"AS${ttl}00"`, `"Net ${ttl}."`, `"Exchange ${ttl}."`, "Lisbon", "mpls"])
			expect(text).not.toContain(word);
	}
	expect(hidden.changes).toMatchObject([
		{ round: 40, from: HIDDEN, to: HIDDEN },
		{ round: 100, from: HIDDEN, to: HIDDEN },
	]);
	expect(hidden.flows.map(({ addresses }) => addresses.slice(8))).toEqual(
		known.flows.map(({ addresses }) => addresses.slice(8)),
	);
});

it("figures stay, those behind are as they were, and without privacy all is", () => {
	const hidden = redacted(known, 3);
	expect(hidden.hops.map(({ sent, lost, rtt }) => [sent, lost, rtt])).toEqual(
		known.hops.map(({ sent, lost, rtt }) => [sent, lost, rtt]),
	);
	expect(hidden.hops.slice(3)).toEqual(known.hops.slice(3));
	expect(hidden.changes).toEqual(known.changes);
	expect(redacted(known, 0)).toBe(known);
});
