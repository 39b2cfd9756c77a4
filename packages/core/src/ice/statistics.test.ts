import { expect, test } from "vitest";
import { MILLISECOND } from "../machine.ts";
import { IceWorld, type Name, type Packet } from "./ice-world.fixture.ts";

test("of a pair are what is seen on the wire: requests, repeats, answers, questions of consent, errors, the round trip", () => {
	const config = { deadPeerMs: 0 };
	const world = new IceWorld({ delayMs: 10, stun: false, a: { config }, b: { config } });
	const delivered: Packet[] = [];
	// Long enough that the same request has to go again.
	world.drops = (packet) => {
		const isLost = world.now < 1500 * MILLISECOND;
		if (!isLost) delivered.push(packet);
		return isLost;
	};
	world.passUntil("completed");
	const completedAt = world.now;
	world.pass(20_050);
	const { address, port } = world.b.selected.local;
	world.step("a", { type: "unreachable", base: world.a.selected.base, to: { address, port }, code: "ECONNREFUSED" });
	const of = (packets: readonly Packet[], side: Name, kind: "request" | "success") =>
		packets.filter((packet) => packet.side === side && packet.message?.class === kind);
	for (const [name, other] of [
		["a", "b"],
		["b", "a"],
	] as const) {
		const [pair] = world[name].agent.pairs;
		const asked = of(world.sent, name, "request");
		const consents = asked.filter(({ at }) => at > completedAt + 1000 * MILLISECOND);
		expect(consents.length).toBeGreaterThan(2);
		const ids = new Set(asked.map(({ message }) => message?.transactionId.join()));
		expect(asked.length - ids.size).toBeGreaterThan(0);
		expect(pair).toMatchObject({
			requestsSent: asked.length - consents.length,
			retransmissions: asked.length - ids.size,
			consentRequestsSent: consents.length,
			responsesReceived: of(delivered, other, "success").length,
			requestsReceived: of(delivered, other, "request").length,
			responsesSent: of(world.sent, name, "success").length,
			icmpErrors: name === "a" ? 1 : 0,
			rttNs: 20 * MILLISECOND,
		});
	}
});

test("has the round trip smoothed as TCP does (RFC 6298 §2.3)", () => {
	const config = { deadPeerMs: 0 };
	const world = new IceWorld({ delayMs: 10, jitterMs: 40, stun: false, a: { config }, b: { config } });
	world.passUntil("completed");
	const [first] = world.a.agent.pairs;
	const trips: number[] = [];
	for (let now = first?.rttNs ?? 0; trips.length < 4; world.pass(1000)) {
		const rtt = world.a.agent.pairs[0]?.rttNs ?? 0;
		if (rtt !== now) trips.push((rtt - (7 * now) / 8) * 8);
		now = rtt;
	}
	for (const trip of trips) {
		expect(trip).toBeGreaterThanOrEqual(20 * MILLISECOND - 8);
		expect(trip).toBeLessThanOrEqual(100 * MILLISECOND + 8);
	}
});
