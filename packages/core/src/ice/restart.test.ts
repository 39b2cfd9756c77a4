import { describe, expect, test } from "vitest";
import { IceWorld, PORT_RESTRICTED, type WorldSettings } from "./ice-world.fixture.ts";

const DATA = { type: "send", bytes: Uint8Array.of(0x80, 1) } as const;

function completed(settings: WorldSettings = {}): IceWorld {
	const world = new IceWorld({ delayMs: 10, ...settings });
	world.passUntil("completed");
	world.pass(4000);
	return world;
}

/** One restarts and tells the other, which tells its own new credentials. */
function restart(world: IceWorld): void {
	world.step("a", { type: "restart" });
	world.describe("a");
	world.after(1, () => world.describe("b"));
}

describe("a restart", () => {
	test("has new credentials and ends with both selecting anew, in the same roles", () => {
		const world = completed({ a: { nat: PORT_RESTRICTED }, b: { nat: PORT_RESTRICTED } });
		const before = [world.a.agent.own.ufrag, world.b.agent.own.ufrag];
		const selections = world.a.told("selected").length;
		restart(world);
		world.pass(2000);
		expect(world.a.agent.own.ufrag).not.toBe(before[0]);
		expect(world.b.agent.own.ufrag).not.toBe(before[1]);
		expect(world.a.told("selected").length).toBe(selections + 1);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect([world.a.agent.role, world.b.agent.role]).toEqual(["controlling", "controlled"]);
	});

	test("keeps the pair in use until another is selected", () => {
		const world = completed();
		world.step("a", { type: "restart" });
		world.pass(20_000);
		world.step("a", DATA);
		world.step("b", DATA);
		world.pass(20);
		expect([world.a.data.length, world.b.data.length]).toEqual([1, 1]);
		expect(world.a.agent.state).toBe("connected");
		world.describe("a");
		world.after(1, () => world.describe("b"));
		world.pass(1000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});

	test("goes on hearing data on the pair in use when both know the same pair anew", () => {
		const world = completed();
		restart(world);
		world.pass(2);
		world.step("a", DATA);
		world.step("b", DATA);
		world.pass(20);
		expect([world.a.data.length, world.b.data.length]).toEqual([1, 1]);
		world.pass(1000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});

	test("finds the way again after an address has changed", () => {
		const world = completed();
		world.step("a", { type: "baseGone", base: 0 });
		world.addBase("a", { address: "198.51.100.99" });
		restart(world);
		world.pass(1500);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect(world.b.selected.remote.address).toBe("198.51.100.99");
	});

	test("brings back what had failed", () => {
		const world = completed();
		world.drops = () => true;
		world.passUntil("failed");
		world.drops = () => false;
		restart(world);
		world.pass(1500);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});
});
