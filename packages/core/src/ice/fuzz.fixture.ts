/** Every way of bytes from outside into the ICE agent, as functions of those bytes, for whoever throws inputs at it. */
import {
	encodeStun,
	formatSdp,
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
import { readTrickle } from "./offer-answer/fragment.ts";
import { iceInputs, readIce } from "./offer-answer/reading.ts";
import { weighSelected } from "./offer-answer/selected.ts";
import { iceAnswer } from "./offer-answer/writing.ts";

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

/** Bytes as what signalling brings: fragments with candidates alone. */
function signalled(bytes: Uint8Array): unknown {
	const description = parseSdp(text(bytes));
	const [agent] = begun();
	if (isDecodeError(description)) return [];
	return iceDescriptions(description).flatMap(({ candidates }) =>
		agent.step({ type: "remoteCandidates", candidates: candidates.map((line) => ({ line })) }, 1),
	);
}

/** Bytes as an offer, which an agent takes and answers: in as many sections, and in words that can be read. */
function offered(bytes: Uint8Array): unknown {
	const offer = parseSdp(text(bytes));
	if (isDecodeError(offer)) return [];
	const agent = new IceAgent({ secret: SECRET, role: "controlled" });
	const [streams, media] = [readIce(offer), offer.media.map(() => ({}))];
	const ice = { own: agent.own, candidates: [], isComplete: true };
	for (const mismatch of ["refuse", "ignore"] as const) {
		const answer = parseSdp(formatSdp(iceAnswer(offer, { origin: { id: "1", version: 1 }, media, ice, mismatch })));
		if (isDecodeError(answer) || answer.media.length !== offer.media.length) throw new Error("an answer that is none");
		readIce(answer);
	}
	for (const stream of streams) weighSelected(stream, agent.pairs);
	readTrickle(offer, streams);
	return streams.flatMap((stream) => (iceInputs([stream]) ?? []).flatMap((input) => agent.step(input, 1)));
}

function text(bytes: Uint8Array): string {
	return String.fromCharCode(...bytes.subarray(0, 4096));
}

function bytesOf(lines: readonly string[]): Uint8Array {
	return Uint8Array.from(lines.map((line) => `${line}\r\n`).join(""), (character) => character.charCodeAt(0));
}

const PRIORITY: StunItem = { name: "priority", value: 1 };
const CHECKS = [
	checks([PRIORITY, { name: "iceControlling", value: 1n }]),
	checks([PRIORITY, { name: "iceControlling", value: 1n }, { name: "useCandidate", value: true }]),
	checks([PRIORITY, { name: "iceControlled", value: 1n }, { name: "nomination", value: 7 }]),
	checks([{ name: "unknown", type: 0x7777, value: ID }]),
];
const SDP = bytesOf([`a=${LINE.replace("50000", "50001")}`, `a=${LINE.replace("203.0.113.7", "x.local")}`]);
const OFFER = bytesOf([
	...["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=ice-options:ice2 trickle"],
	...["m=application 50000 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 203.0.113.7", "a=ice-ufrag:peer"],
	...["a=ice-pwd:0123456789012345678901", "a=mid:0", `a=${LINE}`, "a=remote-candidates:1 192.0.2.1 5000"],
	...["m=audio 0 RTP/AVP 0 8", "a=mid:1", "a=bundle-only", "a=rtcp:9 IN IP6 ::", "m=video 9 RTP/AVP 96", "a=mid:2"],
	...["c=IN IP6 ::", "a=ice-ufrag:other", "a=ice-pwd:0123456789012345678901", "a=rtcp-mux", "a=end-of-candidates"],
]);

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
	{ name: "IceAgent offer", decode: offered, seeds: [OFFER] },
];
