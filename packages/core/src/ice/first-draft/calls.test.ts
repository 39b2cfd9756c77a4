import { attributeOf, isEarlyTurnControl } from "@whither/wire";
import { expect, test } from "vitest";
import { MILLISECOND } from "../../machine.ts";
import { FirstDraftAgent } from "./agent.ts";
import { DraftWorld, type End, exchange, meet, RELAY, RELAYED } from "./draft-world.fixture.ts";
import { EarlyRelay, RELAY_USER } from "./early-relay.fixture.ts";
import type { FirstDraftConfig } from "./first-draft-io.ts";
import { eventsIn, questionsIn } from "./hand-answer.fixture.ts";
import { checkOf, hear, SECRET, verdictOf } from "./hand-check.fixture.ts";

const MEDIA = Uint8Array.of(0x80, 0, 1, 2);

/** Who is behind what, and how the call went after so long. */
function call(before: "fullCone" | "symmetric", config: Partial<FirstDraftConfig> = RELAYED, answerAfterMs = 1000) {
	const world = new DraftWorld();
	const [a, b] = [world.end("a", before, config), world.end("b", before, config)];
	meet(world, a, b, answerAfterMs);
	return { world, a, b };
}

const last = ({ events }: End) => events.findLast((event) => event.kind === "sending");
const freed = (end: End) => end.all("freed").map(({ address }) => [address.origin, address.alt.at.port]);
const results = (end: End) =>
	end.agent.checks
		.filter(({ component }) => component === 1)
		.map(({ alt, state, isNew }) => [alt.q, alt.derivedFrom, state, isNew]);

test("two behind full cones talk by their STUN-derived addresses after one cycle, and give both relays back (9.1.1)", () => {
	const { world, a, b } = call("fullCone");
	world.run(40_000);
	expect(a.agent.description[0]?.alternatives.map(({ q }) => q)).toEqual([1, 0.8, 0.4]);
	expect(results(a)).toEqual([
		[1, null, "failed", false],
		[0.8, null, "succeeded", false],
		[0.4, null, "succeeded", true],
		[0.4, "3", "succeeded", false],
	]);
	expect(results(b)).toEqual([
		[1, null, "failed", false],
		[0.8, null, "succeeded", false],
		[0.4, null, "succeeded", true],
	]);
	expect([last(a)?.to.address, last(b)?.to.address]).toEqual(["192.0.2.2", "192.0.2.1"]);
	expect([freed(a), freed(b)]).toEqual([[["relay", 8076]], [["relay", 8078]]]);
	expect(world.relay.ports.size).toBe(0);
	for (const end of [a, b])
		expect([end.all("cycle"), end.all("settled")]).toEqual([[], [{ kind: "settled", cycles: 1 }]]);
});

test("two behind symmetric NATs talk by one relay after one cycle, and only the other is given back (9.1.2, rule 26)", () => {
	const { world, a, b } = call("symmetric");
	world.run(40_000);
	expect(results(a).map(([, , state]) => state)).toEqual(["failed", "failed", "succeeded", "succeeded"]);
	expect(results(b).map(([, , state]) => state)).toEqual(["failed", "failed", "succeeded"]);
	// To the relay's own address, by the socket that owns the relay.
	expect(last(a)).toMatchObject({ to: RELAY, alt: { derivedFrom: "3" } });
	expect(last(b)?.to).toEqual({ address: RELAY.address, port: 8076 });
	expect([freed(a), freed(b)]).toEqual([[], [["relay", 8078]]]);
	expect([...world.relay.ports.keys()]).toEqual([8076, 8077]);
	for (const end of [a, b])
		expect([end.all("cycle"), end.all("settled")]).toEqual([[], [{ kind: "settled", cycles: 1 }]]);
	for (const [from, to] of [
		[a, b],
		[b, a],
	] as const) {
		for (const component of [1, 2] as const) from.step({ type: "send", component, bytes: MEDIA });
		world.run(world.now / MILLISECOND + 100);
		expect(to.data.map(({ component, kind }) => [component, kind])).toEqual([
			[1, "rtp"],
			[2, "rtp"],
		]);
	}
});

test("rule 10: m= and c= are the relay's, and it is an alternative as well; RTCP's port is the one above", () => {
	const { a } = call("fullCone");
	const [stream] = a.agent.description;
	expect(stream?.destination).toEqual({ address: RELAY.address, port: 8076 });
	expect(stream?.rtcp).toBeNull();
	expect(stream?.alternatives.at(2)?.at).toEqual(stream?.destination);
});

test("rule 11: an answer tells what the checks have found by then, and a peer checks it from where it was learned", () => {
	const [late, early] = [call("symmetric"), call("symmetric", RELAYED, 0)];
	for (const { world } of [late, early]) world.run(40_000);
	expect(
		late.a.agent.checks.filter(({ alt }) => alt.derivedFrom === "3").map(({ base, state }) => [base, state]),
	).toEqual([
		[0, "succeeded"],
		[1, "succeeded"],
	]);
	// Nobody needs another cycle for it: it is no better than what works.
	expect(early.a.agent.checks.some(({ alt }) => alt.derivedFrom !== null)).toBe(false);
	for (const end of [early.a, early.b])
		expect([end.all("cycle"), end.all("settled")]).toEqual([[], [{ kind: "settled", cycles: 1 }]]);
});

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
	expect(last(a)?.to).toEqual(gateway);
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
	expect([last(a)?.to, last(b)?.to]).toEqual([RELAY, RELAY]);
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

test("where nothing works, as without relays here, no further cycle can help, and media goes on to m= and c=", () => {
	const { world, a, b } = call("symmetric", {}, 1000);
	world.run(22_000);
	expect([a.all("cycle"), a.all("settled")]).toEqual([[], [{ kind: "settled", cycles: 1 }]]);
	expect([last(a)?.alt, last(b)?.alt]).toEqual([null, null]);
});

test("rules 24 and 25: who sits behind a NAT that its peer does not is seen at a new address, tells it in a second cycle, and is reached at it", () => {
	const world = new DraftWorld();
	const [a, b] = [world.end("a", "symmetric", { ...RELAYED, stunServers: [] }), world.end("b", "nothing", RELAYED)];
	meet(world, a, b, 1000);
	const toldAt = world.now;
	world.run(toldAt / MILLISECOND + 900);
	expect(a.all("cycle")).toEqual([]);
	world.run(toldAt / MILLISECOND + 1100);
	expect(a.all("cycle")).toHaveLength(1);
	world.run(toldAt / MILLISECOND + 9000);
	expect([a.all("settled"), freed(a)]).toEqual([[], []]);
	exchange(world, a, b, 1000);
	world.run(60_000);
	expect(a.agent.addresses.find(({ reached, origin }) => reached && origin === "peer")?.alt.q).toBe(1);
	expect([last(a)?.to, last(b)?.to.address]).toEqual([{ address: "192.0.2.2", port: 1010 }, "192.0.2.1"]);
	expect([a.all("settled").at(-1), b.all("settled").at(-1)]).toEqual([
		{ kind: "settled", cycles: 2 },
		{ kind: "settled", cycles: 2 },
	]);
	expect(a.all("cycle")).toHaveLength(1);
	expect(world.relay.ports.size).toBe(0);
});

test("an offer with its answer that tells nothing new, and an answer that comes twice, are no cycles", () => {
	const { world, a, b } = call("fullCone", {}, 1000);
	a.step({ type: "peer", streams: b.agent.description });
	world.run(40_000);
	exchange(world, a, b, 100);
	world.run(60_000);
	for (const end of [a, b]) expect(end.all("settled").at(-1)).toEqual({ kind: "settled", cycles: 1 });
});

test("rule 26: a relay with two addresses is one binding, and the public one is worth more", () => {
	const world = new DraftWorld(["192.0.2.1", "192.0.2.10"]);
	const a = world.end("a", "symmetric", RELAYED);
	a.open();
	world.run(10_000);
	expect(a.agent.description[0]?.alternatives.slice(2).map(({ q, at }) => [q, at])).toEqual([
		[0.5, { address: "192.0.2.1", port: 8076 }],
		[0.4, { address: "192.0.2.10", port: 8076 }],
	]);
	expect(a.agent.description[0]?.destination).toEqual({ address: "192.0.2.1", port: 8076 });
	a.step({ type: "close" });
	world.run(11_000);
	expect(a.all("freed")).toHaveLength(2);
	expect(world.relay.ports.size).toBe(0);
	expect(a.all("closed")).toHaveLength(1);
	expect(a.agent.deadline).toBeNull();
});

test("where a user is good for one binding alone each has another, and further answers are nobody's data", () => {
	const names = ["first000", "second00", "third000"];
	const [user, ...furtherUsers] = names.map((username) => ({ username, password: RELAY_USER.password }));
	if (user === undefined) throw new Error("no user");
	const config = { streams: [{ rtcp: false }], stunServers: [], relays: [{ server: RELAY, user, furtherUsers }] };
	const agent = new FirstDraftAgent({ secret: SECRET, ...config });
	const outputs = [1, 2, 3, 4].flatMap((base) =>
		agent.step({ type: "base", base, at: { address: `192.0.2.${base}`, port: 1010 } }, 0),
	);
	const asked = questionsIn(outputs);
	expect(asked.map(({ message }) => attributeOf(message, "username"))).toEqual([...names, "first000"]);
	const relay = new EarlyRelay([RELAY.address], RELAY, (_, __, bytes) => {
		const heard = [0, 1].map(() => agent.step({ type: "received", base: 1, from: RELAY, bytes }, 0));
		expect(eventsIn(heard[0] ?? [], "address")).toHaveLength(1);
		expect(heard[1]).toEqual([]);
	});
	const [first] = outputs.filter((output) => output.type === "send");
	relay.hear(first?.bytes ?? new Uint8Array(0), { address: "192.0.2.1", port: 1010 }, RELAY);
	expect(agent.addresses).toHaveLength(5);
});

test("a relay that does not answer is waited for, and then does without", () => {
	const world = new DraftWorld();
	world.loses = ({ to }) => to.port === RELAY.port;
	const a = world.end("a", "fullCone", RELAYED);
	a.open();
	world.run(9000);
	expect(a.all("gathered")).toEqual([]);
	world.run(30_000);
	expect(a.all("serverFailed").map(({ server, why }) => [server, why])).toEqual([[RELAY, "timeout"]]);
	expect(a.all("gathered")).toHaveLength(1);
	expect(a.agent.deadline).toBeNull();
});

test("a relay that is used needs no refresh", () => {
	const { world, a } = call("symmetric");
	const [rtp] = a.bases;
	world.run(30_000);
	const before = world.flights.length;
	for (let seconds = 100; seconds < 3600; seconds += 100) {
		a.step({ type: "send", bytes: MEDIA });
		world.run(seconds * 1000);
	}
	const control = world.flights
		.slice(before)
		.filter(({ from, bytes }) => from.port === rtp?.port && isEarlyTurnControl(bytes));
	expect(control.filter(({ from }) => from.address === a.address)).toEqual([]);
	expect([...world.relay.ports.keys()]).toEqual([8076, 8077]);
});

test("a relay is refreshed as long as the call lasts", () => {
	const { world, a } = call("symmetric");
	world.run(3600_000);
	expect([...world.relay.ports.keys()]).toEqual([8076, 8077]);
	expect(a.agent.addresses.filter(({ origin }) => origin === "relay").map(({ freed: isFreed }) => isFreed)).toEqual([
		false,
	]);
});

test("rule 25: a call that is refused ends everything, and the relays are given back", () => {
	const { world, a, b } = call("symmetric", RELAYED, 0);
	for (const end of [a, b]) end.step({ type: "rejected" });
	world.run(world.now / MILLISECOND + 10_000);
	for (const end of [a, b]) {
		expect(end.all("closed")).toHaveLength(1);
		expect([end.agent.pending, end.agent.deadline]).toEqual([0, null]);
	}
	expect(world.relay.ports.size).toBe(0);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])("with a tenth of all packets lost it ends the same (%i)", (seed) => {
	let state = seed;
	for (const before of ["fullCone", "symmetric"] as const) {
		const world = new DraftWorld();
		world.loses = () => {
			state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
			return state / 2_147_483_648 < 0.1;
		};
		const [a, b] = [world.end("a", before, RELAYED), world.end("b", before, RELAYED)];
		meet(world, a, b, 3000);
		world.run(90_000);
		const expected = before === "fullCone" ? ["192.0.2.2", "192.0.2.1"] : [RELAY.address, RELAY.address];
		expect([last(a)?.to.address, last(b)?.to.address]).toEqual(expected);
		expect([...a.all("settled"), ...b.all("settled")].map(({ cycles }) => cycles)).toEqual([1, 1]);
	}
});
