/**
 * What protocol machines send and hear through, whatever it is made of: datagrams on a socket that serves many other
 * ends, and streams to one. Two backends open them, with the kernel's own calls (`native`) or with Node's sockets alone.
 */
import type { Family, Instant, SystemError } from "@whither/core";
import type { Channel, ChannelRequest } from "../channel/channel.ts";

/** An address and a port as values. `zone`: the interface of a link-local IPv6 address, in the words of whoever made it. */
export interface TransportAddress {
	readonly address: string;
	readonly port: number;
	readonly zone?: string;
}

/** What a datagram socket is opened with. */
export interface DatagramRequest {
	readonly family: Family;
	/** Our address; null: all that this machine has. */
	readonly address: string | null;
	/** 0: the kernel's choice. */
	readonly port: number;
	/** For a link-local address. */
	readonly zone?: string;
	/** Of a client by the native backend: the TOS byte or traffic class of what it sends; 0 when absent. */
	readonly tos?: number;
	/** How much is kept for a server while it is busy; absent: what the kernel gives. A client has room enough. */
	readonly receiveBufferBytes?: number;
	/**
	 * `client`: ICMP errors about what was sent are heard and send times taken, where the backend can. `server`: many
	 * datagrams are read and sent at once, each tells which of our addresses it came to, and strangers' errors are no matter.
	 * `relay`: as a server's, but ICMP errors are heard, and datagrams may be fragmented on their way unless one says no.
	 */
	readonly use: "client" | "server" | "relay";
	/** Of a server on all addresses: it hears and sends on one link alone, and its port may be others' too. */
	readonly group?: DatagramGroup;
}

/** A multicast group on one link. */
export interface DatagramGroup {
	readonly address: string;
	/** Name of the interface, and an address that we have there, of the family. */
	readonly interface: string;
	readonly ours: string;
}

/** A datagram that came in. `bytes` are good until the listener returns; it copies what it keeps. */
export interface ReceivedDatagram {
	readonly from: TransportAddress;
	/** A server's: our address that it was sent to; null where that is the socket's own. */
	readonly to: string | null;
	readonly bytes: Uint8Array;
	readonly at: Instant;
	/** Who took the time: the kernel as the packet came in, or we when we read it. */
	readonly stamp: "kernel" | "user";
}

/** A datagram to send; its bytes may be used again once `send` has returned. */
export interface OutgoingDatagram {
	readonly to: TransportAddress;
	readonly bytes: Uint8Array;
	/** A server's: our address that it leaves from, as `to` of what it answers; null or absent: the socket's own, or as routed. */
	readonly from?: string | null;
	/** A client's: what `sent` is to call it; absent: nobody wants to know. */
	readonly id?: number;
	/** A relay's: it is rather lost than fragmented. The portable backend cannot keep it from being. */
	readonly dontFragment?: boolean;
}

/** What an ICMP error says; `mtu`: of the next hop, where it was too long for that. */
export interface HeardIcmp {
	readonly type: number;
	readonly code: number;
	readonly mtu: number | null;
}

/** What a socket tells. Nothing is told before the call that opened it has returned, nor after `close`. */
export interface DatagramListener {
	/** What came in, in its order: to a server all that one look at the socket brought, to a client one at a time. */
	received(datagrams: readonly ReceivedDatagram[]): void;
	/**
	 * A datagram did not leave, or an ICMP error came back (`noRoute`, `systemCall` with ECONNREFUSED, ...); `to`: whom it
	 * was for, null where the backend is not told. `icmp`: a relay's, where it was an ICMP error. The socket is still good.
	 */
	failed(error: SystemError, to: TransportAddress | null, icmp?: HeardIcmp): void;
	/** When a datagram with an id left, by the kernel's clock; never told by a backend that has none. */
	sent?(id: number, at: Instant): void;
}

/** An open socket. */
export interface DatagramTransport {
	/** Where it is bound; the address is "0.0.0.0" or "::" for all. */
	readonly local: TransportAddress;
	/** Sends in order as far as the socket takes them; the rest is told as failed (`noBuffers`). */
	send(datagrams: readonly OutgoingDatagram[]): void;
	/**
	 * Lends the socket to a trace, as `MediaSocket.borrow` does: probes leave between its owner's datagrams. Only of a client
	 * of the native backend.
	 */
	borrow?(request: ChannelRequest): Channel | SystemError;
	/** Ends it, and with an error the traces that have borrowed it. */
	close(): void;
}

/** Why a stream ended: a system call, or TLS in Node's words (a certificate's fault, such as CERT_HAS_EXPIRED). */
export type StreamFailure = SystemError | { readonly code: "tls"; readonly reason: string; readonly about: string };

/** What a stream is opened with. */
export interface StreamRequest {
	readonly protocol: "tcp" | "tls";
	readonly to: TransportAddress;
	/** Our address; null: the kernel's choice. */
	readonly source: string | null;
	/** TLS: the name in the certificate; an address stands for itself. */
	readonly serverName: string;
	/** TLS: certificates (PEM) that are trusted instead of the system's. */
	readonly authorities?: string;
}

/** What a stream tells, in this order; after `closed` nothing more. */
export interface StreamListener {
	/** TLS that we asked for: the connection below it stands, and the handshake begins. */
	connected?(): void;
	/** It stands, TLS handshake included. */
	opened(ends: StreamEnds): void;
	/** `bytes` are the listener's to keep. */
	received(bytes: Uint8Array, at: Instant): void;
	/** The other end sends nothing more; where nobody hears this, our end is ended too. */
	ended?(): void;
	/** Nothing waits any more of what the other end did not take at once. */
	drained?(): void;
	/** An accepted one has brought nothing for as long as it may; true: it may stay. */
	idle?(): boolean;
	/** `failure` null: in order, by either end. Told without `opened` when it never stood. */
	closed(failure: StreamFailure | null): void;
}

/** Both ends of a stream. */
export interface StreamEnds {
	readonly local: TransportAddress;
	readonly remote: TransportAddress;
}

/** A stream under way. */
export interface StreamTransport {
	/** Bytes that wait here since the other end does not take them. */
	readonly waitingBytes: number;
	send(bytes: Uint8Array): void;
	/** Reads no more until `resume`: the other end is held up. */
	pause(): void;
	resume(): void;
	/** Ends our side in order, after what was sent; `closed` follows once the other has ended too. */
	end(): void;
	/** Ends both sides, after what was sent has left or some seconds have passed; `closed` follows. */
	close(): void;
	/** Ends it at once; nothing more is told. */
	destroy(): void;
}

/** What streams are listened for with. */
export interface StreamListenRequest {
	readonly protocol: "tcp" | "tls";
	readonly family: Family;
	/** Null: every address of this machine. */
	readonly address: string | null;
	/** Of a link-local address. */
	readonly zone?: string;
	readonly port: number;
	/** TLS: certificate chain and key, PEM. */
	readonly certificate?: string;
	readonly key?: string;
	/** Streams at one time, and of one source (64 where absent); more are closed as they come. */
	readonly most: number;
	readonly mostPerSource?: number;
	/** One that brings nothing for so long is ended; TLS: nor may the handshake take longer. */
	readonly idleMs: number;
}

/** Makes a listener for each stream that was accepted, which stands already when `opened` is told. */
export type StreamAcceptor = (stream: StreamTransport) => StreamListener;

/** Listening for streams. */
export interface StreamServer {
	readonly local: TransportAddress;
	/** TLS: what streams from now on are shown; false where certificate and key do not go together, and the old ones stay. */
	renew(certificate: string, key: string): boolean;
	/** Takes no more; those that stand go on. */
	close(): void;
}

/** A port that streams are taken on and leave from alike (RFC 6062 section 5.2). */
export interface StreamPort {
	readonly local: TransportAddress;
	/** Connects from this port. The stream is paused: nothing is read before `resume`. */
	connect(to: TransportAddress, listener: StreamListener): StreamTransport;
	/** Takes no more; streams that stand go on. */
	close(): void;
}
