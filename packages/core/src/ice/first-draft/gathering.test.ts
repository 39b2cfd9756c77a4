import { attributeOf, type StunAddress } from "@whither/wire";
import { expect, test } from "vitest";
import { MILLISECOND } from "../../machine.ts";
import { FirstDraftAgent } from "./agent.ts";
import type { FirstDraftConfig, FirstDraftOutput } from "./first-draft-io.ts";
import { answer, eventsIn, type Question, questionsIn } from "./hand-answer.fixture.ts";
import { reasonsIn, SECRET } from "./hand-check.fixture.ts";

const [ONE, OTHER] = [
	{ address: "198.51.100.1", port: 3478 },
	{ address: "198.51.100.2", port: 3478 },
];
const SIX = { address: "2001:db8::1", port: 3478 };
const LOCAL = [1, { address: "192.0.2.1", port: 1010 }];

/** One with a socket for each component; what it sent. */
function gathering(config: Partial<FirstDraftConfig>, vpn = false) {
	const agent = new FirstDraftAgent({ secret: SECRET, stunServers: [ONE, OTHER, SIX], ...config });
	const outputs: FirstDraftOutput[] = [];
	for (const component of [1, 2] as const) {
		const at = { address: "192.0.2.1", port: 1009 + component, component, vpn };
		outputs.push(...agent.step({ type: "base", base: component - 1, at }, 0));
	}
	outputs.push(...agent.step({ type: "basesComplete" }, 0));
	return { agent, outputs, questions: questionsIn(outputs) };
}

const isTo = (server: StunAddress) => (question: Question) => question.to.address === server.address;
const addresses = (agent: FirstDraftAgent) =>
	agent.description[0]?.alternatives.map(({ q, at, rtcp }) => [q, at, ...(rtcp === null ? [] : [rtcp])]);
const seen = (port: number) => ({ address: "203.0.113.1", port });

test("rule 1: every STUN server is asked from every socket of its family, by RFC 3489, and without credentials", () => {
	const { questions } = gathering({});
	expect(questions.map(({ base, to }) => [base, to])).toEqual([
		[0, ONE],
		[1, ONE],
		[0, OTHER],
		[1, OTHER],
	]);
	expect(questions.map(({ message }) => [message.classic, message.attributes.length])).toEqual(
		Array(4).fill([true, 0]),
	);
});

test("rule 1: what servers see is an address of the socket that asked; what two say, or what is local, is none of its own", () => {
	const { agent, questions } = gathering({});
	for (const question of questions.filter(isTo(ONE)))
		answer(agent, question, { mapped: seen(7000 + 2 * question.base) });
	expect(addresses(agent)).toEqual([LOCAL, [0.8, seen(7000), seen(7002)]]);
	expect(agent.addresses.map(({ origin, base, server }) => [origin, base, server])).toEqual([
		["local", 0, null],
		["stun", 0, ONE],
	]);
	const last = questions
		.filter(isTo(OTHER))
		.flatMap((question) => answer(agent, question, { mapped: seen(7000 + 2 * question.base) }));
	expect(eventsIn(last, "gathered")).toHaveLength(1);
	expect(addresses(agent)).toHaveLength(2);
	const open = gathering({});
	for (const question of open.questions) answer(open.agent, question);
	expect(addresses(open.agent)).toEqual([LOCAL]);
});

test("an address is none until RTCP has one too", () => {
	const { agent, questions } = gathering({ stunServers: [ONE] });
	const [rtp, rtcp] = questions;
	if (rtp === undefined || rtcp === undefined) throw new Error("two questions are wanted");
	answer(agent, rtp, { mapped: seen(7000) });
	expect(addresses(agent)).toEqual([LOCAL]);
	const outputs = answer(agent, rtcp, { code: 500 });
	expect(eventsIn(outputs, "serverFailed")).toEqual([{ kind: "serverFailed", base: 1, server: ONE, why: "500" }]);
	expect(eventsIn(outputs, "gathered")).toHaveLength(1);
	expect(addresses(agent)).toEqual([LOCAL]);
});

test("silent servers are waited for as long as a request lives, or as long as is said", () => {
	for (const [gatherTimeoutMs, endsMs] of [
		[undefined, 9500],
		[700, 700],
	] as const) {
		const { agent } = gathering(gatherTimeoutMs === undefined ? {} : { gatherTimeoutMs });
		const outputs: FirstDraftOutput[] = [];
		let now = 0;
		for (let due = agent.deadline; due !== null; due = agent.deadline) {
			now = due.at;
			outputs.push(...agent.step({ type: "timer" }, now));
		}
		expect(now).toBe(endsMs * MILLISECOND);
		expect(eventsIn(outputs, "serverFailed").map(({ why }) => why)).toEqual(["timeout", "timeout"]);
		expect(eventsIn(outputs, "gathered")).toHaveLength(1);
		expect(agent.pending).toBe(0);
	}
});

test("a server that cannot be reached is not waited for", () => {
	const { agent } = gathering({ stunServers: [ONE] });
	const outputs = agent.step({ type: "unreachable", base: 0, to: ONE, code: "ECONNREFUSED" }, 0);
	expect(eventsIn(outputs, "serverFailed")).toEqual([
		{ kind: "serverFailed", base: 0, server: ONE, why: "unreachable" },
	]);
	expect(eventsIn(outputs, "gathered")).toHaveLength(1);
});

test("without servers everything is gathered once the driver has told its sockets, and again after each more", () => {
	const { agent, outputs } = gathering({ stunServers: [] });
	expect(eventsIn(outputs, "gathered")).toHaveLength(1);
	const late = [5000, 5001].flatMap((port, index) =>
		agent.step(
			{ type: "base", base: 2 + index, at: { address: "192.0.2.9", port, component: index === 0 ? 1 : 2 } },
			0,
		),
	);
	expect(eventsIn(late, "gathered")).toHaveLength(1);
	expect(addresses(agent)).toEqual([LOCAL, [1, { address: "192.0.2.9", port: 5000 }]]);
});

test("rule 7: local, STUN-derived and a VPN's last of all", () => {
	const { agent, questions } = gathering({ stunServers: [ONE] }, true);
	for (const question of questions) answer(agent, question, { mapped: seen(7000 + question.base) });
	expect(agent.description[0]?.alternatives.map(({ q }) => q)).toEqual([0.3, 0.3]);
	const high = gathering({ stunServers: [ONE], qvalues: { vpn: 0.9, stun: 0.6 } }, true);
	for (const question of high.questions) answer(high.agent, question, { mapped: seen(7000 + question.base) });
	expect(high.agent.description[0]?.alternatives.map(({ q }) => q)).toEqual([0.9, 0.6]);
	const other = gathering({ stunServers: [ONE], qvalues: { local: 0.9, stun: 0.5 } });
	for (const question of other.questions) answer(other.agent, question, { mapped: seen(7000 + question.base) });
	expect(other.agent.description[0]?.alternatives.map(({ q }) => q)).toEqual([0.9, 0.5]);
});

test("rules 2 and 10: m= and c= are the address that most peers can send to, and an alternative too", () => {
	const { agent, questions } = gathering({ stunServers: [ONE] });
	expect(agent.description[0]).toMatchObject({ destination: LOCAL[1], rtcp: null });
	for (const question of questions) answer(agent, question, { mapped: seen(7000 + 2 * question.base) });
	expect(agent.description[0]).toMatchObject({ destination: seen(7000), rtcp: seen(7002) });
	expect(agent.description[0]?.alternatives.map(({ at }) => at)).toContainEqual(seen(7000));
});

test("rule 10: m= and c= are no VPN's address where there is another", () => {
	const { agent } = gathering({ stunServers: [] }, true);
	expect(agent.description[0]?.destination).toEqual(LOCAL[1]);
	const plain = { address: "192.0.2.9", port: 5000 };
	agent.step({ type: "base", base: 2, at: plain }, 0);
	agent.step({ type: "base", base: 3, at: { ...plain, port: 5001, component: 2 } }, 0);
	expect(agent.description[0]?.destination).toEqual(plain);
});

test("sockets that are none: a number used twice, a stream that is none, RTCP of what is no RTP, one that was never told", () => {
	const { agent } = gathering({ streams: [{ rtcp: false }], stunServers: [] });
	const at = { address: "192.0.2.1", port: 9 };
	const wrong = [
		agent.step({ type: "base", base: 7, at: { ...at, stream: 1 } }, 0),
		agent.step({ type: "base", base: 8, at: { ...at, component: 2 } }, 0),
		agent.step({ type: "received", base: 8, from: at, bytes: new Uint8Array(1) }, 0),
		agent.step({ type: "baseGone", base: 8 }, 0),
		agent.step({ type: "send", stream: 5, bytes: new Uint8Array(1) }, 0),
	];
	expect(wrong.map(reasonsIn)).toEqual([
		["unknownBase"],
		["unknownBase"],
		["unknownBase"],
		["unknownBase"],
		["noDestination"],
	]);
	agent.step({ type: "base", base: 0, at }, 0);
	expect(addresses(agent)).toEqual([LOCAL]);
});

test("streams are apart from each other", () => {
	const agent = new FirstDraftAgent({ secret: SECRET, streams: [{ rtcp: false }, { rtcp: false }] });
	for (const stream of [0, 1])
		agent.step({ type: "base", base: stream, at: { address: "192.0.2.1", port: 1000 + stream, stream } }, 0);
	expect(agent.description.map(({ destination }) => destination?.port)).toEqual([1000, 1001]);
	const ids = agent.description.flatMap(({ alternatives }) => alternatives.map(({ id }) => id));
	expect(new Set(ids).size).toBe(2);
});

test("no two agents have an address's username in common, and one with the same secret has the same", () => {
	const usernames = [1, 2, 1].map((fill) => {
		const { agent } = gathering({ secret: new Uint8Array(32).fill(fill) });
		return agent.description[0]?.alternatives[0]?.username;
	});
	expect(usernames[0]).not.toBe(usernames[1]);
	expect(usernames[0]).toBe(usernames[2]);
});

test("a server's answer that nobody asked for, or with an address that no host can have, is of no use", () => {
	const { agent, questions } = gathering({ stunServers: [ONE] });
	const outputs = questions.flatMap((question) =>
		answer(agent, question, { mapped: { address: "239.0.0.1", port: 1 } }),
	);
	expect(eventsIn(outputs, "serverFailed").map(({ why }) => why)).toEqual(["badAddress"]);
	expect(reasonsIn(outputs)).toEqual(["unknownAnswer"]);
	expect(attributeOf(questions[0]?.message ?? failed(), "username")).toBeUndefined();
});

function failed(): never {
	throw new Error("nothing was asked");
}
