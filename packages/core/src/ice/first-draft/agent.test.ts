import { expect, test } from "vitest";
import { DraftWorld, meet } from "./draft-world.fixture.ts";

test("two agents behind cones take each other's STUN-derived address in one cycle (9.1.1 without relays)", () => {
	const world = new DraftWorld();
	const [a, b] = [world.end("a", "fullCone"), world.end("b", "fullCone")];
	meet(world, a, b, 100);
	world.run(30_000);
	expect(a.agent.description[0]?.alternatives.map(({ q, at }) => [q, at])).toEqual([
		[1, { address: "10.0.1.1", port: 1010 }],
		[0.8, { address: "192.0.2.1", port: 20_000 }],
	]);
	expect(a.all("sending").at(-1)?.to).toEqual({ address: "192.0.2.2", port: 20_000 });
	expect(b.all("sending").at(-1)?.to).toEqual({ address: "192.0.2.1", port: 20_000 });
	expect(a.all("settled")).toEqual([{ kind: "settled", cycles: 1 }]);
	expect(b.all("settled")).toEqual([{ kind: "settled", cycles: 1 }]);
});
