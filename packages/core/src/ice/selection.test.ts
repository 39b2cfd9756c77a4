import { describe, expect, test } from "vitest";
import { MILLISECOND } from "../machine.ts";
import { IceWorld, PORT_RESTRICTED, SYMMETRIC } from "./ice-world.fixture.ts";

const FAST = { config: { pacingMs: 5 } };
const cell = (more: object) => ({ ...FAST, relay: true, ...more });

describe("a selection", () => {
	test("comes within the grace where a better pair is silent, and says so", () => {
		const world = new IceWorld({
			...{ delayMs: 10, stun: false, a: { ...FAST, bases: [{ cost: 5 }, { address: "198.51.100.77" }] }, b: FAST },
			drops: ({ base, side }) => side === "a" && base === 1,
		});
		world.passUntil("completed", 5);
		expect(world.now / MILLISECOND).toBeLessThanOrEqual(150);
		expect(world.a.selected.base).toBe(0);
	});

	test("changes from a relay to a way of its own that opens later, where the peer can", () => {
		const world = new IceWorld({ delayMs: 10, a: cell({ nat: PORT_RESTRICTED }), b: cell({ nat: PORT_RESTRICTED }) });
		world.drops = ({ side, base }) => side === "b" && base === 0;
		world.passUntil("completed", 10);
		expect([world.a.selected.local.type, world.a.selected.remote.type]).toContain("relay");
		world.drops = () => false;
		world.pass(20_000);
		const ways = [world.a, world.b].flatMap(({ selected }) => [selected.local.type, selected.remote.type]);
		expect(ways).not.toContain("relay");
		expect(world.a.told("selected").at(-1)?.why).toBe("better");
	});

	test("tells the driver which sockets and relays nobody needs any more", () => {
		const world = new IceWorld({
			delayMs: 10,
			a: cell({ nat: PORT_RESTRICTED, config: { pacingMs: 5, deadPeerMs: 0 } }),
			b: cell({}),
		});
		world.passUntil("completed", 5);
		world.pass(4000);
		expect(world.a.told("unneeded")).toEqual([{ kind: "unneeded", bases: [1] }]);
	});

	test("needs every component: RTP and RTCP, on sockets of their own", () => {
		const config = { pacingMs: 5, streams: [2] };
		const bases = [{ component: 1 }, { component: 2 }];
		const world = new IceWorld({
			delayMs: 10,
			a: { config, bases, nat: PORT_RESTRICTED },
			b: { config, bases, nat: PORT_RESTRICTED },
		});
		world.passUntil("completed", 5);
		const components = world.a.told("selected").map(({ pair }) => pair.component);
		expect(components.toSorted()).toEqual([1, 2]);
		world.step("a", { type: "send", component: 2, bytes: Uint8Array.of(0x80, 200) });
		world.pass(50);
		expect(world.b.data).toHaveLength(1);
	});
});

/** From the first socket to the agreement, at no distance, with Ta of 5 ms on both sides. */
describe("at no distance it takes", () => {
	test.each([
		["one network", {}, 10],
		["two port-restricted NATs", { nat: PORT_RESTRICTED }, 38],
		["two symmetric NATs", { nat: SYMMETRIC }, 76],
	] as const)("no more than some slots of Ta: %s", (_, nat, mostMs) => {
		const world = new IceWorld({ a: cell(nat), b: cell(nat) });
		world.passUntil("completed", 5);
		expect(world.now / MILLISECOND).toBeLessThanOrEqual(mostMs);
	});
});
