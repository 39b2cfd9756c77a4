import { attributeOf, decodeStun, isDecodeError, isEarlyTurnControl } from "@whither/wire";
import { expect, test } from "vitest";
import { MILLISECOND } from "../../machine.ts";
import { FirstDraftAgent } from "./agent.ts";
import { call, freed, lastSending, MEDIA } from "./draft-call.fixture.ts";
import { DraftWorld, type End, exchange, meet, RELAY, RELAYED } from "./draft-world.fixture.ts";
import { EarlyRelay, RELAY_USER } from "./early-relay.fixture.ts";
import { eventsIn, questionsIn } from "./hand-answer.fixture.ts";
import { SECRET } from "./hand-check.fixture.ts";

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
	expect([lastSending(a)?.to.address, lastSending(b)?.to.address]).toEqual(["192.0.2.2", "192.0.2.1"]);
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
	expect(lastSending(a)).toMatchObject({ to: RELAY, alt: { derivedFrom: "3" } });
	expect(lastSending(b)?.to).toEqual({ address: RELAY.address, port: 8076 });
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
	const { world, a } = call("fullCone");
	const [stream] = a.agent.description;
	expect(stream?.destination).toEqual({ address: RELAY.address, port: 8076 });
	expect(stream?.rtcp).toBeNull();
	expect(stream?.alternatives.at(2)?.at).toEqual(stream?.destination);
	const asked = world.flights.flatMap(({ from, bytes }) => {
		const message = from.address === a.address && isEarlyTurnControl(bytes) ? decodeStun(bytes) : null;
		return message === null || isDecodeError(message) ? [] : [attributeOf(message, "transportPreferences")];
	});
	expect(asked.slice(0, 2)).toEqual([
		{ port: "even", next: true },
		{ port: "preallocated", at: { address: RELAY.address, port: 8077 } },
	]);
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

test("where nothing works, as without relays here, no further cycle can help, and media goes on to m= and c=", () => {
	const { world, a, b } = call("symmetric", {}, 1000);
	world.run(22_000);
	expect([a.all("cycle"), a.all("settled")]).toEqual([[], [{ kind: "settled", cycles: 1 }]]);
	expect([lastSending(a)?.alt, lastSending(b)?.alt]).toEqual([null, null]);
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
	expect([lastSending(a)?.to, lastSending(b)?.to.address]).toEqual([{ address: "192.0.2.2", port: 1010 }, "192.0.2.1"]);
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
		expect([lastSending(a)?.to.address, lastSending(b)?.to.address]).toEqual(expected);
		expect([...a.all("settled"), ...b.all("settled")].map(({ cycles }) => cycles)).toEqual([1, 1]);
	}
});
