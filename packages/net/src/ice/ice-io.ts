/** What a connection is ordered with, what it tells, and what its selected pair's packets leave by, as plain values. */
import type {
	Family,
	IceAgentConfig,
	IceAgentWithoutIce,
	IceBase,
	IceEvent,
	IceOwnDescription,
	IcePairReport,
	IcePeer,
	IceRemoteLine,
	IceRole,
	IceState,
	Instant,
	SystemError,
} from "@whither/core";
import type { PacketClass, StunAddress } from "@whither/wire";
import type { HostAddress } from "../interfaces/host-address.ts";
import type { MediaSocket } from "../media/media-socket.ts";
import type { TransportAddress } from "../transport/transport.ts";
import type { RelayOrder } from "../turn/client/relay-io.ts";

/** What two machines are to be connected by. All servers are numeric. */
export interface IceOrder
	extends Pick<
		IceAgentConfig,
		| "role"
		| "streams"
		| "lite"
		| "policy"
		| "allowLocal"
		| "allowRemote"
		| "rewrites"
		| "gatherTimeoutMs"
		| "gatherGraceMs"
		| "pacingMs"
		| "nominationGraceMs"
		| "giveUpMs"
		| "deadPeerMs"
		| "maximumPairs"
	> {
	/** Of any family. */
	readonly stunServers?: readonly TransportAddress[];
	/** Each yields at most one relay candidate a relayed family, for every component. */
	readonly relays?: readonly IceRelayServer[];
	/** Of candidates: both when absent. */
	readonly families?: readonly Family[];
	/** Loopback addresses are hosts too; when false or absent, only where there are no others. */
	readonly loopback?: boolean;
	/** Which addresses of this machine may be used; all when absent. */
	readonly allowInterface?: (at: HostAddress) => boolean;
	/** Of host candidates, both ends included; the kernel's choice when absent. */
	readonly ports?: { readonly from: number; readonly to: number };
	/** The TOS byte or traffic class of all that leaves by UDP, for relays too, by the native backend; 0 when absent. */
	readonly tos?: number;
	/** TCP candidates (RFC 6544) too; false when absent. */
	readonly tcp?: boolean;
	/** Names ending in `.local` (RFC 6762) are looked up on the links, and ours are told instead of addresses; `resolve` when absent. */
	readonly mdns?: "off" | "resolve" | "publish";
	/** Addresses that come and go are heeded; true when absent. */
	readonly watch?: boolean;
}

/** A TURN server, and the ways to it in order of preference. */
export interface IceRelayServer {
	readonly legs: readonly IceRelayLeg[];
	readonly credentials: RelayOrder["credentials"];
	/** Of relayed addresses; those of the order when absent. */
	readonly families?: readonly Family[];
}

/** A way to a TURN server; as in `RelayOrder`. */
export interface IceRelayLeg extends Pick<RelayOrder, "transport" | "server" | "serverName" | "authorities"> {}

/** Data of the peer's. */
export interface IceDatagram {
	readonly stream: number;
	readonly component: number;
	/** By which it came, and from whom. */
	readonly base: number;
	readonly from: StunAddress;
	/** What it looks like by its first byte (RFC 7983). */
	readonly kind: PacketClass;
	/** The receiver's to keep. */
	readonly bytes: Uint8Array;
	/** On the scale of the connection's clock, and by whose clock: the kernel's as it came in, or ours when we read it. */
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
}

/** Why a base is of no more use. */
export type IceBaseEnd =
	/** Its address or its interface is gone. */
	| { readonly code: "addressGone" }
	/** The relay's allocation is lost, or what it was reached by; `why` as in `RelayEvent`. */
	| { readonly code: "relayLost"; readonly why: string }
	/** The socket failed. */
	| { readonly code: "broken"; readonly error: SystemError }
	/** No pair needed it. */
	| { readonly code: "unneeded" };

/** What a connection tells beside its data: what the agent tells, and what becomes of sockets and relays. */
export type IceConnectionEvent =
	| IceEvent
	/** A socket is open, or a relay is there. */
	| { readonly kind: "base"; readonly base: number; readonly at: IceBase }
	| { readonly kind: "baseGone"; readonly base: number; readonly why: IceBaseEnd }
	/** Addresses of this machine have come or gone: a restart finds ways that were not there before. */
	| {
			readonly kind: "network";
			readonly added: readonly HostAddress[];
			readonly removed: readonly HostAddress[];
	  }
	/** A defect of our own: where it was thrown. All has ended. */
	| { readonly kind: "defect"; readonly about: string };

/** Who is told. Nothing is told before the call that opened the connection has returned. */
export interface IceListener {
	event(event: IceConnectionEvent, at: Instant): void;
	data(datagram: IceDatagram): void;
}

/** What is sent on, or sent to: stream 0 and component 1 when absent. */
export interface IceComponentPlace {
	readonly stream?: number;
	readonly component?: number;
}

/** What the selected pair's packets leave by, for `traceFlow`. */
export interface IceFlow {
	readonly pair: IcePairReport;
	/** Lends itself; null: the leg is a connection, or the backend is the portable one. */
	readonly socket: Pick<MediaSocket, "borrow" | "tos"> | null;
	/** The peer's candidate, or our TURN server where the pair's base is a relay. */
	readonly remote: TransportAddress;
	readonly relay: null | {
		readonly server: TransportAddress;
		readonly relayed: StunAddress;
		readonly leg: IceRelayLeg["transport"];
		/** Data to this peer goes by a channel. */
		readonly channel: boolean;
	};
	/** Of checks of that pair; null towards a TURN server. */
	readonly stun: { readonly username: string; readonly password: string } | null;
}

/** A connection under way, from `openIce` to `close`. */
export interface IceConnection {
	/** On the scale of all times that are told. */
	now(): Instant;
	/** What signalling is to tell the peer; another after a restart, which an event `credentials` tells of. */
	readonly own: IceOwnDescription;
	readonly state: IceState;
	readonly role: IceRole;
	/** All pairs as they stand, the best first. */
	readonly pairs: readonly IcePairReport[];
	/** The peer's description; another `ufrag` than before is a restart of the peer's, which ours follows. */
	peer(peer: IcePeer, candidates?: readonly IceRemoteLine[]): void;
	/** More of the peer's candidates. */
	addRemote(candidates: readonly IceRemoteLine[]): void;
	/** No more of the peer's will come; of one stream, or of all when absent. */
	endOfRemote(stream?: number): void;
	/**
	 * The peer speaks no ICE that we do, and takes packets here (RFC 8839 §4.2.5): checks end, and a pair with it is selected
	 * unproved. A later call has it go elsewhere.
	 */
	withoutIce(peer: IceAgentWithoutIce): void;
	/** Sends data on the selected pair; where there is none it is dropped. The bytes may be used again after the call. */
	send(bytes: Uint8Array, to?: IceComponentPlace): void;
	/** New credentials, new gathering and new checks; the pair in use stays in use until another is selected. */
	restart(): void;
	/** What the selected pair's packets leave by; null: none is selected, or it is gone. */
	flow(place?: IceComponentPlace): IceFlow | null;
	/** Ends it, gives relays back, and resolves when everything is closed, within four seconds. */
	close(): Promise<void>;
}
