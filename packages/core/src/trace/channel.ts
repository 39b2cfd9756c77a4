/**
 * What a trace method sends through and hears from. Four kinds of channel (and the simulated ones) carry the same
 * `ProbePacket` out and hand the same `Reply` up, so a method does not know which of them it runs on.
 */
import type { IcmpExtension } from "@whither/wire";
import type { Instant } from "../machine.ts";

/** The version of IP. */
export type Family = 4 | 6;

/**
 * `errorQueue`: ordinary sockets with IP_RECVERR, no privilege. `raw`: own IP payload and captured ICMP, CAP_NET_RAW.
 * `borrowed`: a live media socket. `session`: inside a TCP connection. `portable`: sockets that hear the target alone, where
 * there are no others; it stands in for `errorQueue`.
 */
export type ChannelKind = OpenableChannel | "borrowed" | "portable";

/** The kinds that a trace can be asked to open; `borrowed` is lent to it by whoever has the socket. */
export const OPENABLE_CHANNELS = ["errorQueue", "raw", "session"] as const;

/** One of them. */
export type OpenableChannel = (typeof OPENABLE_CHANNELS)[number];

/**
 * The socket a probe leaves by. `udp`: a UDP or UDP-Lite socket, bytes are the datagram's payload. `ping`: an ICMP datagram
 * socket, bytes are the echo request (the kernel rewrites its id to the socket's port). `tcpConnect`: a
 * non-blocking connect(), no bytes. `ip`: a raw socket, bytes are the whole IP payload, checksums included.
 */
export type ProbeTransport = "udp" | "ping" | "tcpConnect" | "ip";

/** One probe as a method builds it; the channel adds the IP header and the per-packet TTL, TOS and flow label. */
export interface ProbePacket {
	readonly transport: ProbeTransport;
	/** IP protocol number (IANA Assigned Internet Protocol Numbers). */
	readonly protocol: number;
	/** 0 where the protocol has no ports, or where the channel opens a socket for this probe alone. */
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly bytes: Uint8Array;
}

/** What a channel is asked to send: one probe with its TTL (IPv6: hop limit). */
export interface ProbeSend {
	readonly sequence: number;
	readonly ttl: number;
	readonly packet: ProbePacket;
	/** TOS byte or traffic class of this packet alone; absent: the trace's. */
	readonly tos?: number;
}

/**
 * One TCP connection of the channel `session` as its handshake left it. The kernel holds the connection; probes are
 * segments beside it that must agree with these numbers.
 */
export interface SessionFacts {
	readonly sourcePort: number;
	/** SND.NXT and RCV.NXT (RFC 9293 section 3.3.1) when the handshake was done. */
	readonly sendNext: number;
	readonly receiveNext: number;
	/** The other end's SYN/ACK: TTL or hop limit it arrived with, null where unknown, its maximum segment size likewise. */
	readonly synAckTtl: number | null;
	readonly mss: number | null;
	/** Bytes that it then had room for (RFC 9293 section 3.1; the window of a SYN/ACK is never scaled). */
	readonly window: number;
	/** Our own SYN offered SACK; the host may have been told not to. */
	readonly sackOffered: boolean;
	/** SACK may be used (RFC 2018 section 2). */
	readonly sackPermitted: boolean;
	/** A TSval that our kernel would send now, and the one to echo (RFC 7323 section 3); null: not negotiated. */
	readonly timestamps: { readonly value: number; readonly echo: number } | null;
	/** From SYN to SYN/ACK. */
	readonly rttNs: number;
}

/**
 * Why a connection did not come about; `reset`: the other end agreed to it and then broke it before it was of use,
 * `unreachable`: an ICMP error said so, `failed`: our own kernel did.
 */
export type OpenFailure =
	| { readonly why: "refused"; readonly from: string }
	| { readonly why: "reset"; readonly from: string }
	| {
			readonly why: "unreachable";
			readonly from: string;
			readonly icmp: { readonly type: number; readonly code: number };
	  }
	| { readonly why: "timeout" }
	| { readonly why: "failed"; readonly error: SystemError };

/** What an ICMP error quoted of the packet that caused it, as far as the channel can see it. */
export interface QuotedProbe {
	readonly protocol: number;
	/** Null where the channel is not told (error queue). */
	readonly source: string | null;
	readonly destination: string;
	readonly sourcePort: number | null;
	readonly destinationPort: number | null;
	/** From the transport header on, as far as quoted; null where the kernel strips that header (UDP error queue). */
	readonly segment: Uint8Array | null;
	/** What follows the transport header, as far as quoted; often empty (8-byte quotes). */
	readonly payload: Uint8Array;
	/** The whole quoted datagram, IP header first, as far as it goes; null on the error queue. */
	readonly bytes: Uint8Array | null;
	/** The quoted IP header; null on the error queue. `length` is the IP total length in bytes, header included. */
	readonly ip: { readonly tos: number; readonly ttl: number; readonly length: number } | null;
}

interface ReplyHead {
	/** Arrival, on the same scale as `now`. */
	readonly at: Instant;
	/** Who took the arrival time: the kernel as the packet came in, or we when we read it. */
	readonly stamp: "kernel" | "user";
	/** Address of who answered. */
	readonly from: string;
	/** TTL or hop limit, and TOS or traffic class, of the answer as it arrived; null where unknown. */
	readonly ttl: number | null;
	readonly tos: number | null;
	/** Sequence of the probe whose own socket heard this; null when the socket is shared by many probes. */
	readonly socket: number | null;
	/** The whole packet it came in, from its IP header on, where the channel captures packets. */
	readonly bytes?: Uint8Array;
}

/** An ICMP or ICMPv6 error about a packet of ours. */
export interface IcmpErrorReply extends ReplyHead {
	readonly type: "icmpError";
	readonly icmp: { readonly type: number; readonly code: number };
	/** Next-hop MTU in bytes of a Fragmentation Needed or Packet Too Big, else null. */
	readonly mtu: number | null;
	readonly quoted: QuotedProbe;
	/** RFC 4884 objects; empty when there were none. */
	readonly extensions: readonly IcmpExtension[];
}

/** A packet from the other end itself: a datagram, a segment, an ICMP echo reply, or whatever another protocol sends. */
export interface PacketReply extends ReplyHead {
	readonly type: "packet";
	readonly protocol: number;
	/** The other end's port, then ours; null where the protocol has none. */
	readonly sourcePort: number | null;
	readonly destinationPort: number | null;
	/** From the transport header on; null where the kernel strips that header (UDP sockets). */
	readonly segment: Uint8Array | null;
	/** What follows the transport header (for ICMP echo: after its 8-byte header). */
	readonly payload: Uint8Array;
}

/** How a non-blocking connect() ended at the other end itself. */
export interface ConnectReply extends ReplyHead {
	readonly type: "connect";
	readonly outcome: "connected" | "refused";
	/** The kernel's own measure of the handshake (TCP_INFO), when it has one. */
	readonly rttNs: number | null;
}

/** Whatever came back, by whichever channel. */
export type Reply = IcmpErrorReply | PacketReply | ConnectReply;

/**
 * A failed system call as a value. `code` is what the words are made from; `call`, `address` and `errno` say where
 * (`errno` is the Linux number, `errnoName` its name, such as ENETUNREACH).
 */
export interface SystemError {
	readonly code:
		| "noRoute"
		| "networkDown"
		| "addressNotAvailable"
		| "noSuchDevice"
		| "permissionDenied"
		/** A routing rule forbids the destination, or it is a broadcast address. */
		| "prohibited"
		| "filteredLocally"
		| "messageTooLong"
		| "noBuffers"
		| "tooManyFiles"
		| "unsupportedProtocol"
		| "unsupportedPlatform"
		| "systemCall";
	readonly call: string;
	readonly address: string | null;
	readonly errno: number;
	readonly errnoName: string;
	/** Bytes that the way out takes, where the packet was too long for it. */
	readonly mtu?: number;
}

/** What a channel tells the machine that drives it. */
export type ChannelInput =
	/** The probe left; `at` is the kernel's transmit stamp where `stamp` says so. May follow a `user` stamp as a correction. */
	| {
			readonly type: "sent";
			readonly sequence: number;
			readonly at: Instant;
			readonly stamp: "kernel" | "user";
			/** The source port when the channel chose it for this probe, else null. */
			readonly sourcePort: number | null;
	  }
	/** The probe did not leave. `transient` (ENOBUFS, EAGAIN): worth sending again in a moment. */
	| { readonly type: "sendFailed"; readonly sequence: number; readonly error: SystemError; readonly transient: boolean }
	| { readonly type: "reply"; readonly reply: Reply }
	/** Every connection of a `session` channel stands: probes may leave. */
	| { readonly type: "opened"; readonly sessions: readonly SessionFacts[] }
	/** None of them will. */
	| { readonly type: "openFailed"; readonly failure: OpenFailure }
	/** Packets that were not ours, counted where they were filtered out. */
	| { readonly type: "foreign"; readonly count: number }
	/** Packets the kernel dropped before we could read them (SO_RXQ_OVFL): never to be reported as loss on the path. */
	| { readonly type: "dropped"; readonly count: number }
	/** The channel is of no more use (interface gone, descriptor dead). */
	| { readonly type: "fault"; readonly error: SystemError };

/** What a method needs of a channel. `perProbe` ports: every probe leaves from a source port of its own. */
export interface ChannelNeed {
	readonly kind: Exclude<ChannelKind, "portable">;
	readonly transport: ProbeTransport;
	readonly protocol: number;
	readonly ports: "one" | "perProbe" | "none";
	/** `counted`: each probe has a destination port of its own; absent: all have the same. */
	readonly destinationPorts?: "counted";
	/** What UDP-Lite's checksum is to cover, in bytes, where the kernel writes it (RFC 3828 section 3.1); 0: all. */
	readonly checksumCoverage?: number;
}
