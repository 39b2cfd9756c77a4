import { attributeOf, decodeStun, isDecodeError, type StunItem, shortTermKey, verifyIntegrity } from "@whither/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SECOND } from "../../machine.ts";
import { altOf, THERE, told } from "./hand-answer.fixture.ts";
import { answerIn, checkOf, FROM, HERE, hear, listening, reasonsIn, verdictOf } from "./hand-check.fixture.ts";

test("rule 3: a check is answered with where it came from, signed with the key of the address that was checked", () => {
	const { agent, alt } = listening();
	const answer = answerIn(hear(agent, checkOf(alt)));
	expect(answer?.class).toBe("success");
	if (answer === null) return;
	expect(answer.classic).toBe(true);
	expect(attributeOf(answer, "mappedAddress")).toEqual(FROM);
	expect(attributeOf(answer, "sourceAddress")).toEqual(HERE);
	expect(attributeOf(answer, "changedAddress")).toEqual(HERE);
	expect(verifyIntegrity(answer, shortTermKey(alt.password))).toBe(true);
});

test("rule 3: RTCP's socket answers as well, and the address is reached when both have been checked", () => {
	const { agent, alt } = listening();
	expect(verdictOf(hear(agent, checkOf(alt)))).toBe("success");
	expect(agent.addresses[0]?.reached).toBe(false);
	const outputs = hear(agent, checkOf(alt, { id: 2 }), { base: 1 });
	expect(verdictOf(outputs)).toBe("success");
	expect(outputs).toContainEqual({
		type: "event",
		event: { kind: "reached", address: expect.objectContaining({ alt, reached: true }), from: FROM },
	});
});

const UNKNOWN: StunItem = { name: "unknown", type: 0x7777, value: new Uint8Array(4) };

test.each([
	["without a digest", 401, { password: null }],
	["with neither digest nor username", 401, { password: null, username: null }],
	["without a username", 432, { username: null }],
	["with another's username", 430, { username: "nobody12" }],
	["with another's password", 431, { password: "guessed" }],
	[
		"that asks for an answer from another address",
		420,
		{ items: [{ name: "changeRequest", value: { ip: true, port: false } }] },
	],
	[
		"that asks for an answer from another port",
		420,
		{ items: [{ name: "changeRequest", value: { ip: false, port: true } }] },
	],
	["that names another to be answered", 420, { items: [{ name: "responseAddress", value: HERE }] }],
	["with something that must be understood", 420, { items: [UNKNOWN] }],
	["of a later STUN", 400, { modern: true }],
] as const)("rules 3 and 5: a check %s gets %i, and has no effect", (_, code, changes) => {
	const { agent, alt } = listening();
	for (const base of [0, 1]) {
		const outputs = hear(agent, checkOf(alt, changes), { base });
		expect(verdictOf(outputs)).toBe(code);
		expect(outputs.filter(({ type }) => type === "event")).toEqual([]);
	}
	expect(agent.addresses.some(({ reached }) => reached)).toBe(false);
});

test("an error says what was not understood, an even number of times, and is signed where the digest was right", () => {
	const { agent, alt } = listening();
	const answer = answerIn(hear(agent, checkOf(alt, { items: [UNKNOWN] })));
	if (answer === null) throw new Error("no answer");
	expect(attributeOf(answer, "unknownAttributes")).toEqual([0x7777, 0x7777]);
	expect(verifyIntegrity(answer, shortTermKey(alt.password))).toBe(true);
	const unsigned = answerIn(hear(agent, checkOf(alt, { password: "guessed" })));
	expect(unsigned === null ? null : attributeOf(unsigned, "messageIntegrity")).toBeUndefined();
});

test("a password that came along in PASSWORD, as the draft has it, is tolerated", () => {
	const { agent, alt } = listening();
	const password: StunItem = { name: "password", value: alt.password };
	expect(verdictOf(hear(agent, checkOf(alt, { items: [password] })))).toBe("success");
});

test("CHANGE-REQUEST that asks for nothing is none", () => {
	const { agent, alt } = listening();
	const items: readonly StunItem[] = [{ name: "changeRequest", value: { ip: false, port: false } }];
	expect(verdictOf(hear(agent, checkOf(alt, { items })))).toBe("success");
});

test("rule 5: every address has a username and a password of its own, multiples of four long, and none but its own sockets take them", () => {
	const { agent } = listening();
	agent.step({ type: "base", base: 2, at: { address: "192.0.2.9", port: 2010 } }, 0);
	agent.step({ type: "base", base: 3, at: { address: "192.0.2.9", port: 2011, component: 2 } }, 0);
	const [one, other] = agent.description[0]?.alternatives ?? [];
	if (one === undefined || other === undefined) throw new Error("two addresses are wanted");
	expect(new Set([one.username, other.username, one.password, other.password]).size).toBe(4);
	expect([one, other].map(({ username, password }) => [username.length % 4, password.length % 4])).toEqual([
		[0, 0],
		[0, 0],
	]);
	expect(verdictOf(hear(agent, checkOf(other), { base: 2 }))).toBe("success");
	expect(verdictOf(hear(agent, checkOf(one), { base: 2 }))).toBe(430);
	expect(verdictOf(hear(agent, checkOf(one, { password: other.password })))).toBe(431);
});

test("rule 6: checks are answered after media has come, too", () => {
	const { agent, alt } = listening();
	const outputs = hear(agent, Uint8Array.of(0x80, 0, 1, 2));
	expect(outputs).toEqual([expect.objectContaining({ type: "data", kind: "rtp", component: 1, from: FROM })]);
	expect(verdictOf(hear(agent, checkOf(alt)))).toBe("success");
});

test("rule 4: of RTP nothing begins as STUN does, and what is neither a check nor an answer is dropped", () => {
	const { agent } = listening();
	expect(hear(agent, Uint8Array.of(0, 1, 2, 3))).toEqual([{ type: "ignored", reason: "notStun" }]);
	expect(reasonsIn(hear(agent, Uint8Array.of(0x80, 200, 0, 0), { base: 1 }))).toEqual([]);
	const answer = checkOf(listening().alt);
	answer.set([1, 1]);
	expect(hear(agent, answer)).toEqual([{ type: "ignored", reason: "unknownAnswer" }]);
});

test("rule 4: where a stream is no RTP the username tells checks from data", () => {
	const { agent, alt } = listening({ streams: [{ rtcp: false }] });
	expect(agent.description[0]?.alternatives[0]?.rtcp).toBeNull();
	expect(verdictOf(hear(agent, checkOf(alt)))).toBe("success");
	const others = [
		checkOf(alt, { username: "nobody12" }),
		checkOf(alt, { username: null }),
		checkOf(alt, { modern: true }),
	];
	for (const bytes of [...others, Uint8Array.of(0, 1, 2, 3), new Uint8Array(0)])
		expect(hear(agent, bytes)).toEqual([expect.objectContaining({ type: "data", stream: 0, component: 1, bytes })]);
});

test("a thousand guesses of username and password: none is accepted, none is answered with success", () => {
	const { agent, alt } = listening();
	const text = fc.stringMatching(/^[A-Za-z0-9+/]{4,28}$/).filter((one) => one.length % 4 === 0);
	let asked = 0;
	fc.assert(
		fc.property(
			fc.constantFrom("username", "password", "both"),
			text,
			text,
			fc.nat(),
			(which, username, password, id) => {
				const guess = { ...(which !== "password" && { username }), ...(which !== "username" && { password }), id };
				const now = ++asked * SECOND;
				const outputs = hear(agent, checkOf(alt, guess), { now, base: asked % 2 });
				expect([430, 431]).toContain(verdictOf(outputs));
				expect(outputs.some(({ type }) => type === "event")).toBe(false);
			},
		),
		{ numRuns: 1000 },
	);
	expect(agent.addresses.map(({ reached }) => reached)).toEqual([false]);
});

test("guesses and checks are answered only so often", () => {
	const { agent, alt } = listening();
	const verdicts = Array.from({ length: 1000 }, (_, id) => hear(agent, checkOf(alt, { id, password: "guessed" })));
	expect(verdicts.filter((outputs) => verdictOf(outputs) === 431)).toHaveLength(400);
	expect(verdicts.at(-1)).toEqual([{ type: "ignored", reason: "tooMany" }]);
});

test("an address that one peer has reached is not reached by another that takes the call, unless it has checked it, too", () => {
	for (const hasChecked of [true, false]) {
		const { agent, alt } = listening();
		const OTHER = { address: THERE, port: 2020 };
		agent.step({ type: "peer", streams: [told([altOf("1", 0.5)])] }, 0);
		for (const base of [0, 1]) {
			hear(agent, checkOf(alt, { id: base }), { base });
			if (hasChecked)
				hear(agent, checkOf(alt, { id: 10 + base }), { base, from: { ...OTHER, port: OTHER.port + base } });
		}
		expect(agent.addresses[0]?.reached).toBe(true);
		agent.step({ type: "peer", streams: [told([altOf("1", 0.5), altOf("3", 0.5)])] }, 0);
		expect(agent.addresses[0]?.reached).toBe(true);
		agent.step({ type: "peer", streams: [told([altOf("2", 0.5)])] }, 0);
		expect(agent.addresses[0]?.reached).toBe(hasChecked);
		agent.step({ type: "peer", streams: [null] }, 0);
		expect(agent.addresses[0]?.reached).toBe(false);
		agent.step({ type: "peer", streams: [told([altOf("2", 0.5)])] }, 0);
		expect(agent.addresses[0]?.reached).toBe(hasChecked);
		for (const base of [0, 1]) hear(agent, checkOf(alt, { id: 20 + base }), { base });
		expect(agent.addresses[0]?.reached).toBe(true);
	}
});

test("whoever guesses from everywhere at once does not keep a right check from its answer, from the same address neither", () => {
	const { agent, alt } = listening();
	for (let id = 0; id < 1500; id++) {
		const from = id < 500 ? FROM : { address: `203.0.113.${id % 250}`, port: 40_000 };
		hear(agent, checkOf(alt, { id, username: "nobody12", modern: id % 2 === 0 }), { from });
	}
	expect(reasonsIn(hear(agent, checkOf(alt, { id: 2000, password: "guessed" })))).toEqual(["tooMany"]);
	expect(verdictOf(hear(agent, checkOf(alt, { id: 2001 })))).toBe("success");
});

test("a check that is played back is not answered: from elsewhere, to another socket, or after its time", () => {
	const { agent, alt } = listening();
	const check = checkOf(alt);
	expect(verdictOf(hear(agent, check))).toBe("success");
	const replays = [
		{ from: { address: "203.0.113.66", port: FROM.port } },
		{ from: { ...FROM, port: 40_001 } },
		{ base: 1 },
		{ now: 13 * SECOND },
	];
	for (const replay of replays) expect(hear(agent, check, replay)).toEqual([{ type: "ignored", reason: "replayed" }]);
	expect(agent.addresses[0]?.reached).toBe(false);
});

test("a check that its sender repeats is answered alike", () => {
	const { agent, alt } = listening();
	const [first, second] = [hear(agent, checkOf(alt)), hear(agent, checkOf(alt), { now: 9 * SECOND })];
	expect(second).toEqual(first);
});

test("no recording is ever new again: an address that has heard enough takes no more checks", () => {
	const { agent, alt } = listening();
	const late = { now: 100 * SECOND };
	for (let id = 0; id < 512; id++)
		expect(verdictOf(hear(agent, checkOf(alt, { id }), { now: id * SECOND }))).toBe("success");
	expect(hear(agent, checkOf(alt, { id: 1000 }), late)).toEqual([{ type: "ignored", reason: "tooMany" }]);
	expect(hear(agent, checkOf(alt, { id: 0 }), late)).toEqual([{ type: "ignored", reason: "replayed" }]);
});

test("a check after the call is not answered", () => {
	for (const type of ["close", "rejected"] as const) {
		const { agent, alt } = listening();
		expect(agent.step({ type }, 0)).toEqual([{ type: "event", event: { kind: "closed" } }]);
		expect(hear(agent, checkOf(alt))).toEqual([{ type: "ignored", reason: "closed" }]);
		expect(agent.deadline).toBeNull();
	}
});

test("a check from another realm with the same private address knows another's username: 430, though it was meant for this very place (§5.2)", () => {
	const here = listening();
	const there = listening({ secret: new Uint8Array(32).fill(9) });
	expect(there.alt.at).toEqual(here.alt.at);
	expect(verdictOf(hear(here.agent, checkOf(there.alt)))).toBe(430);
});

test("whatever an answer says, it is a message", () => {
	const { agent, alt } = listening();
	for (const changes of [{}, { password: null }, { items: [UNKNOWN] }])
		for (const output of hear(agent, checkOf(alt, changes)))
			if (output.type === "send") expect(isDecodeError(decodeStun(output.bytes))).toBe(false);
});
