/** Every way of bytes from outside into the agent of the first draft, as functions of those bytes, for whoever throws inputs at it. */
import { encodeStun, parseSdpAlt, type StunItem, shortTermKey } from "@whither/wire";
import type { StunFuzzTarget } from "../../stun/fuzz.fixture.ts";
import { FirstDraftAgent } from "./agent.ts";
import type { FirstDraftConfig, FirstDraftOutput } from "./first-draft-io.ts";
import { altOf, checking, questionsIn, told } from "./hand-answer.fixture.ts";
import { checkOf, FROM, listening, SECRET } from "./hand-check.fixture.ts";

const RELAY = { address: "198.51.100.10", port: 5556 };
const ALT = altOf("1", 0.8);
const ID = new Uint8Array(16);
const USER = { username: "somebody", password: "its password" };

/** Bytes that come twice to each socket. */
function heard(agent: FirstDraftAgent, bytes: Uint8Array, from = FROM): readonly FirstDraftOutput[] {
	return [0, 1, 0, 1].flatMap((base, now) => agent.step({ type: "received", base, from, bytes }, now));
}

const hearing = (config: Partial<FirstDraftConfig>) => (bytes: Uint8Array) => heard(listening(config).agent, bytes);

/** The bytes as an answer to a check under way. */
function answered(bytes: Uint8Array): unknown {
	const { agent, questions } = checking([ALT]);
	const [question] = questions;
	const outputs = heard(agent, withId(bytes, question?.message.transactionId ?? ID), question?.to);
	return [...outputs, ...agent.step({ type: "timer" }, 3)];
}

/** A relay that is being asked, and the id of the request, which is the same each time: the secret is. */
function allocating(): { readonly agent: FirstDraftAgent; readonly id: Uint8Array } {
	const relays = [{ server: RELAY, user: USER }];
	const agent = new FirstDraftAgent({ secret: SECRET, streams: [{ rtcp: false }], relays });
	const outputs = agent.step({ type: "base", base: 0, at: { address: "192.0.2.1", port: 9 } }, 0);
	return { agent, id: questionsIn(outputs)[0]?.message.transactionId ?? ID };
}

/** The same message as an answer to that request; the digest of seeds is right. */
function withId(bytes: Uint8Array, id: Uint8Array): Uint8Array {
	const answer = bytes.slice();
	for (let at = 4; at < 20 && at < answer.length; at++) answer[at] = id[at - 4] ?? 0;
	return answer;
}

/** The bytes as an answer of that relay. */
function relayed(bytes: Uint8Array): unknown {
	const { agent, id } = allocating();
	return agent.step({ type: "received", base: 0, from: RELAY, bytes: withId(bytes, id) }, 1);
}

/** Bytes as lines of signalling. */
function signalled(bytes: Uint8Array): unknown {
	const lines = String.fromCharCode(...bytes.subarray(0, 4096)).split("\n");
	const { agent } = listening();
	agent.step({ type: "told" }, 0);
	const alternatives = lines.flatMap((line) => parseSdpAlt(line) ?? []);
	const destination = alternatives.at(-1)?.at ?? null;
	return agent.step({ type: "peer", streams: [told(alternatives, destination), null] }, 0);
}

const CHECK_ID = checking([ALT]).questions[0]?.message.transactionId ?? ID;
const answers = (kind: "success" | "error", items: readonly StunItem[]) => {
	const attributes = [...items, { name: "messageIntegrity", key: shortTermKey(ALT.password) } as const];
	return encodeStun({ class: kind, method: "binding", transactionId: CHECK_ID, attributes });
};

const CHECKS = [
	checkOf(listening().alt),
	checkOf(listening().alt, { password: null }),
	checkOf(listening().alt, { items: [{ name: "changeRequest", value: { ip: true, port: true } }] }),
	checkOf(listening().alt, { items: [{ name: "password", value: "password" }] }),
	checkOf(listening().alt, { modern: true }),
];
const LINES = ["1 1.0 : user0001 secret 203.0.113.7 5000", "2 0.4 1 user0002 secret 203.0.113.7 5002 203.0.113.7 5009"];

/** What `npm run fuzz` throws inputs at. */
export const FIRST_DRAFT_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{ name: "FirstDraftAgent", decode: hearing({}), seeds: CHECKS },
	{
		name: "FirstDraftAgent without RTP",
		decode: hearing({ streams: [{ rtcp: false }, { rtcp: true }] }),
		seeds: CHECKS,
	},
	{
		name: "FirstDraftAgent answer",
		decode: answered,
		seeds: [
			answers("success", [{ name: "mappedAddress", value: FROM }]),
			answers("error", [{ name: "errorCode", value: { code: 430, reason: "" } }]),
			answers("error", [{ name: "errorCode", value: { code: 600, reason: "" } }]),
		],
	},
	{
		name: "FirstDraftAgent relay",
		decode: relayed,
		seeds: [
			encodeStun({
				class: "success",
				method: "allocate",
				transactionId: allocating().id,
				attributes: [
					{ name: "mappedAddress", value: FROM },
					{ name: "lifetime", value: 600 },
					{ name: "messageIntegrity", key: shortTermKey(USER.password) },
				],
			}),
		],
	},
	{
		name: "FirstDraftAgent signalling",
		decode: signalled,
		seeds: [Uint8Array.from(LINES.join("\n"), (character) => character.charCodeAt(0))],
	},
];
