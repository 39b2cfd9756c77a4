/**
 * A trace method: how one protocol's probe looks and how its answers are told apart. It knows no schedule and no
 * socket; a new protocol is one new file in `methods/` and one row in their table.
 */
import type { CryptoPort } from "@whither/wire";
import type { ChannelKind, ChannelNeed, Family, ProbePacket, ProbeTransport, Reply } from "./channel.ts";

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
	/** Length in bytes of the whole IP packet, header included. */
	readonly length: number;
	/** The name that the target was asked by: server name for TLS, and so on. */
	readonly targetName: string;
	/** 32 random bytes, new for every trace, that a method may derive secrets of its probes from. */
	readonly secret: Uint8Array;
	readonly crypto: CryptoPort;
	/** -O, checked against the method's table. */
	readonly options: Readonly<Record<string, string | true>>;
}

/** Which probe to build. */
export interface ProbeRequest {
	readonly ttl: number;
	/** Unique in the trace, counting up from 0 with every packet sent. */
	readonly sequence: number;
	/** Index of the flow (5-tuple) the probe belongs to. */
	readonly flow: number;
	/** What the method said with `again`, when this packet follows up another of the same slot. */
	readonly state?: unknown;
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
	| { readonly type: "probe"; readonly sequence: number; readonly meaning: ReplyMeaning }
	/** The target asks for another packet first (QUIC Retry): it is sent at once, and its answer is the probe's. */
	| {
			readonly type: "again";
			readonly sequence: number;
			readonly state: unknown;
			readonly detail: Readonly<Record<string, unknown>>;
	  }
	/** Surely about our flow, but the router quoted too little to say which probe. */
	| { readonly type: "flow"; readonly meaning: ReplyMeaning }
	| { readonly type: "foreign"; readonly reason: IgnoreReason };

/** One way to probe: pure functions of the context, so that any channel and any world can use them. */
export interface TraceMethod {
	readonly name: string;
	/** One line for `--help`. */
	readonly summary: string;
	/** Channels it can use, best first; the first that this machine allows is taken. */
	readonly channels: readonly ChannelNeed[];
	/** Default destination port; null where the protocol has none. */
	readonly defaultPort: number | null;
	/** Default and smallest length in bytes of the IP packet, IPv4 then IPv6. */
	readonly defaultLength: Readonly<Record<Family, number>>;
	readonly minimumLength: Readonly<Record<Family, number>>;
	/** Length in bytes of the shortest packet in this context, where what is asked decides it (a name in a query). */
	leastLength?(context: ProbeContext): number;
	/** The method's own options; a method without any leaves it out. */
	readonly options?: readonly MethodOption[];
	/** Its packets have the default length whatever is asked for. */
	readonly fixedLength?: true;
	probe(context: ProbeContext, request: ProbeRequest): ProbePacket;
	match(context: ProbeContext, reply: Reply): Match;
}
