/**
 * A scenario: a topology, its faults and the outcome a trace must have, as data. The simulated internet runs it in
 * virtual time; the lab builds the same one from network namespaces. Node names stand for addresses everywhere.
 */
import type { ChannelNeed, Family, ReplyKind, StopReason, TraceOptions, TraceResult } from "@whither/core";
import type { TcpOption } from "@whither/wire";
import type { FirewallSpec, NatSpec } from "./nat-spec.ts";
import type { CallSpec, EnrichedSpec, StunSpec } from "./stun-spec.ts";

/** One test network with the trace to run over it and what must come out. */
export interface Scenario {
	/** Plain words, unique in the list: "a router in the middle stays silent". */
	readonly name: string;
	/** What it shows and what could go wrong, in one or two sentences. */
	readonly about: string;
	/** Default: both. */
	readonly families?: readonly Family[];
	/** Seed of every random draw in the simulated internet; default 1. */
	readonly seed?: number;
	readonly nodes: Readonly<Record<string, NodeSpec>>;
	/** The order matters: a link's place in this list gives its addresses. */
	readonly links: readonly LinkSpec[];
	readonly trace: TraceSpec;
	/** Media between both ends of the trace, whose 5-tuple is that of the media. */
	readonly call?: CallSpec;
	/** Packets that are none of the trace's business. */
	readonly noise?: readonly NoiseSpec[];
	/** `true`: a Linux kernel can express it; a string: why it cannot. */
	readonly lab: true | string;
	readonly expect: Expectation;
}

/** Which trace to run: node names and the options that differ from the defaults (times in nanoseconds, as in core). */
export interface TraceSpec {
	readonly from: string;
	readonly to: string;
	readonly options?: Partial<Omit<TraceOptions, "family" | "target" | "targetName" | "channels">>;
	/** Run once for each; default: every kind the method can use. */
	readonly channels?: readonly ScenarioChannel[];
}

/** Channel kinds that a scenario can be run over. */
export type ScenarioChannel = ChannelNeed["kind"];

/** A machine of the scenario, told by its `kind`. */
export type NodeSpec = HostSpec | RouterSpec;

/**
 * How many ICMP errors a node may send. `none`: as many as it likes. `linux`: icmp_ratelimit's one a second with a
 * burst of six to each destination under icmp_msgs_per_sec's 1000 a second in all. Otherwise one bucket for all.
 */
export type RateLimit = "none" | "linux" | { readonly perSecond: number; readonly burst: number };

/** A host's TCP; of the tracing host only `initialSequence` and `timestamps` count. */
export interface TcpSpec {
	/** Speaks no selective acknowledgments (Linux: net.ipv4.tcp_sack=0). */
	readonly sack?: false;
	/** Speaks no timestamps (Linux: net.ipv4.tcp_timestamps=0). */
	readonly timestamps?: false;
	/** Whether acknowledgments beyond the third of a row wait for each other as Linux lets them; default true. */
	readonly compressesSacks?: false;
	/** Answers Explicit Congestion Notification that a SYN offers (RFC 3168). */
	readonly ecn?: true;
	/** Maximum segment size of the SYN/ACK in bytes; default that of links of 1500 bytes. */
	readonly mss?: number;
	/** Receive window in bytes; default that of links of 1500 bytes. */
	readonly window?: number;
	/** Text that the application sends as soon as a connection stands, as SSH and SMTP servers do. */
	readonly speaksFirst?: string;
	/** Resets each connection so long after it stands. */
	readonly resetsAfterMs?: number;
	/** Initial sequence number of every connection; default random. */
	readonly initialSequence?: number;
}

/** A machine at the edge: it forwards nothing. */
export interface HostSpec {
	readonly kind: "host";
	/** What every UDP port does: `closed` answers port unreachable, `open` takes and says nothing, `echo` sends the payload back, `dns` answers queries with one address, `quic` answers Initials of version 1 with a ServerHello (it wants cryptography), `stun` answers Binding requests, `silent` drops. Default closed. */
	readonly udp?: "closed" | "open" | "echo" | "dns" | "quic" | "stun" | "silent";
	/** How a `stun` server answers where it differs from our own, which asks for nothing. */
	readonly stun?: StunSpec;
	/** A `quic` server has every client show its address first, by a Retry (RFC 9000 section 8.1.2). */
	readonly quicRetry?: boolean;
	/** Bytes of the longest datagram that its UDP application takes; longer ones it ignores. Default: any. */
	readonly udpLongest?: number;
	readonly tcpPorts?: { readonly open?: readonly number[]; readonly filtered?: readonly number[] };
	/** What TCP ports not listed do: `closed` resets, `filtered` drops. Default closed. */
	readonly tcpDefault?: "closed" | "filtered";
	/** How its TCP speaks, where it differs from a plain Linux. */
	readonly tcp?: TcpSpec;
	/** What every UDP-Lite port does; default: the kernel has no UDP-Lite and refuses the protocol, as for the next two. */
	readonly udplite?: "closed" | "echo" | "silent";
	/** What every DCCP port does: `reset` refuses the connection, `open` accepts it. */
	readonly dccp?: "reset" | "open" | "silent";
	/** What every SCTP port does: `closed` aborts, `open` accepts. */
	readonly sctp?: "closed" | "open" | "silent";
	/** What is done with packets of protocols beyond these. Default unreachable. */
	readonly otherProtocols?: "unreachable" | "echo" | "silent";
	/** IPv4 addresses that it names itself, beside those of its links; it is known by the first. */
	readonly addresses?: readonly string[];
	/** Public addresses that it has beside those of its links, as a server of RFC 5780 needs two; at most 3. Default 0. */
	readonly publicAddresses?: number;
	/** Default: answers. */
	readonly icmpEcho?: "answers" | "silent";
	/** Default: none. */
	readonly icmpLimit?: RateLimit;
	/** Answers leave with the address of the link towards this neighbour instead of the one the probe was sent to. */
	readonly answersFrom?: string;
	/** Copies of every answer, for a host that floods back; default 1. */
	readonly copies?: number;
	/** TTL or hop limit of the packets it originates; default 64. */
	readonly initialTtl?: number;
}

/** One entry of an MPLS label stack (RFC 3032) as a router quotes it (RFC 4950). */
export interface MplsLabelSpec {
	readonly label: number;
	/** Default 0. */
	readonly trafficClass?: number;
	/** Default 1: the TTL that ran out. */
	readonly ttl?: number;
}

/** Why a router says a destination cannot be reached; the family's own ICMP code is chosen for it. */
export type UnreachableCode = "net" | "host" | "adminProhibited";

/**
 * A destination that a router refuses. `route` (the default for net and host): an unreachable route, looked up before
 * the TTL is judged, so that even a packet that would expire there is refused. `filter` (the default for
 * adminProhibited): a rule on forwarded packets, so that expired ones get Time Exceeded first.
 */
export interface UnreachableSpec {
	readonly to: string;
	readonly code: UnreachableCode;
	readonly by?: "route" | "filter";
}

/** TCP options that a middlebox takes out of SYNs and SYN/ACKs that it forwards; with `sack` among them, out of all segments. */
export interface StripSpec {
	readonly options: readonly TcpOption["name"][];
	/** `noOperation` (the default): their bytes become padding, as nftables does it. `cut`: the header becomes shorter. */
	readonly by?: "noOperation" | "cut";
	/** `out`: only of packets towards the trace's target. `back`: only of others. Default both. */
	readonly way?: "out" | "back";
}

/** A machine in the middle: it forwards, counts TTLs down and reports what it dropped. */
export interface RouterSpec {
	readonly kind: "router";
	/** Never sends an ICMP error. `tcp`: only stays silent about TCP packets. */
	readonly silent?: boolean | "tcp";
	/** Default: none. */
	readonly icmpLimit?: RateLimit;
	/** Bytes quoted from the transport header on; `all` (default): as many as fit 576 bytes, IPv6: 1280. */
	readonly quoteBytes?: number | "all";
	/** Label stack quoted in Time Exceeded messages, top first. */
	readonly mpls?: readonly MplsLabelSpec[];
	/** Quotes the interface that the packet came in by (RFC 5837: index, address and name). */
	readonly interfaceInfo?: true;
	/** Gives its own name (draft-ietf-intarea-extended-icmp-nodeid). */
	readonly nodeName?: string;
	/** `old`: the layout from before RFC 4884, length field zero and extension after exactly 128 bytes. Default rfc4884. */
	readonly extensionLayout?: "rfc4884" | "old";
	/**
	 * Answers STUN requests whose TTL ran out by Time Exceeded with a STUN response in it (RFC 4884 class 0xF7), and writes
	 * into the NETWORK-STATUS of those that it forwards.
	 */
	readonly enriched?: EnrichedSpec;
	/** How one of several equally good next hops is chosen; default perFlow. */
	readonly ecmp?: "perFlow" | "perPacket";
	/** Destinations it answers with ICMP unreachable instead of forwarding to. */
	readonly unreachable?: readonly UnreachableSpec[];
	/** Destinations whose packets it drops without a word. */
	readonly blackhole?: readonly string[];
	/** What it does with packets too long for their next link: `silent` drops them without a word; a number is told as that link's MTU, whatever it is. Default: says what the link takes. */
	readonly tooLong?: "silent" | number;
	/** Static routes that replace the computed ones: destination node to neighbours. */
	readonly routes?: Readonly<Record<string, readonly string[]>>;
	/** How long its slow control plane takes to write an ICMP error, and the random part on top. */
	readonly icmpDelayMs?: number;
	readonly icmpJitterMs?: number;
	readonly strips?: StripSpec;
	/** Largest maximum segment size, in bytes, that SYNs and SYN/ACKs leave with. */
	readonly clampsMss?: number;
	/** Which part of the TOS byte or traffic class it clears in packets that it forwards. */
	readonly bleaches?: "dscp" | "ecn" | "tos";
	/** Drops packets whose IP header has an ECN mark (`marked`), or SYNs that offer ECN with ECE and CWR (`negotiating`). */
	readonly dropsEcn?: "marked" | "negotiating";
	readonly nat?: NatSpec;
	readonly firewall?: FirewallSpec;
	/** Copies of every ICMP error; default 1. */
	readonly copies?: number;
	/** TTL or hop limit of the packets it originates; default 64. */
	readonly initialTtl?: number;
}

/** What a link does to the packets that cross it in one direction. */
export interface ImpairmentSpec {
	/** One way. Default 0. */
	readonly delayMs?: number;
	/** Uniform random time on top of the delay; packets keep their order. */
	readonly jitterMs?: number;
	/** Shares between 0 and 1. */
	readonly loss?: number;
	readonly duplicate?: number;
	/** Share of the packets held back by `reorderMs`, so that later ones overtake them. */
	readonly reorder?: number;
	/** Default 10. */
	readonly reorderMs?: number;
	/** Share of the packets with one bit flipped. */
	readonly corrupt?: number;
}

/** A point-to-point link; the address on it ends in 1 at `between[0]` and in 2 at `between[1]`. */
export interface LinkSpec extends ImpairmentSpec {
	readonly between: readonly [string, string];
	/** Largest IP packet in bytes; default 1500. */
	readonly mtu?: number;
	/** Routing cost, default 1. */
	readonly cost?: number;
	/** What differs for the packets sent by the named end. */
	readonly oneWay?: Readonly<Record<string, ImpairmentSpec>>;
}

/**
 * A packet sent to the tracing host whenever a probe of its comes by.
 * `wrongPort`: Time Exceeded about the probe with other ports (ICMP: other id). `wrongKey`: about the right ports
 * (id), but the sequence numbers and payload are made up. `otherFlow`: about a packet to another destination.
 * `otherProtocol`: about a protocol we do not use. `fakeTarget`: port unreachable in the target's name about wrong
 * ports. `garbage`: an ICMP error that quotes random bytes. `truncated`: an ICMP error cut short. `badChecksum`: a
 * true Time Exceeded with a wrong ICMP checksum. `strayEcho`: an echo reply nobody asked for. `strayReset`: a TCP
 * reset from the target to a port we do not use.
 */
export type NoiseKind =
	| "wrongPort"
	| "wrongKey"
	| "otherFlow"
	| "otherProtocol"
	| "fakeTarget"
	| "garbage"
	| "truncated"
	| "badChecksum"
	| "strayEcho"
	| "strayReset";

/** Who makes noise, and how much of it. */
export interface NoiseSpec {
	/** A router that the probes pass. */
	readonly at: string;
	readonly what: NoiseKind;
	/** Packets for each probe seen; default 1. */
	readonly copies?: number;
}

/** Bounds that a number must keep, both inclusive. */
export interface Bounds {
	readonly atLeast?: number;
	readonly atMost?: number;
}

/** What must come out of the trace: every hop, in order. */
export interface Expectation {
	readonly reached: boolean;
	readonly stopReason: StopReason;
	readonly hops: readonly ExpectedHop[];
	/** Checked in virtual time only. */
	readonly durationMs?: Bounds;
	/** Warning codes that must be there. */
	readonly warnings?: readonly string[];
	/** Replies in the whole trace, late ones included. */
	readonly replies?: Bounds;
	/** Probes with such a mark, summed over the trace. */
	readonly late?: Bounds;
	readonly duplicates?: Bounds;
	readonly inferred?: Bounds;
	/** How often probes were sent again, summed over the trace. */
	readonly retransmissions?: Bounds;
	/** Name of the router by whose outer address the result says we are seen; null: by our own, or not known. */
	readonly seenAs?: string | null;
	/** Probes sent. Checked in virtual time only. */
	readonly sent?: Bounds;
	readonly pathMtu?: number | null;
	/** Where packets must become shorter, in order: `behind` names the hop's node, null one that is not known. */
	readonly mtuDrops?: readonly ExpectedMtuDrop[];
	/** No hop may be answered by two nodes. */
	readonly oneNodePerHop?: true;
	/** What the handshake agreed on. */
	readonly handshake?: Partial<NonNullable<TraceResult["handshake"]>>;
	/** Answers to packets beside the hops, by what they were for. */
	readonly companions?: Readonly<Record<string, Bounds>>;
	/** Fields that warnings must have, such as the `ttl` of `noSack`; one object a warning, its `code` in it. */
	readonly warned?: readonly Readonly<Record<string, unknown>>[];
}

/** One place that path MTU discovery must find. */
export interface ExpectedMtuDrop {
	readonly ttl: number;
	readonly behind: string | null;
	readonly mtu: number;
	readonly found: "told" | "tried";
}

/** What one hop (or a run of like hops) must show. */
export interface ExpectedHop {
	readonly ttl: number;
	/** Last TTL of a run of hops that all look the same; default: just this one. */
	readonly through?: number;
	/** Names of the nodes that may answer; null: silence is allowed. */
	readonly from: readonly (string | null)[];
	/** Names that must each answer at least once. */
	readonly seen?: readonly string[];
	/**
	 * `reply`: every probe answered (the default when `from` has no null). `timeout`: none (the default when `from` is
	 * only null). `mixed`: some and not all. `any`: whatever (the default otherwise).
	 */
	readonly all?: "reply" | "timeout" | "mixed" | "any";
	readonly replies?: Bounds;
	/** What every answer of the hop is. */
	readonly kind?: ReplyKind;
	/** The mark traceroute(8) prints after the time, such as "!X"; empty: none. */
	readonly note?: string;
	/** Labels of the quoted MPLS stack, top first. */
	readonly mpls?: readonly number[];
	/** How each change of the quoted probe begins, in order; empty: none. Not asked of error queues, which show no header. */
	readonly changes?: readonly string[];
	/** Fields that the findings of every answer must have, objects within likewise. */
	readonly detail?: Readonly<Record<string, unknown>>;
	/** What an enriched router says of its links; `false`: nothing. */
	readonly networkStatus?: Readonly<Record<string, unknown>> | false;
	/** Name of the interface that the quoted RFC 5837 object gives, as {@link interfaceName} makes it. */
	readonly interfaceName?: string;
	readonly nodeName?: string;
	/** Checked in virtual time only. */
	readonly rttMs?: Bounds;
}
