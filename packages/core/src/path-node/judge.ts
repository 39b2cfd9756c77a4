/** What a path node does with a packet that is its business. Pure but for the cap, which remembers. */
import { IP_PROTOCOL, parseAddress, rewriteNetworkStatus, transportChecksum, UDP_HEADER_LENGTH } from "@whither/wire";
import type { AnswerCap } from "../answer-cap.ts";
import type { Instant } from "../machine.ts";
import { encodeAnswer, type NodeFacts } from "./answer.ts";
import type { Passage } from "./passage.ts";

/** What becomes of a packet. */
export type NodeVerdict =
	/** It goes on as it is. */
	| { readonly type: "pass"; readonly why: PassReason }
	/** It goes on as `packet`. */
	| { readonly type: "rewrite"; readonly packet: Uint8Array }
	/** It is dropped, and `answer`, a whole IP packet, is sent to its source. */
	| { readonly type: "answer"; readonly answer: Uint8Array };

/**
 * Why a packet that was the node's business goes on untouched: it is for this machine or goes nowhere, its sender is no
 * host that ICMP may answer, the node has no address to answer from, enough has been answered, or the packet was damaged before.
 */
export type PassReason = "notForwarded" | "unanswerable" | "noAddress" | "capped" | "damaged";

/** Everything that is known beside the packet. */
export interface JudgeFacts extends NodeFacts {
	/** Whether the kernel would pass it on to another machine. */
	readonly isForwarded: boolean;
}

/** The verdict on one packet at `now`. */
export function judgePassage(passage: Passage, facts: JudgeFacts, cap: AnswerCap, now: Instant): NodeVerdict {
	if (!facts.isForwarded) return pass("notForwarded");
	if (passage.kind === "offer") return rewrite(passage, facts);
	if (!isSingleHost(passage.source)) return pass("unanswerable");
	const from = facts.input.address;
	if (from === null) return pass("noAddress");
	if (!cap.allows(passage.source, now)) return pass("capped");
	return { type: "answer", answer: encodeAnswer(passage, { ...facts, from }) };
}

function pass(why: PassReason): NodeVerdict {
	return { type: "pass", why };
}

/** A packet that was damaged before must not come out mended. */
function rewrite(passage: Passage, { status }: NodeFacts): NodeVerdict {
	const { bytes, udpOffset, checksumReady, family, source, destination } = passage;
	const sum = (packet: Uint8Array) =>
		transportChecksum(family, source, destination, IP_PROTOCOL.udp, packet.subarray(udpOffset));
	const isSummed = !checksumReady || bytes[udpOffset + 6] !== 0 || bytes[udpOffset + 7] !== 0;
	if (checksumReady && isSummed && sum(bytes) !== 0) return pass("damaged");
	const packet = bytes.slice();
	if (!rewriteNetworkStatus(packet.subarray(udpOffset + UDP_HEADER_LENGTH), status)) return pass("damaged");
	if (isSummed) {
		packet.fill(0, udpOffset + 6, udpOffset + 8);
		const checksum = sum(packet) || 0xffff;
		packet.set([checksum >> 8, checksum & 0xff], udpOffset + 6);
	}
	return { type: "rewrite", packet };
}

/**
 * Whether ICMP errors may go to this source (RFC 1122 section 3.2.2, RFC 4443 section 2.4): not unspecified, loopback,
 * multicast or reserved; and not link-local, since what has such a source must not be forwarded either.
 */
function isSingleHost(source: string): boolean {
	const bytes = parseAddress(source);
	if (!(bytes instanceof Uint8Array)) return false;
	const [first = 0, second = 0] = bytes;
	if (bytes.length === 4) {
		return first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254);
	}
	const isLinkLocal = first === 0xfe && (second & 0xc0) === 0x80;
	return first !== 0xff && !isLinkLocal && bytes.subarray(0, 15).some((byte) => byte !== 0);
}
