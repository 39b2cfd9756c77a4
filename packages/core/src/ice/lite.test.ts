import { describe, expect, test } from "vitest";
import { IceWorld, PORT_RESTRICTED } from "./ice-world.fixture.ts";

const LITE = { config: { lite: true } };
const requests = (world: IceWorld, name: "a" | "b") =>
	world.sent.filter(({ side, message }) => side === name && message?.class === "request");

describe("an agent that is lite", () => {
	test("is checked and chosen by one that is full, and sends no checks", () => {
		const world = new IceWorld({ delayMs: 10, stun: false, a: { nat: PORT_RESTRICTED }, b: LITE });
		world.passUntil("completed", 5);
		expect(requests(world, "b")).toEqual([]);
		expect(world.b.selected.remote).toMatchObject({ type: "prflx", address: world.a.selected.local.address });
		world.step("b", { type: "send", bytes: Uint8Array.of(0x80) });
		world.pass(20);
		expect(world.a.data).toHaveLength(1);
	});

	test("makes the other controlling, whoever began", () => {
		const world = new IceWorld({ delayMs: 10, stun: false, a: LITE, b: {} });
		world.passUntil("completed", 5);
		expect([world.a.agent.role, world.b.agent.role]).toEqual(["controlled", "controlling"]);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});

	test("shows the NAT that it is there, and stops when the peer asks no more", () => {
		const world = new IceWorld({ delayMs: 10, stun: false, b: LITE });
		world.passUntil("completed", 5);
		world.pass(60_000);
		const indications = world.sent.filter(({ message }) => message?.class === "indication");
		expect(indications.length).toBeGreaterThanOrEqual(3);
		world.drops = ({ side }) => side === "a";
		world.pass(40_000);
		expect(world.b.agent.state).toBe("failed");
	});

	test("agrees with another that is lite by priority alone", () => {
		const world = new IceWorld({ stun: false, a: LITE, b: LITE });
		world.passUntil("completed", 5);
		expect(world.sent.filter(({ message }) => message?.class === "request")).toEqual([]);
		expect(world.a.selected.remote.address).toBe(world.b.selected.local.address);
	});
});
