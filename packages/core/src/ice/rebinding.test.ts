import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import { HandPeer } from "./hand-peer.fixture.ts";
import { ADDRESS_RESTRICTED, IceWorld } from "./ice-world.fixture.ts";

const DATA = { type: "send", bytes: Uint8Array.of(0x80, 1) } as const;

describe.each(["a", "b"] as const)("a NAT that maps anew in mid-session, on the side of %s", (name) => {
	const other = name === "a" ? "b" : "a";
	const rebound = (options?: readonly string[]) => {
		const more = options === undefined ? {} : { options };
		const world = new IceWorld({ delayMs: 10, a: more, b: more, [name]: { nat: ADDRESS_RESTRICTED, ...more } });
		world.passUntil("completed");
		world.pass(3000);
		world[name].nat?.forget();
		return world;
	};

	test("is followed by both, with data both ways, for as long as they like", () => {
		const world = rebound();
		world.pass(12_000);
		for (const each of ["a", "b"] as const) world.step(each, DATA);
		world.pass(100);
		expect([world.a.data.length, world.b.data.length]).toEqual([1, 1]);
		world.pass(200_000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect(world[other].selected.remote.port).not.toBe(world[other].told("selected")[0]?.pair.remote.port);
	});

	test("is what a peer that is nominated one pair cannot follow: whoever has lost its pair says so in time", () => {
		const world = rebound(["ice2", "trickle"]);
		world.pass(31_000);
		expect(world[other].agent.state).toBe("failed");
	});
});

test("one peer after hundreds of new mappings is followed to the last", () => {
	const peer = new HandPeer({}, ["ice2", "renomination"]);
	let last = 0;
	for (let number = 1; number <= 250; number++) {
		last = 10_000 + number;
		peer.check({ address: "192.0.2.7", port: last }, [
			...[{ name: "priority", value: 1 } as const, { name: "iceControlling", value: 1n } as const],
			...[{ name: "useCandidate", value: true } as const, { name: "nomination", value: number } as const],
		]);
		peer.pass(peer.now + SECOND / 2);
	}
	const selected = peer.events.findLast((event) => event.kind === "selected");
	expect(selected).toMatchObject({ pair: { remote: { port: last } } });
	expect(peer.agent.state).toBe("completed");
	expect(peer.agent.pairs.length).toBeLessThanOrEqual(100);
});
