import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../machine.ts";
import { IceWorld, PORT_RESTRICTED, type WorldSettings } from "./ice-world.fixture.ts";

function completed(settings: WorldSettings = {}): IceWorld {
	const world = new IceWorld({ delayMs: 10, stun: false, ...settings });
	world.passUntil("completed");
	return world;
}

const NO_RESERVE = { config: { deadPeerMs: 0 } };
const DATA = { type: "send", bytes: Uint8Array.of(0x80, 1) } as const;

describe("consent", () => {
	test("is asked for every 4 to 6 s, once each, by a new id", () => {
		const world = completed({ a: NO_RESERVE, b: NO_RESERVE });
		const from = world.sent.length;
		world.pass(300_000);
		const requests = world.sent.slice(from).filter(({ side, message }) => side === "a" && message?.class === "request");
		const gaps = requests.slice(1).map(({ at }, index) => (at - (requests[index]?.at ?? 0)) / SECOND);
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4);
		expect(Math.max(...gaps)).toBeLessThanOrEqual(6);
		expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(1);
		expect(new Set(requests.map(({ message }) => message?.transactionId.join()))).toHaveProperty(
			"size",
			requests.length,
		);
	});

	test("is over 30 s after the last answer: then nothing is sent any more, and that is the end", () => {
		const world = completed({ a: NO_RESERVE, b: NO_RESERVE });
		world.pass(10_000);
		world.drops = ({ side }) => side === "b";
		const goneAt = world.now;
		world.passUntil("failed", 60);
		const [failed] = world.a.events.filter(({ event }) => event.kind === "state" && event.state === "failed");
		const last = world.a.events.findLast(({ event }) => event.kind === "pair" && event.pair.responsesReceived > 0);
		expect(failed?.event).toMatchObject({ failure: "consentExpired" });
		expect(((failed?.at ?? 0) - goneAt) / SECOND).toBeGreaterThan(23);
		expect(((failed?.at ?? 0) - goneAt) / SECOND).toBeLessThanOrEqual(30);
		expect(last).toBeDefined();
		const sentAfter = world.sent.length;
		world.step("a", DATA);
		world.pass(120_000);
		expect(world.a.ignored.at(-1)).toBe("noPair");
		expect(world.sent.slice(sentAfter).filter(({ side }) => side === "a")).toEqual([]);
		expect(world.a.agent.pending).toBe(0);
	});

	test("sends often enough for any NAT to keep its mapping, for an hour", () => {
		const world = completed({ a: { nat: PORT_RESTRICTED }, b: { nat: PORT_RESTRICTED }, stun: true });
		const from = world.sent.length;
		world.pass(3_600_000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		for (const name of ["a", "b"] as const) {
			const times = world.sent.slice(from).flatMap(({ side, at }) => (side === name ? [at] : []));
			const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
			expect(gaps.length).toBeGreaterThan(240);
			expect(Math.max(...gaps)).toBeLessThanOrEqual(15 * SECOND);
		}
	});

	test("is doubted in public after two silences, and the doubt ends with the next answer", () => {
		const world = completed({ a: NO_RESERVE, b: NO_RESERVE });
		world.drops = () => true;
		world.pass(15_000);
		expect(world.a.agent.state).toBe("disconnected");
		world.drops = () => false;
		world.pass(7000);
		expect(world.a.agent.state).toBe("completed");
	});
});

describe("a pair in reserve", () => {
	const two = { bases: [{}, { address: "198.51.100.77" }] };

	test("takes over within two seconds when the way of the selected one is cut", () => {
		for (const seed of [1, 2, 3, 4]) {
			const world = completed({ seed, a: two, b: {} });
			world.pass(5000);
			const { base } = world.a.selected;
			const cutAt = world.now;
			world.drops = (packet) =>
				packet.from.address === world.a.bases.get(base)?.address ||
				packet.to.address === world.a.bases.get(base)?.address;
			world.pass(2000);
			const last = world.a.events.findLast(({ event }) => event.kind === "selected");
			expect(last?.event).toMatchObject({ why: "failover" });
			expect(((last?.at ?? 0) - cutAt) / MILLISECOND).toBeLessThanOrEqual(2000);
			expect(world.a.selected.base).not.toBe(base);
			expect(world.b.selected.remote.address).toBe(world.a.selected.local.address);
			world.step("b", DATA);
			world.step("a", DATA);
			world.pass(20);
			expect([world.a.data.length, world.b.data.length]).toEqual([1, 1]);
		}
	});

	test.each(["a", "b"] as const)(
		"takes over within two seconds where what %s sends is lost alone, and data flow both ways",
		(side) => {
			for (const seed of [1, 2, 3]) {
				const world = completed({ seed, a: two, b: {} });
				for (let at = 0; at < 9500; at += 50)
					world.after(at, () => {
						for (const each of ["a", "b"] as const) world.step(each, DATA);
					});
				world.pass(5000 + 700 * seed);
				const before = world.a.selected;
				const lost = { from: world[side].selected.local.address, to: world[side].selected.remote.address };
				const cutAt = world.now;
				world.drops = (packet) =>
					packet.side === side && packet.from.address === lost.from && packet.to.address === lost.to;
				world.pass(2000);
				const heardAt = (side === "a" ? world.b : world.a).data
					.map(({ at }) => at)
					.filter((at) => at > cutAt + 50 * MILLISECOND);
				expect(Math.min(...heardAt) - cutAt).toBeLessThanOrEqual(2000 * MILLISECOND);
				expect(world.a.selected.id).not.toBe(before.id);
			}
		},
	);

	test("is not gone to when everything is silent, for it would be no better", () => {
		const world = completed({ a: two });
		world.pass(5000);
		const selections = world.a.told("selected").length;
		world.drops = () => true;
		world.pass(6000);
		expect([world.a.agent.state, world.a.told("selected").length]).toEqual(["disconnected", selections]);
		world.drops = () => false;
		world.pass(6000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect(world.a.selected.remote.port).toBe(world.b.selected.local.port);
	});

	test("takes over at once when the driver loses the socket", () => {
		const world = completed({ a: two });
		world.pass(5000);
		const { base } = world.a.selected;
		world.step("a", { type: "baseGone", base });
		world.pass(200);
		expect(world.a.agent.state).toBe("completed");
		expect(world.a.selected.base).not.toBe(base);
		expect(world.b.selected.remote.port).toBe(world.a.selected.local.port);
	});
});

test("a peer that has closed is silent, and consent in it expires", () => {
	const world = completed({ a: NO_RESERVE, b: NO_RESERVE });
	world.step("b", { type: "close" });
	const from = world.sent.length;
	expect(world.b.agent.state).toBe("closed");
	expect([world.b.agent.deadline, world.b.agent.pending]).toEqual([null, 0]);
	world.pass(40_000);
	expect(world.sent.slice(from).filter(({ side }) => side === "b")).toEqual([]);
	expect(world.a.agent.state).toBe("failed");
});
