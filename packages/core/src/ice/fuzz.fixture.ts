/** Every way of bytes from outside into the ICE agent, as functions of those bytes, for whoever throws inputs at it. */
import {
	encodeStun,
	iceDescriptions,
	isDecodeError,
	parseIceCandidate,
	parseSdp,
	type StunItem,
	shortTermKey,
} from "@whither/wire";
import type { StunFuzzTarget } from "../stun/fuzz.fixture.ts";
import { IceAgent } from "./agent.ts";
import type { IceAgentConfig, IceAgentOutput } from "./ice-io.ts";

const SECRET = new Uint8Array(32).fill(1);
const FROM = { address: "203.0.113.7", port: 50_000 };
const PEER = { ufrag: "peer", pwd: "0123456789012345678901", options: ["ice2", "renomination"] };
const LINE = "candidate:1 1 UDP 2130706431 203.0.113.7 50000 typ host";
const ID = new Uint8Array(12);

/** One with a socket, a peer, and a check under way to it. */
function begun(config: Partial<IceAgentConfig> = {}): readonly [IceAgent, readonly IceAgentOutput[]] {
	const agent = new IceAgent({ secret: SECRET, role: "controlled", ...config });
	agent.step({ type: "base", base: 0, at: { address: "192.0.2.1", port: 5000 } }, 0);
	const line = parseIceCandidate(LINE);
	const candidates = isDecodeError(line) ? [] : [{ line }];
	return [agent, agent.step({ type: "peer", peer: PEER, candidates }, 0)];
}

/** A request with a right digest, so that what is in it counts. */
function checks(items: readonly StunItem[]): Uint8Array {
	const { own } = begun()[0];
	const username: StunItem = { name: "username", value: `${own.ufrag}:${PEER.ufrag}` };
	const attributes = [username, ...items, { name: "messageIntegrity", key: shortTermKey(own.pwd) } as const];
	return encodeStun({ class: "request", method: "binding", transactionId: ID, attributes });
}

/** The id of the check that is under way, which is the same each time: the secret is. */
function askedId(): Uint8Array {
	const sent = begun()[1].find((output) => output.type === "send");
	if (sent?.type !== "send") throw new Error("no check is under way");
	return sent.bytes.slice(8, 20);
}

function answers(kind: "success" | "error", items: readonly StunItem[]): Uint8Array {
	const attributes = [...items, { name: "messageIntegrity", key: shortTermKey(PEER.pwd) } as const];
	return encodeStun({ class: kind, method: "binding", transactionId: askedId(), attributes });
}

function hearing(config: Partial<IceAgentConfig>): (bytes: Uint8Array) => unknown {
	return (bytes) => {
		const [agent] = begun(config);
		const first = agent.step({ type: "received", base: 0, from: FROM, bytes }, 1);
		return [...first, ...agent.step({ type: "received", base: 0, from: FROM, bytes }, 2)];
	};
}

/** The bytes as an answer to the check under way; the digest of seeds is right. */
function answered(bytes: Uint8Array): unknown {
	const [agent, outputs] = begun();
	const sent = outputs.find((output) => output.type === "send");
	const answer = bytes.slice();
	if (sent?.type === "send") for (let at = 8; at < 20 && at < answer.length; at++) answer[at] = sent.bytes[at] ?? 0;
	return agent.step({ type: "received", base: 0, from: FROM, bytes: answer }, 1);
}

/** Bytes as what signalling brings. */
function signalled(bytes: Uint8Array): unknown {
	const description = parseSdp(String.fromCharCode(...bytes.subarray(0, 4096)));
	const [agent] = begun();
	if (isDecodeError(description)) return [];
	return iceDescriptions(description).flatMap(({ candidates }) =>
		agent.step({ type: "remoteCandidates", candidates: candidates.map((line) => ({ line })) }, 1),
	);
}

const PRIORITY: StunItem = { name: "priority", value: 1 };
const CHECKS = [
	checks([PRIORITY, { name: "iceControlling", value: 1n }]),
	checks([PRIORITY, { name: "iceControlling", value: 1n }, { name: "useCandidate", value: true }]),
	checks([PRIORITY, { name: "iceControlled", value: 1n }, { name: "nomination", value: 7 }]),
	checks([{ name: "unknown", type: 0x7777, value: ID }]),
];
const SDP = Uint8Array.from(
	`a=${LINE.replace("50000", "50001")}\r\na=${LINE.replace("203.0.113.7", "x.local")}\r\n`,
	(character) => character.charCodeAt(0),
);

export const ICE_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{ name: "IceAgent", decode: hearing({}), seeds: CHECKS },
	{ name: "IceAgent controlling", decode: hearing({ role: "controlling" }), seeds: CHECKS },
	{ name: "IceAgent lite", decode: hearing({ lite: true }), seeds: CHECKS },
	{
		name: "IceAgent answer",
		decode: answered,
		seeds: [
			answers("success", [{ name: "xorMappedAddress", value: FROM }]),
			answers("error", [{ name: "errorCode", value: { code: 487, reason: "" } }]),
		],
	},
	{ name: "IceAgent signalling", decode: signalled, seeds: [SDP] },
];
