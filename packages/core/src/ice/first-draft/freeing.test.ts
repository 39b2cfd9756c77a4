import { expect, test } from "vitest";
import { MILLISECOND } from "../../machine.ts";
import { call, freed, lastSending, MEDIA } from "./draft-call.fixture.ts";
import { DraftWorld, exchange, RELAY, RELAYED } from "./draft-world.fixture.ts";
import { altOf, told } from "./hand-answer.fixture.ts";
import { checkOf, hear, verdictOf } from "./hand-check.fixture.ts";

test("rule 21 and 22: nothing is given back before the peer has reached something better, and then no sooner than 3 s after", () => {
	const { world, a, b } = call("fullCone", RELAYED, 0);
	const told = world.now / MILLISECOND;
	const [relay, seen] = ["relay", "stun"].map((origin) => a.agent.addresses.find((own) => own.origin === origin)?.alt);
	if (relay === undefined || seen === undefined) throw new Error("both are wanted");
	world.run(told + 2900);
	expect([...freed(a), ...freed(b)]).toEqual([]);
	expect(a.all("reached").map(({ address }) => address.alt.q)).toContain(0.8);
	world.run(told + 3300);
	expect([freed(a).length, freed(b).length]).toEqual([1, 1]);
	expect([
		verdictOf(hear(a.agent, checkOf(relay), { now: world.now })),
		verdictOf(hear(a.agent, checkOf(seen))),
	]).toEqual([430, "success"]);
	expect(a.agent.description[0]?.destination).toEqual({ address: "192.0.2.1", port: 20_000 });
});

test("rule 22: nothing is given back while the telephone rings, whoever has checked meanwhile, nor to one without ICE who answers then", () => {
	const world = new DraftWorld();
	const [a, b] = [world.end("a", "fullCone", RELAYED), world.end("b", "fullCone", RELAYED)];
	a.open();
	b.open();
	world.run(10_000);
	a.step({ type: "told" });
	b.step({ type: "peer", streams: a.agent.description });
	world.run(60_000);
	expect(a.all("reached").map(({ address }) => address.alt.q)).toContain(0.8);
	expect(freed(a)).toEqual([]);
	const gateway = { address: "203.0.113.77", port: 9900 };
	a.step({ type: "peer", streams: [{ destination: gateway, rtcp: null, alternatives: [] }] });
	world.run(120_000);
	expect(lastSending(a)?.to).toEqual(gateway);
	expect(freed(a)).toEqual([]);
	a.step({ type: "peer", streams: b.agent.description });
	const answeredMs = world.now / MILLISECOND;
	world.run(answeredMs + 2900);
	expect(freed(a)).toEqual([]);
	world.run(answeredMs + 9600);
	expect(freed(a)).toHaveLength(1);
});

test("rule 21: a relay of a socket that came late is needless like any other", () => {
	const { world, a } = call("fullCone", RELAYED, 0);
	world.run(world.now / MILLISECOND + 5000);
	expect(freed(a)).toHaveLength(1);
	a.bases.push({ address: a.address, port: 1020 }, { address: a.address, port: 1021 });
	a.step({ type: "base", base: 2, at: { address: a.address, port: 1020 } });
	a.step({ type: "base", base: 3, at: { address: a.address, port: 1021, component: 2 } });
	world.run(world.now / MILLISECOND + 2900);
	expect(freed(a)).toHaveLength(1);
	world.run(world.now / MILLISECOND + 600);
	expect(freed(a)).toHaveLength(2);
});

test("rule 21: a relay is needed after all where the socket of the better address goes before its time is over", () => {
	const world = new DraftWorld();
	const a = world.end("a", "fullCone", RELAYED);
	const second = { address: a.address, port: 1020 };
	a.bases.push(second, { ...second, port: 1021 });
	a.open();
	a.step({ type: "base", base: 2, at: second });
	a.step({ type: "base", base: 3, at: { ...second, port: 1021, component: 2 } });
	world.run(10_000);
	a.step({ type: "told" });
	a.step({ type: "peer", streams: [told([altOf("1", 1)])] });
	const better = a.agent.addresses.find(({ base, origin }) => base === 2 && origin === "local")?.alt;
	if (better === undefined) throw new Error("it is wanted");
	for (const base of [2, 3]) hear(a.agent, checkOf(better, { id: base }), { base, now: world.now });
	expect(a.agent.addresses.filter(({ reached }) => reached)).toHaveLength(1);
	world.run(12_000);
	a.step({ type: "baseGone", base: 2 });
	world.run(60_000);
	const relays = a.agent.addresses.filter(({ origin }) => origin === "relay");
	expect(relays.map(({ base, freed }) => [base, freed])).toEqual([[0, false]]);
});

test("nothing is said to a relay whose socket is gone, at no time", () => {
	const { world, a } = call("fullCone", RELAYED, 0);
	world.run(world.now / MILLISECOND + 2000);
	expect(a.agent.deadline?.why).toBe("free");
	const outputs = [...a.step({ type: "baseGone", base: 0 })];
	expect(a.agent.deadline?.why).not.toBe("free");
	outputs.push(...a.agent.step({ type: "timer" }, world.now + 60_000 * MILLISECOND));
	expect(outputs.filter(({ type }) => type === "send")).toEqual([]);
});

test("rule 23: a relay that the peer's media still comes by is kept until that ends", () => {
	const { world, a, b } = call("fullCone", RELAYED, 0);
	const told = world.now / MILLISECOND;
	for (let ms = told; ms < told + 8000; ms += 1000) {
		world.run(ms);
		world.send({ address: "192.0.2.2", port: 20_000 }, { address: RELAY.address, port: 8076 }, MEDIA);
	}
	world.run(told + 8100);
	expect(a.data.length).toBeGreaterThan(5);
	expect([freed(a).length, freed(b).length]).toEqual([0, 1]);
	world.run(told + 12_000);
	expect(freed(a)).toHaveLength(1);
});

test("rule 23: a relay is kept as long as what the peer has learned from it may yet turn out to work", () => {
	const { world, a } = call("fullCone");
	const told = world.now / MILLISECOND;
	world.loses = ({ from, to }) => to.address === "192.0.2.1" && from.port === RELAY.port;
	world.run(told + 4000);
	expect(a.agent.checks.filter(({ alt }) => alt.derivedFrom === "3").map(({ state }) => state)).toEqual([
		"inProgress",
		"inProgress",
	]);
	expect(freed(a)).toEqual([]);
	world.loses = () => false;
	world.run(told + 9000);
	expect(freed(a)).toHaveLength(1);
});

test("rule 23: with equal q-values on both sides each end keeps the relay that it sends by, though the peer has an address that it likes as well", () => {
	const { world, a, b } = call("symmetric", RELAYED, 1000);
	world.run(world.now / MILLISECOND + 500);
	// Another exchange while both relays stand: now each end knows the way by its own.
	exchange(world, a, b, 500);
	world.run(60_000);
	expect([lastSending(a)?.to, lastSending(b)?.to]).toEqual([RELAY, RELAY]);
	expect(a.all("reached").some(({ address }) => address.origin === "peer")).toBe(true);
	expect(b.all("reached").some(({ address }) => address.origin === "peer")).toBe(true);
	expect([freed(a), freed(b)]).toEqual([[], []]);
	for (const [from, to] of [
		[a, b],
		[b, a],
	] as const) {
		from.step({ type: "send", bytes: MEDIA });
		world.run(world.now / MILLISECOND + 100);
		expect(to.data).toHaveLength(1);
	}
});

test("rule 21: a relay that the peer has reached at its public address is not needless for having a lesser one", () => {
	const world = new DraftWorld(["192.0.2.1", "192.0.2.10"]);
	const a = world.end("a", "symmetric", RELAYED);
	a.open();
	world.run(10_000);
	a.step({ type: "told" });
	a.step({ type: "peer", streams: [told([altOf("1", 1)])] });
	const relay = a.agent.description[0]?.alternatives.find(({ q }) => q === 0.5);
	if (relay === undefined) throw new Error("it is wanted");
	for (const base of [0, 1]) hear(a.agent, checkOf(relay, { id: base }), { base, now: world.now, from: RELAY });
	expect(a.agent.addresses.filter(({ reached }) => reached).map(({ alt }) => alt.q)).toEqual([0.5]);
	world.run(60_000);
	expect(freed(a)).toEqual([]);
});
