/** What the agent of the first draft of ICE (draft-rosenberg-sipping-ice-01) is made from, hears and puts out. */
import type { PacketClass, SdpAlt, StunAddress } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { EarlyRelayUser } from "../../turn/early/client/client-io.ts";

/** How good an address is by what stands between (§5.3): 0 to 1, the higher is the better. */
export interface FirstDraftQvalues {
	readonly local: number;
	/** Seen by a STUN server. */
	readonly stun: number;
	/** A relay's public address, where it has others too. */
	readonly relay: number;
	/** A relay's only address. */
	readonly loneRelay: number;
	/** One of a relay's further addresses, in our own network. */
	readonly privateRelay: number;
	/** Of a VPN's interface. */
	readonly vpn: number;
}

/** An early relay, and who may use it. */
export interface FirstDraftRelay {
	readonly server: StunAddress;
	readonly user: EarlyRelayUser;
	/** Where a user is good for one binding alone, as a Shared Secret server gives them out: those of the second and all later ones. Once they run out, `user` again. */
	readonly furtherUsers?: readonly EarlyRelayUser[];
}

/** What an agent is made from. */
export interface FirstDraftConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	/** For each stream whether it is RTP, with RTCP as its component 2; one that is when absent. */
	readonly streams?: readonly { readonly rtcp: boolean }[];
	/** Asked from every base of their family. */
	readonly stunServers?: readonly StunAddress[];
	/** A relay of each is asked for from every base of component 1, and the port above for RTCP. */
	readonly relays?: readonly FirstDraftRelay[];
	readonly qvalues?: Partial<FirstDraftQvalues>;
	/** How long STUN servers and relays are waited for, 9500 when absent. */
	readonly gatherTimeoutMs?: number;
	/** 3000 when absent (§5.7). */
	readonly freeAfterMs?: number;
}

/** A socket of the driver's. */
export interface FirstDraftBase {
	/** Canonical text. */
	readonly address: string;
	readonly port: number;
	/** 0 when absent. */
	readonly stream?: number;
	/** 1 (RTP, when absent) or 2 (RTCP). RTCP's base of an address is the one with the same address and stream. */
	readonly component?: 1 | 2;
	readonly interface?: string;
	/** Its interface is a VPN's. */
	readonly vpn?: boolean;
}

/** What one stream's description says to the draft (§7). */
export interface FirstDraftStream {
	/** `m=` and `c=`. */
	readonly destination: StunAddress | null;
	/** `a=rtcp`; null: the port above, or no RTCP. */
	readonly rtcp: StunAddress | null;
	readonly alternatives: readonly SdpAlt[];
}

/** What the agent hears. */
export type FirstDraftInput =
	/** Numbers are the driver's own and never used twice. */
	| { readonly type: "base"; readonly base: number; readonly at: FirstDraftBase }
	| { readonly type: "baseGone"; readonly base: number }
	| { readonly type: "basesComplete" }
	/** The other end's offer or answer: of each stream all that it has; null: the stream is refused. A later one replaces it. */
	| { readonly type: "peer"; readonly streams: readonly (FirstDraftStream | null)[] }
	/** What `description` says now has been told: whatever comes after it is of a further cycle. */
	| { readonly type: "told" }
	| {
			readonly type: "received";
			readonly base: number;
			readonly from: StunAddress;
			readonly bytes: Uint8Array;
			readonly at?: Instant;
	  }
	| { readonly type: "unreachable"; readonly base: number; readonly to: StunAddress; readonly code: string }
	| { readonly type: "send"; readonly stream?: number; readonly component?: 1 | 2; readonly bytes: Uint8Array }
	/** The call was refused (§5.8): ICE ends. */
	| { readonly type: "rejected" }
	/** Relays are given back, and nothing is sent any more. */
	| { readonly type: "close" }
	| { readonly type: "timer" };

/** What it puts out. */
export type FirstDraftOutput =
	| { readonly type: "send"; readonly base: number; readonly to: StunAddress; readonly bytes: Uint8Array }
	| {
			readonly type: "data";
			readonly stream: number;
			readonly component: 1 | 2;
			readonly base: number;
			readonly from: StunAddress;
			readonly kind: PacketClass;
			readonly bytes: Uint8Array;
	  }
	| { readonly type: "event"; readonly event: FirstDraftEvent }
	| { readonly type: "ignored"; readonly reason: FirstDraftIgnoreReason };

/** Why an input had no effect. */
export type FirstDraftIgnoreReason =
	| "closed"
	| "unknownBase"
	| "notStun"
	/** A request of a later STUN, which is refused. */
	| "notClassic"
	/** A check without credentials (401, 432), of nobody that was told (430), or with a wrong digest (431). */
	| "unprotected"
	| "unknownUser"
	| "badIntegrity"
	/** CHANGE-REQUEST, RESPONSE-ADDRESS and what must be understood and is not. */
	| "refusedAttributes"
	/** A check that was heard before, from elsewhere or too long ago. */
	| "replayed"
	/** More answers than a source gets, or more checks or alternatives than are taken. */
	| "tooMany"
	| "unknownAnswer"
	| "noDestination"
	/** It names no address that was told, or is one that no host can have. */
	| "badAlternative";

/** Where an address of ours comes from. */
export type FirstDraftOrigin = "local" | "stun" | "relay" | "peer";

/** A transport address of ours, told or to be told. */
export interface FirstDraftAddress {
	readonly stream: number;
	readonly alt: SdpAlt;
	readonly origin: FirstDraftOrigin;
	/** What it is sent from. */
	readonly base: number;
	/** STUN server or relay; null of local and peer-derived ones. */
	readonly server: StunAddress | null;
	/** Given back: it answers no more. */
	readonly freed: boolean;
	/** A check of the peer's has come to it. */
	readonly reached: boolean;
}

/** What has become of the checks of one of the peer's alternatives from one of our bases. */
export interface FirstDraftCheck {
	/** The same for the same check as long as it lives. */
	readonly id: number;
	readonly stream: number;
	readonly component: 1 | 2;
	readonly base: number;
	readonly alt: SdpAlt;
	readonly state: "inProgress" | "succeeded" | "failed";
	/** How the peer saw us; null: it has not said. */
	readonly mapped: StunAddress | null;
	/** It is no address of ours yet known: a peer-derived one. */
	readonly isNew: boolean;
	readonly rttNs: number | null;
	readonly requestsSent: number;
	/** Why it failed; null: it did not. */
	readonly failure: string | null;
}

/** What it tells. */
export type FirstDraftEvent =
	/** A new address of ours. */
	| { readonly kind: "address"; readonly address: FirstDraftAddress }
	/** A STUN server or a relay that was of no use. */
	| { readonly kind: "serverFailed"; readonly base: number; readonly server: StunAddress; readonly why: string }
	/** All servers have answered, or were waited for long enough: `description` may be told. */
	| { readonly kind: "gathered" }
	| { readonly kind: "check"; readonly check: FirstDraftCheck }
	/** A check of the peer's has come to this address of ours. */
	| { readonly kind: "reached"; readonly address: FirstDraftAddress; readonly from: StunAddress }
	/** Where a stream's media goes from now on; alt null: to `m=` and `c=`. */
	| {
			readonly kind: "sending";
			readonly stream: number;
			readonly base: number;
			readonly to: StunAddress;
			readonly alt: SdpAlt | null;
	  }
	/** It goes nowhere any more: the socket is gone, or the peer has refused the stream or names no place that packets can go to. */
	| { readonly kind: "silent"; readonly stream: number }
	/** Nobody needs it any more. */
	| { readonly kind: "freed"; readonly address: FirstDraftAddress }
	/** Another offer would tell what may lead to a better way (§5.9). */
	| { readonly kind: "cycle" }
	/** Every check has its end, and no further cycle can help. */
	| { readonly kind: "settled"; readonly cycles: number }
	| { readonly kind: "closed" };
