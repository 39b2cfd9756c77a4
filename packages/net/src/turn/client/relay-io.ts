/** What a relay is asked for and what it says, as plain values. */
import type { Instant, SystemError, TurnClientConfig, TurnClientEvent } from "@whither/core";
import type { StreamFailure, TransportAddress } from "../../transport/transport.ts";

/** An allocation to ask a TURN server for, and how to reach that server. */
export interface RelayOrder
	extends Pick<
		TurnClientConfig,
		"credentials" | "allocation" | "redirects" | "followUnprotected" | "keepaliveSeconds" | "schedule" | "software"
	> {
	/** Numeric; its family is that of the leg, and says nothing of the relayed addresses. */
	readonly server: TransportAddress;
	readonly transport: "udp" | "tcp" | "tls";
	/** TLS: the name in the server's certificate; absent: its address. */
	readonly serverName?: string;
	/** TLS: certificates (PEM) that are trusted instead of the system's. */
	readonly authorities?: string;
	/** Our address; null or absent: as routed. */
	readonly source?: string | null;
	/** UDP: our port; 0 or absent: the kernel's choice, so that one that the server knows already can be left for another. */
	readonly sourcePort?: number;
	/** UDP by the native backend: the TOS byte or traffic class of what leaves for the server; 0 when absent. */
	readonly tos?: number;
}

/** Why the relay is of no more use, where a socket or a connection says more than the protocol; `notStun`: what came is none. */
export type RelayCause = SystemError | StreamFailure | { readonly code: "notStun" };

type Told = Exclude<
	TurnClientEvent,
	{ readonly kind: "data" | "failed" | "lost" | "connectionBound" | "connectionLost" }
>;
type Ending<Kind extends TurnClientEvent["kind"]> = Extract<TurnClientEvent, { readonly kind: Kind }> & {
	/** The last thing that a socket or a connection said against it: a refusal, no route, a certificate. */
	readonly cause: RelayCause | null;
};

/**
 * What a relay tells but data, as core's `TurnClient` does. `failed`, `lost`, `closed` or `defect` is the last, and by then
 * every socket is closed.
 */
export type RelayEvent =
	/** TLS: the connection stands, and the handshake begins; `opened` follows if that is ever finished. */
	| { readonly kind: "handshaking" }
	/** The leg stands, which for a connection means that the server is there; what was asked for is under way. */
	| { readonly kind: "opened"; readonly at: Instant; readonly local: TransportAddress | null }
	| Told
	| Ending<"failed">
	| Ending<"lost">
	/** A defect of our own: where it was thrown. */
	| { readonly kind: "defect"; readonly about: string };

/** Data that a peer sent, or that came on its channel. */
export interface RelayedDatagram {
	readonly from: { readonly address: string; readonly port: number };
	/** The listener's to keep. */
	readonly bytes: Uint8Array;
	/** Null: it came in an indication. */
	readonly channel: number | null;
	/** When it came here, and by whose clock: the kernel's, or ours when we read it (always on streams). */
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
}

/** Who is told. Nothing is told before the call that opened the relay has returned. */
export interface RelayListener {
	received(datagram: RelayedDatagram): void;
	event(event: RelayEvent): void;
}

/** Data for a peer; its bytes may be used again once the call has returned. */
export interface RelayOutgoing {
	readonly peer: { readonly address: string; readonly port: number };
	readonly data: Uint8Array;
	/** The relay is to send it with DF, which goes in an indication. */
	readonly dontFragment?: boolean;
}

/**
 * Running totals of messages on the way to and from the server; `ignored`: inputs without effect, foreign packets too;
 * `disbelieved`: those of them that are answers, but not signed as they have to be.
 */
export interface RelayCounters {
	readonly sent: number;
	readonly received: number;
	readonly ignored: number;
	readonly disbelieved: number;
}

/** Who is told of a connection to a peer (RFC 6062). */
export interface RelayConnectionListener {
	/** From now on it carries the peer's bytes and ours. */
	bound(): void;
	/** `bytes` are the listener's to keep. */
	received(bytes: Uint8Array, at: Instant): void;
	/** It has ended, the last that is told; null: in order. `refused`: the server did not bind it. */
	closed(end: RelayCause | { readonly code: "refused"; readonly why: string } | null): void;
}

/** A connection to a peer, carried by one of ours to the server. */
export interface RelayConnection {
	/** Bytes that wait here since the other end does not take them. */
	readonly waitingBytes: number;
	/** To be called once it is bound; before, nothing is sent. */
	send(bytes: Uint8Array): void;
	/** Ends it in order, after what was sent. */
	end(): void;
	/** Ends it at once; nothing more is told. */
	destroy(): void;
}
