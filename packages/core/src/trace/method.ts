/**
 * A trace method: how one protocol's probe looks and how its answers are told apart. It knows no schedule and no
 * socket; a new protocol is one new file in `methods/` and one row in their table.
 */
import type { CryptoPort } from "@whither/wire";
import type { ChannelKind, ChannelNeed, Family, ProbePacket, ProbeTransport, Reply, SessionFacts } from "./channel.ts";
import type { CompanionResult, HopResult, TraceWarning } from "./result.ts";

/** Everything constant through one trace that a probe is built from. */
export interface ProbeContext {
	readonly family: Family;
	readonly channel: ChannelKind;
	readonly transport: ProbeTransport;
	readonly source: string;
	readonly target: string;
	/** Ports the channel holds for this trace; one, or one a probe, or none (protocols without, sockets per probe). */
	readonly sourcePorts: readonly number[];
	/** Destination port, or where the method counts upwards its first. */
	readonly port: number;
	/** 32 random bits, new for every trace, that every probe carries wherever there is room. */
	readonly key: number;
	/** Length in bytes of the whole IP packet, header included, unless a request asks for another. */
	readonly length: number;
	/** The name that the target was asked by: server name for TLS, and so on. */
	readonly targetName: string;
	/** 32 random bytes, new for every trace, that a method may derive secrets of its probes from. */
	readonly secret: Uint8Array;
	readonly crypto: CryptoPort;
	/** -O, checked against the method's table. */
	readonly options: Readonly<Record<string, string | true>>;
	/** The connections of a `session` channel, a flow each; empty on other channels and before they are open. */
	readonly sessions: readonly SessionFacts[];
	/** The trace's TOS byte or traffic class. */
	readonly tos: number;
	/** --loose-match: the key alone says whose packet was quoted; addresses and ports may have been rewritten. */
	readonly looseMatch: boolean;
	readonly queries: number;
	/** Bytes that the link towards the target takes in one packet; absent where unknown. */
	readonly linkMtu?: number;
}

/**
 * A packet beside the hops that a method wants sent in the same trace, such as a SYN without the mark whose loss is to be
 * told from a dead host. `name` says what for; its answers stand in the result's `companions`.
 */
export interface Companion {
	readonly name: string;
	readonly ttl: number;
	/** Counts the companions of one name and TTL from 0. */
	readonly query: number;
	/** TOS byte or traffic class, and length of the whole IP packet in bytes; absent: the trace's. */
	readonly tos?: number;
	readonly length?: number;
}

/** When companions are asked for: as the trace starts, or when the path is known up to `lastTtl`, its last hop. */
export type CompanionMoment =
	| { readonly when: "start" }
	| { readonly when: "end"; readonly lastTtl: number; readonly reached: boolean };

/** A whole trace as its result will show it. */
export interface TraceEvidence {
	readonly reached: boolean;
	readonly hops: readonly HopResult[];
	readonly companions: readonly CompanionResult[];
}

/** Which probe to build. */
export interface ProbeRequest {
	readonly ttl: number;
	/** Unique in the trace, counting up from 0 with every packet sent. */
	readonly sequence: number;
	/** Index of the flow (5-tuple) the probe belongs to. */
	readonly flow: number;
	/** Length in bytes of the whole IP packet where it is not the trace's; shorter than the method can make it: as short as it can. */
	readonly length?: number;
	/** Name of the companion that this packet is; absent: it is a hop's. */
	readonly companion?: string;
	/** What the method said with `again`, when this packet follows up another of the same slot. */
	readonly state?: unknown;
	/** This packet says once more what another said that stayed unanswered. */
	readonly retransmission?: Retransmission;
}

/** Which packet is sent again, by the sequence that it first left with, and for which time it leaves: 2 is the second. */
export interface Retransmission {
	readonly first: number;
	readonly count: number;
}

/** One of a method's own options (`-O name` or `-O name=value`). */
export interface MethodOption {
	readonly name: string;
	/** What stands for the value in help, such as `N`; null: the option takes none. */
	readonly value: string | null;
	/** One line for `-O help`. */
	readonly summary: string;
	/** Says what is wrong with a value, else null; absent: any will do. */
	readonly check?: (value: string) => string | null;
	/** Its value is a domain name: one with letters beyond ASCII is translated before it gets here. */
	readonly isDomainName?: true;
	/** Names of options that it contradicts; one of the two need say so. */
	readonly excludes?: readonly string[];
}

/** What kind of answer came, in the words of `whither.trace/1`. */
export type ReplyKind =
	| "timeExceeded"
	| "unreachable"
	| "portUnreachable"
	| "packetTooBig"
	| "parameterProblem"
	| "echoReply"
	| "udp"
	| "synAck"
	| "rst"
	| "ack"
	| "quic"
	| "stun"
	| "dns"
	| "udpLite"
	| "dccp"
	| "sctp"
	| "protocol";

/** What an answer means to the trace. */
export interface ReplyMeaning {
	readonly kind: ReplyKind;
	/** `hop`: on the way. `target`: the target itself answered. `end`: nothing beyond will answer (unreachable). */
	readonly place: "hop" | "target" | "end";
	/** The method's own findings (TCP flags, and so on), shown as they are. */
	readonly detail: Readonly<Record<string, unknown>>;
	/** Our own address as the answerer saw it, where its protocol tells. */
	readonly mappedAddress?: string;
}

/** Why a packet was not counted as an answer. */
export type IgnoreReason =
	| "otherProtocol"
	| "otherTarget"
	| "otherPort"
	| "otherKey"
	| "unknownSequence"
	| "notAnError"
	| "malformed";

/** Whose answer a reply is. */
export type Match =
	| {
			readonly type: "probe";
			readonly sequence: number;
			readonly meaning: ReplyMeaning;
			/** Further probes that this packet answers (a selective acknowledgment of several). */
			readonly also?: readonly number[];
			/** A further part of an answer that came in several packets: no duplicate where its probe has one. */
			readonly part?: true;
			/** Sent at once with a full TTL and never answered: a polite end to what the probe began. */
			readonly farewell?: ProbePacket;
	  }
	/** The target asks for another packet first (QUIC Retry): it is sent at once, and its answer is the probe's. */
	| {
			readonly type: "again";
			readonly sequence: number;
			readonly state: unknown;
			readonly detail: Readonly<Record<string, unknown>>;
	  }
	/** The other end broke the connection that the probes live in: no more of them are worth sending. */
	| { readonly type: "broken"; readonly from: string }
	/**
	 * Surely about our flow, but the router quoted too little to say which probe, or no more than which TTL it had. `joint`:
	 * it may be the answer to several probes at once.
	 */
	| { readonly type: "flow"; readonly meaning: ReplyMeaning; readonly ttl?: number; readonly joint?: true }
	| { readonly type: "foreign"; readonly reason: IgnoreReason };

/**
 * One way to probe: functions of the context and of what they were given in it before, so that any channel and any world
 * can use them. What a method has to remember, such as keys and packets taken in, it remembers by context: calls are not
 * repeatable.
 */
export interface TraceMethod {
	readonly name: string;
	/** One line for `--help`. */
	readonly summary: string;
	/** Channels it can use, best first; the first that this machine allows is taken. */
	readonly channels: readonly ChannelNeed[];
	/** The same under options of its own that change them, such as a protocol number; absent: none does. */
	needs?(options: ProbeContext["options"]): readonly ChannelNeed[];
	/** Default destination port; null where the protocol has none. */
	readonly defaultPort: number | null;
	/** Default and smallest length in bytes of the IP packet, IPv4 then IPv6. */
	readonly defaultLength: Readonly<Record<Family, number>>;
	readonly minimumLength: Readonly<Record<Family, number>>;
	/** Length in bytes of the shortest packet in this context, where what is asked decides it (a name in a query). */
	leastLength?(context: ProbeContext): number;
	/** The method's own options; a method without any leaves it out. */
	readonly options?: readonly MethodOption[];
	/** Its packets have the default length whatever LENGTH is asked for (a request may still ask for longer ones). */
	readonly fixedLength?: true;
	/** Each of its probes makes the target work (a handshake): those that most paths do not need are held back a little. */
	readonly burdensTarget?: true;
	/** The target's answers come from an application, which may have a limit of its own on how long its packets may be. */
	readonly targetMayRefuseLength?: true;
	/** Its probes open connections, which farewells close: answers are heard for a while after the trace's end. */
	readonly opensConnections?: true;
	/** How often a probe is sent again that stays unanswered; default never. */
	retransmissions?(options: ProbeContext["options"]): number;
	/** How many connections a `session` channel opens for it, each a flow; default 1. */
	connections?(options: ProbeContext["options"]): number;
	/**
	 * Work of this machine alone that can be done before there is anything to wait for, such as keys and the first packets.
	 * Called once, before the trace starts, or while connections are being opened.
	 */
	prepare?(context: ProbeContext): void;
	/** Packets beside the hops; a method without any leaves it out. */
	companions?(context: ProbeContext, moment: CompanionMoment): readonly Companion[];
	/** What the method can say about the whole trace once it is over; a method without anything leaves it out. */
	conclusions?(context: ProbeContext, evidence: TraceEvidence): readonly TraceWarning[];
	probe(context: ProbeContext, request: ProbeRequest): ProbePacket;
	/** Called once for each reply, in the order they came. */
	match(context: ProbeContext, reply: Reply): Match;
}
