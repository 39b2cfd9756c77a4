import type { StunAddress } from "@whither/wire";
import { expect, test } from "vitest";
import { FirstDraftAgent } from "./agent.ts";
import { altOf, answerAll, checking, eventsIn, questionsIn, THERE, told } from "./hand-answer.fixture.ts";
import { SECRET } from "./hand-check.fixture.ts";

const [LOW, MIDDLE, HIGH] = [altOf("1", 0.4), altOf("2", 0.8), altOf("3", 1)];
const RTP = Uint8Array.of(0x80, 0);

/** Where a packet goes now, and from which socket. */
function goesTo(agent: FirstDraftAgent, component: 1 | 2 = 1): readonly [number, StunAddress] | string {
	const [output] = agent.step({ type: "send", component, bytes: RTP }, 0);
	if (output?.type === "ignored") return output.reason;
	return output?.type === "send" ? [output.base, output.to] : "nothing";
}

test("rules 11 and 18: media goes to m= and c= at once, RTCP to the port above or to where a=rtcp says", () => {
	const { agent, outputs } = checking([HIGH]);
	expect(eventsIn(outputs, "sending")).toEqual([
		{ kind: "sending", stream: 0, base: 0, to: { address: THERE, port: 9000 }, alt: null },
	]);
	expect(goesTo(agent)).toEqual([0, { address: THERE, port: 9000 }]);
	expect(goesTo(agent, 2)).toEqual([1, { address: THERE, port: 9001 }]);
	const rtcp = { address: THERE, port: 9500 };
	agent.step({ type: "peer", streams: [{ ...told([HIGH]), rtcp }] }, 0);
	expect(goesTo(agent, 2)).toEqual([1, rtcp]);
});

test("a peer without ICE gets its media where it says, and that is all there is", () => {
	const { agent, outputs } = checking([]);
	expect(goesTo(agent)).toEqual([0, { address: THERE, port: 9000 }]);
	expect(eventsIn(outputs, "settled")).toEqual([{ kind: "settled", cycles: 0 }]);
	agent.step({ type: "peer", streams: [told([], { address: THERE, port: 9100 })] }, 0);
	expect(goesTo(agent)).toEqual([0, { address: THERE, port: 9100 }]);
});

test.each([
	["a group's", { address: "224.0.0.1", port: 9000 }],
	["none at all", { address: "0.0.0.0", port: 9000 }],
	["of the other family", { address: "2001:db8::1", port: 9000 }],
	["without a port", { address: THERE, port: 0 }],
	["not told", null],
] as const)("a destination that is %s is no destination", (_, destination) => {
	expect(goesTo(checking([HIGH], destination).agent)).toBe("noDestination");
});

test.each([
	["a group's", { address: "224.0.0.1", port: 9001 }],
	["our own", { address: "127.0.0.1", port: 9001 }],
	["of the other family", { address: "2001:db8::1", port: 9001 }],
	["without a port", { address: THERE, port: 0 }],
] as const)("where a=rtcp is %s, RTCP has no destination, and media has its own", (_, rtcp) => {
	const { agent } = checking([]);
	agent.step({ type: "peer", streams: [{ ...told([]), rtcp }] }, 0);
	expect([goesTo(agent), goesTo(agent, 2)]).toEqual([[0, { address: THERE, port: 9000 }], "noDestination"]);
});

test("before the peer has spoken there is none", () => {
	const { agent } = checking([], null);
	expect([goesTo(agent), goesTo(agent, 2)]).toEqual(["noDestination", "noDestination"]);
});

test("rule 18: what m= and c= have in common with an alternative leaves from the socket that its check leaves from", () => {
	const { agent } = checking([]);
	agent.step({ type: "base", base: 2, at: { address: "192.0.2.9", port: 5000 } }, 0);
	agent.step({ type: "base", base: 3, at: { address: "192.0.2.9", port: 5001, component: 2 } }, 0);
	agent.step({ type: "told" }, 0);
	const second = agent.description[0]?.alternatives[1]?.id ?? "";
	const derived = altOf("4", 0.4, { derivedFrom: second });
	agent.step({ type: "peer", streams: [told([derived], derived.at)] }, 0);
	expect(goesTo(agent)).toEqual([2, derived.at]);
	expect(goesTo(agent, 2)).toEqual([3, { ...derived.at, port: derived.at.port + 1 }]);
});

test("rule 19: media follows each better address that works, and never turns back to a lesser one", () => {
	const { agent, questions } = checking([LOW, MIDDLE, HIGH]);
	answerAll(agent, questions, MIDDLE);
	expect(goesTo(agent)).toEqual([0, MIDDLE.at]);
	answerAll(agent, questions, LOW);
	expect(goesTo(agent)).toEqual([0, MIDDLE.at]);
	answerAll(agent, questions, HIGH);
	expect(goesTo(agent)).toEqual([0, HIGH.at]);
	const again = agent.step({ type: "peer", streams: [told([MIDDLE, HIGH])] }, 0);
	expect(eventsIn(again, "sending")).toEqual([]);
	expect(goesTo(agent)).toEqual([0, HIGH.at]);
});

test("an address that is told no more is left: for the best that is told and has worked, or else for m= and c=", () => {
	const { agent, questions } = checking([LOW, MIDDLE, HIGH]);
	for (const alt of [LOW, MIDDLE, HIGH]) answerAll(agent, questions, alt);
	const without = agent.step({ type: "peer", streams: [told([LOW, MIDDLE])] }, 0);
	expect(eventsIn(without, "sending").at(-1)).toEqual({
		kind: "sending",
		stream: 0,
		base: 0,
		to: MIDDLE.at,
		alt: MIDDLE,
	});
	expect(goesTo(agent)).toEqual([0, MIDDLE.at]);
	const moved = altOf("4", 0.5);
	const outputs = agent.step({ type: "peer", streams: [told([moved])] }, 0);
	expect(goesTo(agent)).toEqual([0, { address: THERE, port: 9000 }]);
	answerQuestions(agent, outputs, moved);
	expect(goesTo(agent)).toEqual([0, moved.at]);
});

test("a call that somebody without ICE takes over goes on at m= and c=", () => {
	const { agent, questions } = checking([HIGH]);
	answerAll(agent, questions, HIGH);
	const gateway = { address: "203.0.113.77", port: 9900 };
	agent.step({ type: "peer", streams: [told([], gateway)] }, 0);
	expect(goesTo(agent)).toEqual([0, gateway]);
	expect(goesTo(agent, 2)).toEqual([1, { ...gateway, port: 9901 }]);
	agent.step({ type: "peer", streams: [told([], { ...gateway, port: 9910 })] }, 0);
	expect(goesTo(agent)).toEqual([0, { ...gateway, port: 9910 }]);
	const nowhere = agent.step({ type: "peer", streams: [told([], { ...gateway, port: 0 })] }, 0);
	expect(eventsIn(nowhere, "silent")).toHaveLength(1);
});

test("rule 19: once an address has worked, m= and c= are of no account", () => {
	const { agent, questions } = checking([LOW]);
	answerAll(agent, questions, LOW);
	agent.step({ type: "peer", streams: [told([LOW], { address: THERE, port: 9900 })] }, 0);
	expect(goesTo(agent)).toEqual([0, LOW.at]);
});

test("rule 9: of two with one q-value the peer-derived one is preferred, whichever works first", () => {
	for (const isFirst of [true, false]) {
		const { agent } = checking([]);
		agent.step({ type: "told" }, 0);
		const derived = altOf("5", 0.4, { derivedFrom: agent.description[0]?.alternatives[0]?.id ?? "" });
		const outputs = agent.step({ type: "peer", streams: [told([LOW, derived])] }, 0);
		for (const alt of isFirst ? [derived, LOW] : [LOW, derived]) answerQuestions(agent, outputs, alt);
		expect(goesTo(agent)).toEqual([0, derived.at]);
	}
});

test("rule 7: of two with one q-value the IPv6 one is preferred", () => {
	const { agent } = checking([]);
	agent.step({ type: "base", base: 2, at: { address: "2001:db8::1", port: 5000 } }, 0);
	agent.step({ type: "base", base: 3, at: { address: "2001:db8::1", port: 5001, component: 2 } }, 0);
	const six = altOf("6", 1, { at: { address: "2001:db8::9", port: 2000 } });
	const outputs = agent.step({ type: "peer", streams: [told([HIGH, six])] }, 0);
	answerQuestions(agent, outputs, HIGH);
	answerAll(agent, questionsIn(outputs), six, { mapped: { address: "2001:db8::1", port: 5000 } });
	expect(goesTo(agent)).toEqual([2, six.at]);
});

test("rule 20: nothing more is asked of a way that has worked once", () => {
	const { agent, questions } = checking([HIGH]);
	answerAll(agent, questions, HIGH);
	expect(agent.deadline).toBeNull();
	expect(agent.pending).toBe(0);
});

test("when a socket is gone another that reaches as good an address takes its place, and else there is none", () => {
	const { agent } = checking([]);
	agent.step({ type: "base", base: 2, at: { address: "192.0.2.9", port: 5000 } }, 0);
	agent.step({ type: "base", base: 3, at: { address: "192.0.2.9", port: 5001, component: 2 } }, 0);
	const outputs = agent.step({ type: "peer", streams: [told([LOW, HIGH])] }, 0);
	answerQuestions(agent, outputs, HIGH);
	expect(goesTo(agent)).toEqual([0, HIGH.at]);
	answerQuestions(agent, outputs, LOW);
	expect(eventsIn(agent.step({ type: "baseGone", base: 0 }, 0), "sending")).toEqual([
		{ kind: "sending", stream: 0, base: 2, to: HIGH.at, alt: HIGH },
	]);
	expect(eventsIn(agent.step({ type: "baseGone", base: 3 }, 0), "silent")).toEqual([{ kind: "silent", stream: 0 }]);
	expect(goesTo(agent)).toBe("noDestination");
	agent.step({ type: "peer", streams: [told([LOW, HIGH])] }, 0);
	expect(goesTo(agent)).toBe("noDestination");
	expect(agent.description[0]?.alternatives).toEqual([]);
});

test("a stream that the peer refuses is sent nothing, and goes on where it was once it is taken again", () => {
	const { agent, questions } = checking([LOW, HIGH]);
	answerAll(agent, questions, HIGH);
	const refused = agent.step({ type: "peer", streams: [null] }, 0);
	expect(eventsIn(refused, "silent")).toEqual([{ kind: "silent", stream: 0 }]);
	expect(eventsIn(agent.step({ type: "peer", streams: [null] }, 0), "silent")).toEqual([]);
	expect(goesTo(agent)).toBe("noDestination");
	agent.step({ type: "peer", streams: [told([LOW, HIGH])] }, 0);
	expect(goesTo(agent)).toEqual([0, HIGH.at]);
});

test("a peer that has spoken before there was a socket is sent to as soon as there is one", () => {
	const agent = new FirstDraftAgent({ secret: SECRET, streams: [{ rtcp: false }] });
	agent.step({ type: "peer", streams: [told([HIGH])] }, 0);
	expect(goesTo(agent)).toBe("noDestination");
	const outputs = agent.step({ type: "base", base: 0, at: { address: "192.0.2.1", port: 1010 } }, 0);
	expect(questionsIn(outputs).map(({ to }) => to)).toEqual([HIGH.at]);
	expect(goesTo(agent)).toEqual([0, { address: THERE, port: 9000 }]);
	agent.step({ type: "base", base: 1, at: { address: "192.0.2.9", port: 1010 } }, 0);
	agent.step({ type: "baseGone", base: 0 }, 0);
	expect(goesTo(agent)).toEqual([1, { address: THERE, port: 9000 }]);
});

test("after the call nothing is sent", () => {
	for (const type of ["close", "rejected"] as const) {
		const { agent, questions } = checking([HIGH]);
		expect(agent.step({ type }, 0)).toEqual([{ type: "event", event: { kind: "closed" } }]);
		expect(goesTo(agent)).toBe("closed");
		expect(answerAll(agent, questions, HIGH)).toEqual([
			{ type: "ignored", reason: "closed" },
			{ type: "ignored", reason: "closed" },
		]);
		expect([agent.pending, agent.deadline]).toEqual([0, null]);
	}
});

function answerQuestions(
	agent: FirstDraftAgent,
	outputs: Parameters<typeof eventsIn>[0],
	alt: Parameters<typeof answerAll>[2],
) {
	answerAll(agent, questionsIn(outputs), alt);
}
