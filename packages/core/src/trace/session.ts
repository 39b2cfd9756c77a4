/** What the handshake of a connection tells about the way to its other end, and which connection a probe travels in. */
import { decodeTcp, isDecodeError, sequenceAdd, TCP_FLAGS } from "@whither/wire";
import { type Instant, MILLISECOND } from "../machine.ts";
import type { PacketReply, SessionFacts } from "./channel.ts";
import { hopsBack } from "./hop-distance.ts";
import type { ProbeContext } from "./method.ts";
import type { Slot } from "./probe-book.ts";

const SYN_ACK = TCP_FLAGS.syn | TCP_FLAGS.ack;

/** The other end answers within this much of the handshake's round trip, and a little, if it is no farther than it seems. */
const HOLD_FACTOR = 1.25;
const HOLD_SLACK_NS = 5 * MILLISECOND;

/**
 * How far away the other end probably is, by the TTL that its SYN/ACK arrived with, and how long to wait for its answers
 * before farther probes are sent. A receiver acknowledges its first three out-of-order segments each at once and those
 * beyond together (Linux: tcp_comp_sack_nr), so it pays not to send it more.
 */
export function likelyEnd({ synAckTtl, rttNs }: SessionFacts): { ttl: number; holdNs: Instant } | null {
	if (synAckTtl === null) return null;
	return { ttl: hopsBack(synAckTtl), holdNs: HOLD_FACTOR * rttNs + HOLD_SLACK_NS };
}

/** Index of the flow that a slot's probes belong to: columns take turns where there are several connections. */
export function flowOf({ sessions }: ProbeContext, { query }: Pick<Slot, "query">): number {
	return sessions.length < 2 ? 0 : query % sessions.length;
}

/** What the other end's SYN/ACK says about its connection; `timestamps.value` is our own TSval that it echoes. */
export type SynAckFacts = Pick<
	SessionFacts,
	"sendNext" | "receiveNext" | "synAckTtl" | "mss" | "window" | "sackPermitted" | "timestamps"
>;

/** Reads a captured SYN/ACK; null for any other segment. */
export function synAckFacts({ segment, ttl }: Pick<PacketReply, "segment" | "ttl">): SynAckFacts | null {
	const decoded = decodeTcp(segment ?? new Uint8Array(0));
	if (isDecodeError(decoded)) return null;
	const { flags, sequence, acknowledgment, options, window } = decoded.header;
	if ((flags & (SYN_ACK | TCP_FLAGS.rst)) !== SYN_ACK) return null;
	const facts = { mss: null as number | null, sackPermitted: false, timestamps: null as SessionFacts["timestamps"] };
	for (const option of options) {
		if (option.name === "maximumSegmentSize") facts.mss = option.value;
		else if (option.name === "sackPermitted") facts.sackPermitted = true;
		else if (option.name === "timestamps") {
			facts.timestamps = { value: option.value.echo, echo: option.value.value };
		}
	}
	return { ...facts, window, sendNext: acknowledgment, receiveNext: sequenceAdd(sequence, 1), synAckTtl: ttl };
}
