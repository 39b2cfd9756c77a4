import { attributeOf, shortTermKey, verifyIntegrity } from "@whither/wire";
import { expect, test } from "vitest";
import { MILLISECOND } from "../../machine.ts";
import type { FirstDraftAgent } from "./agent.ts";
import { altOf, answer, answerAll, checking, eventsIn, questionsIn, told } from "./hand-answer.fixture.ts";
import { listening, reasonsIn } from "./hand-check.fixture.ts";

const ONE = altOf("1", 0.8);
const at = (port: number) => ({ address: "198.51.100.99", port });

/** Each on a host of its own. */
const elsewhere = (index: number, id = String(index + 1)) =>
	altOf(String(index + 1), 0.5, { id, at: { address: `203.0.113.${index + 1}`, port: 2000 } });

/** The states of an agent's checks, by alternative and component. */
const states = (agent: FirstDraftAgent) =>
	agent.checks.map(({ alt, component, state, failure }) => `${alt.id}/${component} ${failure ?? state}`);

/** Lets time pass, and says what was asked meanwhile. */
function wait(agent: FirstDraftAgent, untilMs: number) {
	const asked = [];
	for (let due = agent.deadline; due !== null && due.at <= untilMs * MILLISECOND; due = agent.deadline)
		asked.push(...questionsIn(agent.step({ type: "timer" }, due.at)));
	return asked;
}

test("rule 12: from each address of ours a check leaves for each alternative at once, RTCP's to the port above", () => {
	const { agent, questions } = checking([ONE, altOf("2", 0.4, { rtcp: at(7) })]);
	expect(questions.map(({ base, to }) => [base, to.port])).toEqual([
		[0, 2010],
		[1, 2011],
		[0, 2020],
		[1, 7],
	]);
	expect(states(agent)).toEqual(["1/1 inProgress", "1/2 inProgress", "2/1 inProgress", "2/2 inProgress"]);
	agent.step({ type: "base", base: 2, at: { address: "192.0.2.9", port: 5000 } }, 0);
	const late = agent.step({ type: "base", base: 3, at: { address: "192.0.2.9", port: 5001, component: 2 } }, 0);
	expect(questionsIn(late).map(({ base }) => base)).toEqual([2, 3, 2, 3]);
});

test("rule 13: a check shows the alternative's username and digest, and neither its password nor anything that asks to be answered elsewhere", () => {
	const [question] = checking([ONE]).questions;
	if (question === undefined) throw new Error("no check");
	expect(question.message.classic).toBe(true);
	expect(question.message.attributes.map(({ name }) => name)).toEqual(["username", "messageIntegrity"]);
	expect(attributeOf(question.message, "username")).toBe(ONE.username);
	expect(verifyIntegrity(question.message, shortTermKey(ONE.password))).toBe(true);
});

test("a check leaves nine times within 8 s and is given up after 9.5 (RFC 3489 §9.3)", () => {
	const { agent } = checking([ONE]);
	expect(wait(agent, 9499)).toHaveLength(2 * 8);
	expect(states(agent)).toEqual(["1/1 inProgress", "1/2 inProgress"]);
	wait(agent, 9500);
	expect(states(agent)).toEqual(["1/1 timeout", "1/2 timeout"]);
	expect(agent.checks.map(({ requestsSent }) => requestsSent)).toEqual([9, 9]);
});

test("rule 14: what was learned from an address of ours is checked from that one alone", () => {
	const { agent } = checking([]);
	agent.step({ type: "base", base: 2, at: { address: "192.0.2.9", port: 5000 } }, 0);
	agent.step({ type: "base", base: 3, at: { address: "192.0.2.9", port: 5001, component: 2 } }, 0);
	agent.step({ type: "told" }, 0);
	const [, second] = agent.description[0]?.alternatives ?? [];
	const derived = altOf("3", 0.4, { derivedFrom: second?.id ?? "" });
	const outputs = agent.step({ type: "peer", streams: [told([derived])] }, 0);
	expect(questionsIn(outputs).map(({ base }) => base)).toEqual([2, 3]);
});

test("rule 14: nor is it checked from a socket that comes late", () => {
	const { agent } = checking([]);
	agent.step({ type: "told" }, 0);
	const derived = altOf("2", 0.4, { derivedFrom: agent.description[0]?.alternatives[0]?.id ?? "" });
	agent.step({ type: "peer", streams: [told([altOf("1", 1), derived])] }, 0);
	agent.step({ type: "base", base: 2, at: { address: "192.0.2.9", port: 5000 } }, 0);
	const outputs = agent.step({ type: "base", base: 3, at: { address: "192.0.2.9", port: 5001, component: 2 } }, 0);
	expect(questionsIn(outputs).map(({ to }) => to.port)).toEqual([2010, 2011]);
});

test("rule 14: one that was learned from what nobody was told is checked from nowhere", () => {
	const { questions, outputs } = checking([altOf("3", 0.4, { derivedFrom: "77" })]);
	expect(questions).toEqual([]);
	expect(reasonsIn(outputs)).toContain("badAlternative");
});

test("rule 14: nor is one that was learned from an address of ours before that was told", () => {
	const { agent, alt } = listening();
	const outputs = agent.step({ type: "peer", streams: [told([altOf("3", 0.4, { derivedFrom: alt.id })])] }, 0);
	expect(questionsIn(outputs)).toEqual([]);
});

test("rule 15: an answer that is signed is success, and it takes RTCP's as well for the alternative to count", () => {
	const { agent, questions } = checking([ONE]);
	const [rtp, rtcp] = questions;
	if (rtp === undefined || rtcp === undefined) throw new Error("two checks are wanted");
	const first = answer(agent, rtp, { now: 30 * MILLISECOND });
	expect(eventsIn(first, "check")).toEqual([
		expect.objectContaining({
			check: expect.objectContaining({ state: "succeeded", component: 1, rttNs: 30 * MILLISECOND, isNew: false }),
		}),
	]);
	expect(eventsIn(first, "sending")).toEqual([]);
	const second = answer(agent, rtcp, { now: 40 * MILLISECOND });
	expect(eventsIn(second, "sending")).toEqual([{ kind: "sending", stream: 0, base: 0, to: ONE.at, alt: ONE }]);
});

test("rule 15: without RTCP's answer an alternative is none", () => {
	const { agent, questions } = checking([ONE]);
	const [rtp] = questions;
	if (rtp === undefined) throw new Error("no check");
	answer(agent, rtp, { mapped: at(1) });
	wait(agent, 20_000);
	expect(states(agent)).toEqual(["1/1 succeeded", "1/2 timeout"]);
	expect(agent.description[0]?.alternatives.map(({ derivedFrom }) => derivedFrom)).toEqual([null]);
});

test.each([
	["unsigned", { password: null }],
	["signed with another password", { password: "guessed" }],
	["from elsewhere", { from: at(2) }],
	["that is an error and signed with another password", { code: 420, password: "guessed" }],
] as const)("an answer %s is none", (_, changes) => {
	const { agent, questions } = checking([ONE]);
	const outputs = answerAll(agent, questions, ONE, changes);
	expect(reasonsIn(outputs)).toEqual(["unknownAnswer", "unknownAnswer"]);
	expect(states(agent)).toEqual(["1/1 inProgress", "1/2 inProgress"]);
});

test("rules 8 and 16: how the peer sees us, if that is new, is an address with the alternative's q-value, learned from it, with our own base", () => {
	const { agent, questions } = checking([ONE]);
	const outputs = answerAll(agent, questions, ONE, { mapped: at(5) });
	expect(eventsIn(outputs, "address").map(({ address }) => address)).toEqual([
		expect.objectContaining({
			origin: "peer",
			base: 0,
			alt: expect.objectContaining({ q: 0.8, derivedFrom: "1", at: at(5), rtcp: at(5) }),
		}),
	]);
	expect(agent.checks.every(({ isNew }) => isNew)).toBe(true);
});

test("rule 16: what was known already is no new address", () => {
	const { agent, questions } = checking([ONE]);
	expect(eventsIn(answerAll(agent, questions, ONE), "address")).toEqual([]);
});

test("rule 16: nor is an address that no host can have", () => {
	const { agent, questions } = checking([ONE]);
	answerAll(agent, questions, ONE, { mapped: { address: "224.0.0.1", port: 5 } });
	expect(states(agent)).toEqual(["1/1 badAddress", "1/2 badAddress"]);
});

test.each([401, 430, 432, 500])("rule 17: after %i a check is made once more, and not again", (code) => {
	const { agent, questions } = checking([ONE]);
	const again = questionsIn(answerAll(agent, questions, ONE, { code }));
	expect(again.map(({ base, to }) => [base, to])).toEqual(questions.map(({ base, to }) => [base, to]));
	expect(again[0]?.message.transactionId).not.toEqual(questions[0]?.message.transactionId);
	expect(states(agent)).toEqual(["1/1 inProgress", "1/2 inProgress"]);
	expect(questionsIn(answerAll(agent, again, ONE, { code }))).toEqual([]);
	expect(states(agent)).toEqual([`1/1 ${code}`, `1/2 ${code}`]);
});

test("rule 17: the second attempt may succeed", () => {
	const { agent, questions } = checking([ONE]);
	const again = questionsIn(answerAll(agent, questions, ONE, { code: 500 }));
	answerAll(agent, again, ONE);
	expect(states(agent)).toEqual(["1/1 succeeded", "1/2 succeeded"]);
});

test.each([400, 420, 431, 600])("rule 17: after %i there is no second attempt", (code) => {
	const { agent, questions } = checking([ONE]);
	expect(questionsIn(answerAll(agent, questions, ONE, { code }))).toEqual([]);
	expect(states(agent)).toEqual([`1/1 ${code}`, `1/2 ${code}`]);
	expect(agent.pending).toBe(0);
});

test("alternatives that cannot be checked are left out: two with one id, a username of RFC 3489's wrong length, places that no host can have", () => {
	const wrong = [
		altOf("1", 0.7),
		altOf("2", 1, { username: "user1" }),
		altOf("3", 1, { at: { address: "127.0.0.1", port: 80 } }),
		altOf("4", 1, { at: { address: "203.0.113.5", port: 0 } }),
		altOf("5", 1, { at: { address: "203.0.113.5", port: 65_535 } }),
		altOf("6", 1, { at: { address: "2001:db8::1", port: 2000 } }),
		altOf("7", 1, { rtcp: { address: "239.1.2.3", port: 2000 } }),
	];
	const { questions } = checking([ONE, ...wrong]);
	expect(questions.map(({ to }) => to.port)).toEqual([2010, 2011]);
});

test("no more than thirty-two alternatives are looked at, and no more than 128 checks are made", () => {
	const many = Array.from({ length: 40 }, (_, index) => elsewhere(index));
	const { agent, questions, outputs } = checking(many);
	expect(questions).toHaveLength(64);
	expect(reasonsIn(outputs).filter((reason) => reason === "tooMany")).toHaveLength(8);
	for (let base = 2; base < 20; base += 2) {
		const place = { address: `192.0.2.${base}`, port: 5000 };
		agent.step({ type: "base", base, at: place }, 0);
		agent.step({ type: "base", base: base + 1, at: { ...place, component: 2 } }, 0);
	}
	expect(agent.checks).toHaveLength(2 * 128);
});

test("one host gets no more than sixteen checks, be it named as RTCP's alone, and none for a place that was told before", () => {
	const victim = { address: "198.51.100.99", port: 53 };
	const many = Array.from({ length: 32 }, (_, index) => ({
		...elsewhere(index),
		rtcp: { ...victim, port: index + 1 },
	}));
	const { agent, questions, outputs } = checking(many);
	expect(questions.filter(({ to }) => to.address === victim.address)).toHaveLength(16);
	expect(reasonsIn(outputs).filter((reason) => reason === "tooMany")).toHaveLength(16);
	const again = agent.step({ type: "peer", streams: [told([ONE, { ...altOf("9", 1), at: ONE.at }])] }, 0);
	expect([questionsIn(again).length, reasonsIn(again)]).toEqual([2, ["badAlternative"]]);
});

test("one call begins no more than 512 checks of a stream, whatever is told anew", () => {
	const { agent } = checking([]);
	let asked = 0;
	for (let offer = 0; offer < 40; offer++) {
		const alternatives = Array.from({ length: 16 }, (_, index) => elsewhere(index, `${offer}-${index}`));
		asked += questionsIn(agent.step({ type: "peer", streams: [told(alternatives)] }, 0)).length;
	}
	expect(asked).toBe(2 * 512);
});

test("an ICMP error about a peer's address is no end of its check: its NAT may open yet", () => {
	const { agent, questions } = checking([ONE]);
	expect(agent.step({ type: "unreachable", base: 0, to: ONE.at, code: "ECONNREFUSED" }, 0)).toEqual([]);
	answerAll(agent, questions, ONE);
	expect(states(agent)).toEqual(["1/1 succeeded", "1/2 succeeded"]);
});

test("rule 24: a peer without ICE is offered nothing more, whatever addresses there are", () => {
	const { agent } = checking([]);
	agent.step({ type: "base", base: 2, at: { address: "192.0.2.9", port: 5000 } }, 0);
	agent.step({ type: "base", base: 3, at: { address: "192.0.2.9", port: 5001, component: 2 } }, 0);
	const later = agent.step({ type: "timer" }, 60_000 * MILLISECOND);
	expect([eventsIn(later, "cycle"), agent.deadline]).toEqual([[], null]);
});

test("rule 24: another offer is asked for when a late socket's servers have answered, and not while one waits for its answer", () => {
	const server = { address: "198.51.100.1", port: 3478 };
	const { agent } = listening({ stunServers: [server] });
	const late = 100_000 * MILLISECOND;
	agent.step({ type: "told" }, 0);
	agent.step({ type: "peer", streams: [told([ONE])] }, 0);
	wait(agent, 50_000);
	const at2 = { address: "192.0.2.9", port: 5000 };
	agent.step({ type: "base", base: 2, at: at2 }, late);
	const outputs = agent.step({ type: "base", base: 3, at: { ...at2, port: 5001, component: 2 } }, late);
	expect(eventsIn(outputs, "cycle")).toEqual([]);
	const asked = questionsIn(outputs).filter(({ to }) => to.address === server.address);
	agent.step({ type: "told" }, late);
	const answered = asked.flatMap((question) => answer(agent, question, { mapped: at(question.base), now: late }));
	expect([eventsIn(answered, "gathered").length, eventsIn(answered, "cycle").length]).toEqual([1, 0]);
	agent.step({ type: "peer", streams: [told([ONE])] }, late);
	expect(eventsIn(agent.step({ type: "timer" }, late + 1000 * MILLISECOND), "cycle")).toHaveLength(1);
});

test("no more than 64 addresses are learned, whatever the peer says that we are", () => {
	const many = Array.from({ length: 32 }, (_, index) => elsewhere(index));
	const { agent, questions } = checking(many);
	for (let base = 2; base < 8; base += 2) {
		const place = { address: `192.0.2.${base}`, port: 5000 };
		agent.step({ type: "base", base, at: place }, 0);
		const outputs = agent.step({ type: "base", base: base + 1, at: { ...place, component: 2 } }, 0);
		questionsIn(outputs).forEach(
			(question, index) => void answer(agent, question, { mapped: at(base * 1000 + index) }),
		);
	}
	questions.forEach((question, index) => void answer(agent, question, { mapped: at(10_000 + index) }));
	expect(agent.checks.every(({ state }) => state === "succeeded")).toBe(true);
	expect(agent.addresses).toHaveLength(64);
});

test("a later description goes on with what it repeats, begins what is new and ends what is gone", () => {
	const [two, three] = [altOf("2", 0.5), altOf("3", 0.5)];
	const { agent, questions } = checking([ONE, two]);
	answerAll(agent, questions, ONE);
	const outputs = agent.step({ type: "peer", streams: [told([ONE, three])] }, 0);
	expect(questionsIn(outputs).map(({ to }) => to.port)).toEqual([2030, 2031]);
	expect(states(agent)).toEqual(["1/1 succeeded", "1/2 succeeded", "3/1 inProgress", "3/2 inProgress"]);
	expect(agent.pending).toBe(2);
	// The same id with other words is another address.
	const changed = agent.step({ type: "peer", streams: [told([ONE, altOf("3", 0.6)])] }, 0);
	expect(questionsIn(changed)).toHaveLength(2);
	agent.step({ type: "peer", streams: [null] }, 0);
	expect([agent.checks, agent.pending]).toEqual([[], 0]);
});
