/** What a server of early relays (draft-rosenberg-midcom-turn-01) is made from, hears and puts out. */
import type { HmacKey, StunAddress } from "@whither/wire";
import type { AnswerLimits } from "../../../answer-cap.ts";
import type { Instant } from "../../../machine.ts";
import type { TurnUsage } from "../../server/allocation.ts";
import type { PeerRules } from "../../server/peer-filter.ts";
import type { TurnLedger, TurnRelayAddress } from "../../server/server-io.ts";

/** An address of this host that relays are opened on, and all that peers may send to it by. */
export interface EarlyRelayAddress extends TurnRelayAddress {
	/** Further addresses that lead to the same sockets, port by port: told as MORE-AVAILABLE. */
	readonly alsoAt?: readonly string[];
}

/** A user by the name that an Allocate shows. */
export interface EarlyRelayCredential {
	/** Of the password itself: short-term credentials. Several where one secret follows another. */
	readonly keys: readonly HmacKey[];
	/** Whose quota it counts to, and who may claim what was set aside. */
	readonly owner: string;
	/** Null: it does not end. */
	readonly endsAtUnixSeconds: number | null;
	/** Good for one binding alone, as a Shared Secret server gives them out. */
	readonly once: boolean;
}

/** Who may use the relay: the credential behind a username (without the spaces that fill it up), or null. */
export type EarlyRelayUsers = (username: string, unixSeconds: number) => EarlyRelayCredential | null;

/** What a server of early relays is made from. */
export interface EarlyTurnServerConfig {
	/** 32 random bytes, new for every machine: ports are drawn from it. */
	readonly secret: Uint8Array;
	/** The wall clock at instant 0, in Unix seconds: users end by it. */
	readonly unixSecondsAtZero: number;
	readonly users: EarlyRelayUsers;
	/** Bindings take those of their client's family in turn. */
	readonly relays: readonly EarlyRelayAddress[];
	/** By default, and at most, 49152 to 65535: the draft forbids all others. */
	readonly relayPorts?: { readonly first: number; readonly last: number };
	/** Who may lock a relay to themselves; relay addresses and their ports are filled in. */
	readonly peers?: PeerRules;
	/** By default 600 and 3600. */
	readonly lifetimes?: { readonly defaultSeconds: number; readonly maximumSeconds: number };
	/** Bindings at once, ports that are set aside counted too; no bound where absent. */
	readonly quotas?: { readonly perUser?: number; readonly total?: number };
	/** Counts beyond this server's own, where several serve as one; asked beside `quotas`. */
	readonly ledger?: TurnLedger;
	/** Of each binding, both ways together; what its client asks for where absent. */
	readonly maximumKbps?: number;
	/** Answers to requests that are not authenticated; `TURN_ANSWER_LIMITS` where absent. */
	readonly answers?: AnswerLimits;
}

/** What a server hears. Addresses are canonical text; bytes are read at once, and outputs may be views of them. */
export type EarlyTurnServerInput =
	/** A datagram from a client, control or data. `local`: which listener it came to. */
	| { readonly type: "received"; readonly bytes: Uint8Array; readonly from: StunAddress; readonly local: number }
	| { readonly type: "relayOpened"; readonly relay: number }
	/** Another port is tried after `portTaken`. */
	| { readonly type: "relayFailed"; readonly relay: number; readonly why: "portTaken" | "noFamily" | "noResources" }
	/** A datagram to a relay. */
	| { readonly type: "relayReceived"; readonly relay: number; readonly from: StunAddress; readonly bytes: Uint8Array }
	/** These are the rules from now on: bindings of peers that are denied now end at once. */
	| { readonly type: "peers"; readonly peers: PeerRules }
	/** No more bindings; those there are end at `until`. `alternate`: servers to try instead (300), of either family. */
	| { readonly type: "drain"; readonly until: Instant; readonly alternate?: readonly StunAddress[] }
	| { readonly type: "timer" };

/** What a server puts out. */
export type EarlyTurnServerOutput =
	/** From the server's own address: answers, and what a binding's peer has sent. */
	| { readonly type: "send"; readonly bytes: Uint8Array; readonly to: StunAddress; readonly local: number }
	/** Open a relay at this address and port; with `above`, a second one at the next port, both or neither. */
	| {
			readonly type: "openRelay";
			readonly relay: number;
			readonly address: string;
			readonly port: number;
			readonly transport: "udp";
			readonly above: number | null;
	  }
	| { readonly type: "closeRelay"; readonly relay: number }
	/** A view of the bytes that came in. */
	| { readonly type: "relaySend"; readonly relay: number; readonly to: StunAddress; readonly bytes: Uint8Array }
	| { readonly type: "event"; readonly event: EarlyTurnServerEvent }
	| { readonly type: "ignored"; readonly reason: EarlyTurnIgnoreReason };

/** A binding as whoever runs the server may read it, between steps. */
export interface EarlyBinding {
	readonly id: number;
	readonly owner: string;
	readonly client: StunAddress;
	readonly local: number;
	/** How peers know it. */
	readonly relayed: readonly StunAddress[];
	/** Whom it is locked to; null: to nobody yet. */
	readonly peer: StunAddress | null;
	readonly usage: TurnUsage;
}

/** Why a binding ended. */
export type EarlyBindingEnd = "released" | "expired" | "relayFailed" | "peerDenied" | "drained";

/** What is worth telling. */
export type EarlyTurnServerEvent =
	| { readonly kind: "bindingOpened"; readonly binding: EarlyBinding }
	/** Its first packet has come: from now on it is that sender's alone. */
	| { readonly kind: "bindingLocked"; readonly binding: EarlyBinding }
	| { readonly kind: "bindingClosed"; readonly binding: EarlyBinding; readonly why: EarlyBindingEnd };

/** Why nothing comes of an input. */
export type EarlyTurnIgnoreReason =
	/** Data, or a packet to a relay, where there is no binding. */
	| "noBinding"
	/** Data of a client whose relay nobody has locked yet. */
	| "notLocked"
	/** A packet to a relay that is another's. */
	| "notThePeer"
	| "deniedPeer"
	| "overBandwidth"
	/** With the cookie, and yet no message of RFC 3489, or none that is asked of a server. */
	| "malformed"
	| "notARequest"
	| "otherMethod"
	/** Sent again while the first is still being worked on. */
	| "pending"
	| "tooMany"
	| "unknownRelay"
	| "nothingDue";

/** What a server has done since it began. Plain numbers, for whatever shows them. */
export interface EarlyTurnCounters {
	/** Bindings there are. */
	bindings: number;
	bindingsOpened: number;
	bindingsClosed: number;
	bindingsLocked: number;
	refreshes: number;
	/** Error responses, by code. */
	readonly refusals: Record<number, number>;
	/** Inputs that nothing came of, by reason. */
	readonly ignored: Record<string, number>;
	/** What passed through all bindings so far. */
	readonly usage: TurnUsage;
}
