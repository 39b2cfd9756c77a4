import type { StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import { IceAgent } from "./agent.ts";
import { HandPeer, hostLine } from "./hand-peer.fixture.ts";
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
		world.addBase("b", { address: "198.51.100.77" });
		world.passUntil("completed", 5);
		world.pass(1000);
		expect(world.sent.filter(({ message }) => message?.class === "request")).toEqual([]);
		expect(world.a.selected.remote.address).toBe(world.b.selected.local.address);
	});

	test("restarts with one that is full, and goes on in between", () => {
		const world = new IceWorld({ delayMs: 10, stun: false, redescribes: true, signallingMs: 200, b: LITE });
		world.passUntil("completed", 5);
		for (const name of ["a", "b"] as const) {
			world.step(name, { type: "restart" });
			world.step("b", { type: "send", bytes: Uint8Array.of(0x80) });
			world.pass(2000);
			expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		}
		expect(world.a.data).toHaveLength(2);
	});

	test("stays with a peer of RFC 5245 that asks for no consent, as long as it hears of it", () => {
		const peer = new HandPeer({ lite: true }, []);
		const from = { address: "192.0.2.7", port: 7000 };
		const items: readonly StunItem[] = [
			{ name: "priority", value: 1 },
			{ name: "iceControlling", value: 1n },
			{ name: "useCandidate", value: true },
		];
		peer.check(from, items);
		for (let times = 0; times < 20; times++) {
			peer.pass(peer.now + 10 * SECOND);
			peer.step({ type: "received", base: 0, from, bytes: Uint8Array.of(0x80, 1) });
		}
		expect(peer.agent.state).toBe("completed");
		peer.pass(peer.now + 40 * SECOND);
		expect(peer.agent.state).toBe("failed");
	});

	test("knows which side it is of two that are lite, where their priorities are the same, and candidates that came first", () => {
		const line = (address: string, priority: number) => ({ line: hostLine(address, priority) });
		const of = (role: "controlling" | "controlled", end: number) => {
			const agent = new IceAgent({ secret: new Uint8Array(32).fill(end), role, lite: true });
			agent.step({ type: "base", base: 0, at: { address: `192.0.2.${end}`, port: 7000 } }, 0);
			agent.step({ type: "base", base: 1, at: { address: `2001:db8::${end}`, port: 7000 } }, 0);
			const [v4, v6] = [2130706175, 2130706431];
			// All pairs are of the same two priorities: whose is the larger decides (RFC 8445 §6.1.2.3).
			const candidates = [line(`192.0.2.${3 - end}`, v6), line(`2001:db8::${3 - end}`, v4)];
			agent.step({ type: "remoteCandidates", candidates }, 0);
			const peer = { ufrag: "abcd", pwd: "0123456789012345678901", lite: true };
			agent.step({ type: "peer", peer }, 0);
			return agent.pairs.find(({ selected }) => selected)?.local.address.includes(":");
		};
		expect([of("controlling", 1), of("controlled", 2)]).toEqual([true, false]);
	});
});
