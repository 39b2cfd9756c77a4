import fc from "fast-check";
import { expect, test } from "vitest";
import type { TurnClientInput } from "./client/client-io.ts";
import { homeOf, PEER, RelayWorld } from "./relay-world.fixture.ts";

const PEERS = [
	PEER[4],
	{ ...PEER[4], port: 1 },
	PEER[6],
	{ address: "9.9.1.1", port: 5 },
	{ address: "10.0.0.1", port: 5 },
];
const DATA = Uint8Array.of(1, 2, 3);

/** Something that the owner does, that the network does, or that only takes time. */
type Happening = TurnClientInput | { readonly type: "pass"; readonly seconds: number } | { readonly type: "toggle" };

const peer = fc.constantFrom(...PEERS);
const happening: fc.Arbitrary<Happening> = fc.oneof(
	fc.record({ type: fc.constant("send" as const), peer, data: fc.constant(DATA), dontFragment: fc.boolean() }),
	fc.record({ type: fc.constant("bind" as const), peer }),
	fc.record({ type: fc.constant("unbind" as const), peer }),
	fc.array(peer.map(({ address }) => address)).map((addresses) => ({ type: "permit" as const, addresses })),
	peer.map(({ address }) => ({ type: "forget" as const, address })),
	fc.record({ type: fc.constant("move" as const), local: fc.nat({ max: 3 }) }),
	fc.constant({ type: "unreachable" as const, code: "ECONNREFUSED" }),
	fc.record({ type: fc.constant("closed" as const), local: fc.nat({ max: 3 }) }),
	fc.record({ type: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 700 }) }),
	fc.constant({ type: "toggle" as const }),
);
interface Wish {
	readonly mobility: boolean;
	readonly both: boolean;
	readonly dontFragment: boolean;
}

const client: fc.Arbitrary<Wish> = fc.record({
	mobility: fc.boolean(),
	both: fc.boolean(),
	dontFragment: fc.boolean(),
});

function happen(both: RelayWorld, what: Happening): void {
	if (what.type === "pass") both.pass(what.seconds);
	else if (what.type === "toggle") both.joined = !both.joined;
	else both.step(what);
}

test("whatever happens, an allocation ends once, at both ends, and nothing is left to wait for", () => {
	const run = (happenings: readonly Happening[], { mobility, both: families, dontFragment }: Wish) => {
		const allocation = { mobility, dontFragment, ...(families && { family: "both" as const }) };
		const both = new RelayWorld({ client: { allocation } });
		for (const what of happenings) happen(both, what);
		both.step({ type: "close" });
		both.pass(5);
		const ends = both.events.filter(({ kind }) => kind === "failed" || kind === "lost" || kind === "closed");
		expect(ends).toHaveLength(1);
		expect(both.events.at(-1)).toBe(ends[0]);
		expect(both.client.deadline).toBeNull();
		both.pass(3700);
		for (let local = 0; local < 4; local++) expect(both.server.allocationAt(0, homeOf(4, local))).toBeUndefined();
	};
	fc.assert(fc.property(fc.array(happening, { maxLength: 25 }), client, run), { numRuns: 150 });
});

test("data comes from peers that are permitted alone, and goes to no others", () => {
	fc.assert(
		fc.property(fc.array(happening, { maxLength: 25 }), (happenings) => {
			const both = new RelayWorld({ client: { allocation: { mobility: true, family: "both" } } });
			for (const what of happenings) happen(both, what);
			expect(both.relayed.filter(({ to }) => to.address === "10.0.0.1")).toEqual([]);
			const asked = new Set(
				happenings.flatMap((what) =>
					what.type === "permit"
						? what.addresses
						: what.type === "send" || what.type === "bind"
							? what.peer.address
							: [],
				),
			);
			for (const { from } of both.told("data")) expect(asked).toContain(from.address);
		}),
		{ numRuns: 100 },
	);
});
