import {
	attributeOf,
	decodeStun,
	encodeStun,
	type IceCandidateLine,
	isDecodeError,
	type StunItem,
	type StunMessage,
	shortTermKey,
	verifyIntegrity,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { MILLISECOND } from "../machine.ts";
import { IceAgent } from "./agent.ts";
import { HandPeer } from "./hand-peer.fixture.ts";
import type { IceAgentConfig, IceAgentOutput } from "./ice-io.ts";

const FROM = { address: "192.0.2.7", port: 7000 };
const AT = { address: "192.0.2.1", port: 5000 };
const PEER = { ufrag: "peer", pwd: "0123456789012345678901", options: ["ice2"] };
const ID = Uint8Array.from({ length: 12 }, (_, index) => index);
const PRIORITY: StunItem = { name: "priority", value: 1_862_270_975 };
const CONTROLLING: StunItem = { name: "iceControlling", value: 1n };

function agentWith(config: Partial<IceAgentConfig> = {}): IceAgent {
	const agent = new IceAgent({ secret: new Uint8Array(32).fill(1), role: "controlled", ...config });
	agent.step({ type: "base", base: 0, at: AT }, 0);
	agent.step({ type: "basesComplete" }, 0);
	return agent;
}

interface Check {
	readonly user?: string | null;
	readonly pwd?: string | null;
	readonly items?: readonly StunItem[];
}

/** A check of the peer's, with what it gets wrong. */
function check(agent: IceAgent, { user, pwd, items = [PRIORITY, CONTROLLING] }: Check = {}): Uint8Array {
	const { own } = agent;
	const name = user === undefined ? `${own.ufrag}:${PEER.ufrag}` : user;
	const key = pwd === null ? null : shortTermKey(pwd ?? own.pwd);
	const attributes: StunItem[] = [...items];
	if (name !== null) attributes.unshift({ name: "username", value: name });
	if (key !== null) attributes.push({ name: "messageIntegrity", key });
	attributes.push({ name: "fingerprint" });
	return encodeStun({ class: "request", method: "binding", transactionId: ID, attributes });
}

function sent(outputs: readonly IceAgentOutput[]): readonly StunMessage[] {
	return outputs.flatMap((output) => {
		const message = output.type === "send" ? decodeStun(output.bytes) : null;
		return message === null || isDecodeError(message) ? [] : [message];
	});
}

const ignored = (outputs: readonly IceAgentOutput[]) =>
	outputs.flatMap((output) => (output.type === "ignored" ? [output.reason] : []));
const hear = (agent: IceAgent, bytes: Uint8Array, now = 0) =>
	agent.step({ type: "received", base: 0, from: FROM, bytes }, now);

describe("a check of the peer's", () => {
	test("is answered with the address that it came from, signed with our password", () => {
		const agent = agentWith();
		const [answer] = sent(hear(agent, check(agent)));
		if (answer === undefined) throw new Error("no answer");
		expect(answer.class).toBe("success");
		expect(attributeOf(answer, "xorMappedAddress")).toEqual(FROM);
		expect(verifyIntegrity(answer, shortTermKey(agent.own.pwd))).toBe(true);
	});

	test("that is our own, come back from a NAT that hairpins, is answered to nobody", () => {
		const agent = agentWith();
		expect(sent(hear(agent, check(agent, { user: `peer:${agent.own.ufrag}` })))).toEqual([]);
	});

	test.each([
		["no user", { user: null }, 400, "unprotected"],
		["no digest", { pwd: null }, 400, "unprotected"],
		["another user", { user: "nobody:peer" }, 401, "unknownUser"],
		["a wrong password", { pwd: "9999999999999999999999" }, 401, "badIntegrity"],
		["no priority", { items: [CONTROLLING] }, 400, "unprotected"],
		[
			"an attribute that has to be understood",
			{ items: [PRIORITY, { name: "unknown", type: 0x7777, value: new Uint8Array(4) }] },
			420,
			"unknownAttributes",
		],
	] as const)("with %s has no effect but a refusal", (_, wrong: Check, code, reason) => {
		const agent = agentWith();
		agent.step({ type: "peer", peer: PEER }, 0);
		const outputs = hear(agent, check(agent, wrong));
		const answers = sent(outputs);
		expect(answers.map((answer) => [answer.class, attributeOf(answer, "errorCode")?.code])).toEqual([["error", code]]);
		expect(ignored(outputs)).toEqual([reason]);
		expect(agent.pairs).toEqual([]);
	});

	test("with a wrong fingerprint, or of another kind of message, has none at all", () => {
		const agent = agentWith();
		const broken = check(agent);
		broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
		expect(ignored(hear(agent, broken))).toEqual(["badFingerprint"]);
		const indication = encodeStun({ class: "indication", method: "binding", transactionId: ID, attributes: [] });
		expect(ignored(hear(agent, indication))).toEqual(["indication"]);
		const allocate = encodeStun({ class: "request", method: "allocate", transactionId: ID, attributes: [] });
		expect(ignored(hear(agent, allocate))).toEqual(["otherMethod"]);
		const answer = encodeStun({ class: "success", method: "binding", transactionId: ID, attributes: [] });
		expect(ignored(hear(agent, answer))).toEqual(["unknownAnswer"]);
		expect(ignored(hear(agent, Uint8Array.of(0, 1, 2)))).toEqual(["notStun"]);
	});

	test("is not refused without end", () => {
		const agent = agentWith();
		const wrong = check(agent, { pwd: null });
		const reasons = Array.from({ length: 100 }, () => ignored(hear(agent, wrong))).flat();
		expect(reasons.filter((reason) => reason === "tooMany").length).toBeGreaterThan(30);
	});

	test("that comes before the peer's description is answered, and acted on when that comes", () => {
		const agent = agentWith();
		expect(sent(hear(agent, check(agent)))).toHaveLength(1);
		const outputs = agent.step({ type: "peer", peer: PEER }, 50 * MILLISECOND);
		const [request] = sent(outputs);
		expect(request?.class).toBe("request");
		expect(agent.pairs).toMatchObject([{ readable: true, remote: { type: "prflx", ...FROM } }]);
	});

	test("of another generation of the peer's is answered and no more", () => {
		const agent = agentWith();
		agent.step({ type: "peer", peer: PEER }, 0);
		const outputs = hear(agent, check(agent, { user: `${agent.own.ufrag}:older` }));
		expect(sent(outputs).map(({ class: kind }) => kind)).toEqual(["success"]);
		expect(ignored(outputs)).toEqual(["otherGeneration"]);
	});

	test("from a place that nobody has named makes a pair with the base alone that it came to (RFC 8445 §7.3.1.3)", () => {
		const peer = new HandPeer({ role: "controlled" }, ["ice2"]);
		peer.check({ address: "203.0.113.9", port: 9 }, [
			{ name: "iceControlling", value: 1n },
			{ name: "priority", value: 1 },
		]);
		peer.step({ type: "base", base: 1, at: { address: "198.51.100.2", port: 5001 } });
		expect(peer.agent.pairs.map(({ base, remote }) => [base, remote.type])).toEqual([[0, "prflx"]]);
	});

	test("comes to a host that may use relays alone as to nobody", () => {
		const agent = agentWith({ policy: "relay" });
		const outputs = hear(agent, check(agent));
		expect([sent(outputs), ignored(outputs)]).toEqual([[], ["policy"]]);
	});

	test("finds a candidate whose signalling comes late, and the pair goes on under that name", () => {
		const agent = agentWith();
		agent.step({ type: "peer", peer: PEER }, 0);
		hear(agent, check(agent));
		const [before] = agent.pairs;
		const line: IceCandidateLine = {
			foundation: "9",
			component: 1,
			transport: "udp",
			priority: 2_130_706_431,
			...FROM,
			type: "host",
			related: null,
			tcpType: null,
			extensions: [],
		};
		agent.step({ type: "remoteCandidates", candidates: [{ line }] }, 1);
		expect(agent.pairs).toHaveLength(1);
		expect(agent.pairs[0]).toMatchObject({ id: before?.id, state: before?.state, remote: { type: "host" } });
		expect(BigInt(agent.pairs[0]?.priority ?? 0)).toBeGreaterThan(BigInt(before?.priority ?? 0));
	});
});

describe("data", () => {
	const DATA = Uint8Array.of(0x80, 0, 1);

	test("is taken from where a check has come and from nowhere else", () => {
		const agent = agentWith();
		agent.step({ type: "peer", peer: PEER }, 0);
		expect(ignored(hear(agent, DATA))).toEqual(["unknownSource"]);
		hear(agent, check(agent));
		const outputs = hear(agent, DATA);
		expect(outputs).toContainEqual({
			...{ type: "data", stream: 0, component: 1, base: 0, from: FROM, kind: "rtp", bytes: DATA },
		});
	});

	test("is not sent before a check of ours has succeeded", () => {
		const agent = agentWith();
		agent.step({ type: "peer", peer: PEER }, 0);
		hear(agent, check(agent));
		expect(ignored(agent.step({ type: "send", bytes: DATA }, 1))).toEqual(["noPair"]);
	});
});
