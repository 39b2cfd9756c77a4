/** The result of `turn` as `whither.turn/1` (docs/schema/turn-1.json) has it. */
import type { SystemError, TraceResult, TurnFailure } from "@whither/core";
import type { PlaceResult } from "../stun/result.ts";
import type { StunTransport } from "../stun/server-name.ts";

/** What stands in `schema` of every result. */
export const TURN_SCHEMA = "whither.turn/1";

/** Why a leg gave no allocation, or an allocation relayed nothing. */
export interface TurnCellFailure {
	readonly code:
		| TurnFailure
		/** It answers Binding requests and no others. */
		| "stunOnly"
		/** It asked who we are, and did not answer whoever said so. */
		| "challengedOnly"
		/** Something answers that speaks no STUN. */
		| "notStun"
		/** The TLS handshake failed: `tls`. */
		| "tls"
		/** The connection stood, and nothing came of the handshake. */
		| "tlsUnfinished"
		/** Nothing was sent: `system`. */
		| "system"
		/** The time was up. */
		| "outOfTime"
		| "stopped"
		/** Neither a second relay nor a socket of ours could be the other end. */
		| "noOtherEnd"
		/** Packets went to the relay, and none came back. */
		| "nothingBack";
	/** The error response's, and the server's words for it. */
	readonly stunError: number | null;
	readonly reason: string | null;
	readonly system: SystemError | null;
	/** In Node's words, such as CERT_HAS_EXPIRED. */
	readonly tls: { readonly reason: string; readonly about: string } | null;
	/** Where the server sent us: not followed if `code` is `redirected`, else who failed. */
	readonly alternate: PlaceResult | null;
}

/** What the other end of relayed packets was. */
export type TurnWay =
	/** A second allocation, over the same leg. */
	| "relayToRelay"
	/** A socket of ours, by the address that the server sees. */
	| "ownSocket"
	/** Who was named. */
	| "peer";

/** What was relayed over one leg. */
export interface TurnRelaying {
	readonly way: TurnWay;
	readonly peer: PlaceResult;
	/** Bytes of each packet; packets there and back. */
	readonly bytes: number;
	readonly sent: number;
	readonly received: number;
	/** From us through the relay to the other end and all the way back; null where nothing came. */
	readonly rtt: {
		readonly minNs: number;
		readonly p50Ns: number;
		readonly p99Ns: number;
		readonly maxNs: number;
	} | null;
	/** Whose clock the arrivals are by. */
	readonly stamps: "kernel" | "user";
	/** What came back where packets leave as fast as they do; null: not measured. */
	readonly throughput: TurnThroughput | null;
}

/** Packets of `bytes` each, as many under way as TCP would have. */
export interface TurnThroughput {
	readonly bytes: number;
	readonly sent: number;
	readonly received: number;
	readonly durationNs: number;
	/** Of relayed payload that came all the way back, in the second half of that time. */
	readonly bitsPerSecond: number;
}

/** One leg: one transport to one address of the server. */
export interface TurnCellResult {
	readonly family: 4 | 6;
	readonly transport: StunTransport;
	readonly server: PlaceResult;
	/** Where the server sent us (300), and who is spoken of from then on; null: nowhere, or it was not followed. */
	readonly redirectedTo: PlaceResult | null;
	/** Something answered: a STUN message, or the connection stood. */
	readonly reachable: boolean;
	/** Null: it did not come to that. */
	readonly authenticated: boolean | null;
	readonly localAddress: PlaceResult | null;
	/** How the server sees us. */
	readonly mappedAddress: PlaceResult | null;
	readonly relayed: readonly PlaceResult[];
	/** To the connection, TLS included; null for UDP. */
	readonly connectNs: number | null;
	/** From there to the allocation, the challenge included. */
	readonly allocateNs: number | null;
	readonly lifetimeSeconds: number | null;
	readonly relaying: TurnRelaying | null;
	/** Why other ways than the one of `relaying` were not to be had. */
	readonly refusedWays: readonly { readonly way: TurnWay; readonly failure: TurnCellFailure }[];
	readonly failure: TurnCellFailure | null;
	/** With `trace`: the path of the relayed packets, or of others to the same port where those cannot be traced. */
	readonly trace: TurnTrace | null;
	readonly summary: string;
}

/** How a leg's path was traced. */
export interface TurnTrace {
	/** `allocation`: on its very 5-tuple, while it relayed. `connection`: by a connection of its own to the same port. */
	readonly by: "allocation" | "connection";
	/** Packets relayed meanwhile. */
	readonly sent: number;
	readonly received: number;
	readonly result: TraceResult | null;
	/** Why there is none. */
	readonly error: { readonly code: string; readonly message: string } | null;
}

/** What the server offers, by the first leg that it gave an allocation on; null: not known. */
export interface TurnOffers {
	/** Families of relayed addresses. */
	readonly ipv4: boolean | null;
	readonly ipv6: boolean | null;
	/** RFC 8016. */
	readonly mobility: boolean | null;
	/** Connections to peers (RFC 6062). */
	readonly tcpRelay: boolean | null;
	/** MESSAGE-INTEGRITY-SHA256 (RFC 8489). */
	readonly sha256: boolean | null;
	readonly software: string | null;
}

/** The offers where none is known. */
export const NOTHING_OFFERED: TurnOffers = {
	ipv4: null,
	ipv6: null,
	mobility: null,
	tcpRelay: null,
	sha256: null,
	software: null,
};

/** One run. */
export interface TurnResult {
	readonly schema: typeof TURN_SCHEMA;
	readonly tool: { readonly name: string; readonly version: string };
	/** Without passwords and secrets. */
	readonly args: readonly string[];
	readonly server: { readonly name: string; readonly host: string };
	/** Whom the server was asked for. */
	readonly user: string | null;
	readonly relays: boolean;
	readonly cells: readonly TurnCellResult[];
	readonly offers: TurnOffers;
	readonly summary: string;
	readonly backend: "native" | "portable" | "simulated";
	readonly startedAt: string;
	readonly durationNs: number;
	readonly stopReason: "complete" | "timeout" | "interrupted";
}
