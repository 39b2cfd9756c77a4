import { describe, expect, test } from "vitest";
import { IceWorld, PORT_RESTRICTED } from "./ice-world.fixture.ts";

const codes = (world: IceWorld) =>
	world.sent.flatMap(({ message }) =>
		(message?.attributes ?? []).flatMap((attribute) => (attribute.name === "errorCode" ? [attribute.value.code] : [])),
	);

describe.each(["controlling", "controlled"] as const)("two that are both %s", (role) => {
	test.each([1, 2, 3, 4, 5, 6])("become one of each and meet all the same, seed %i", (seed) => {
		for (const nat of [undefined, PORT_RESTRICTED]) {
			const side = { config: { role }, ...(nat && { nat }) };
			const world = new IceWorld({ seed, delayMs: 10, a: side, b: side });
			world.passUntil("completed");
			expect(new Set([world.a.agent.role, world.b.agent.role])).toHaveProperty("size", 2);
			expect(world.a.selected.remote.address).toBe(world.b.selected.local.address);
			expect([...world.a.told("role"), ...world.b.told("role")]).toHaveLength(1);
		}
	});
});

test("a conflict is told the peer with 487 by whoever keeps its role, and the check is sent again", () => {
	const conflicts = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
		const world = new IceWorld({ seed, delayMs: 10, stun: false, b: { config: { role: "controlling" } } });
		world.passUntil("completed");
		return codes(world);
	});
	expect(new Set(conflicts.flat())).toEqual(new Set([487]));
});

test("priorities are those of the role that one has in the end", () => {
	const world = new IceWorld({ delayMs: 10, stun: false, b: { config: { role: "controlling" } } });
	world.passUntil("completed");
	expect(world.a.agent.pairs[0]?.priority).toBe(world.b.agent.pairs[0]?.priority);
});
