import type { IceCandidateLine, IceTcpType, PacketClass, StunAddress, StunErrorCode } from "@whither/wire";
import type { Instant } from "../machine.ts";
import type { IcePacer } from "./pacer.ts";
import type { PairState } from "./pair.ts";

/** Which of the two decides (RFC 8445 §6.1.1). */
export type IceRole = "controlling" | "controlled";

/** A NAT that translates one address to another, which nobody has to find out (such as a cloud's). */
export interface IceRewrite {
	/** Our own address; any of the interface or of the family when absent. */
	readonly address?: string;
	readonly interface?: string;
	/** What others see instead; its family is the one that it is about. */
	readonly external: string;
	/** `replace`: the host candidate has the external address. `append`: it is one more, server-reflexive. */
	readonly mode: "replace" | "append";
}

/** What an agent is made from. */
export interface IceAgentConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	/** Whoever began is controlling; a conflict ends by itself. */
	readonly role: IceRole;
	/** The number of components of each stream; one stream with one when absent. */
	readonly streams?: readonly number[];
	/** Only answers checks and never sends any (RFC 8445 §2.5); false when absent. */
	readonly lite?: boolean;
	/** `relay`: nothing is told and nothing used but relays; `all` when absent. */
	readonly policy?: "all" | "relay";
	/** Which candidates of ours may be told and used; all when absent. */
	readonly allowLocal?: (candidate: IceLocalFacts) => boolean;
	/** Which of the peer's; all when absent. */
	readonly allowRemote?: (candidate: IceCandidateLine) => boolean;
	readonly rewrites?: readonly IceRewrite[];
	/** Asked from every UDP socket of their family. */
	readonly stunServers?: readonly StunAddress[];
	/** How long a STUN server is waited for, 5000 when absent. */
	readonly gatherTimeoutMs?: number;
	/** How long once one has answered, 1000 when absent: a dead path then holds up nobody. */
	readonly gatherGraceMs?: number;
	/** Ta: 50 when absent; 5 at least. The larger of both sides' counts, and who says nothing says 50 (RFC 8839 §5.6). */
	readonly pacingMs?: number;
	/** What agents of one process share, so that they keep the floor of 5 ms together (RFC 8445 §14.2). */
	readonly pacer?: IcePacer;
	/** How long a pair that works waits for a better one that still might, 100 when absent; a Ta longer for each that has fewer relays, ten at most. */
	readonly nominationGraceMs?: number;
	/** The agent gives up so long after its checks began, 60 s when absent; never before 39.5 s (RFC 8863). */
	readonly giveUpMs?: number;
	/** A selected pair that is silent for so long gives way to the one in reserve, 1900 when absent; 0: never. */
	readonly deadPeerMs?: number;
	/** Pairs at most (RFC 8445 §6.1.2.5), 100 when absent. */
	readonly maximumPairs?: number;
}

/** What a filter knows of a candidate. */
export interface IceLocalFacts extends IceCandidateLine {
	readonly interface: string | null;
}

/** A socket of the driver's, or a relay that sends for it. */
export interface IceBase {
	/** Canonical text; of a relay its relayed address. */
	readonly address: string;
	readonly port: number;
	/** `udp` when absent; a relay's is that which it speaks to peers. */
	readonly transport?: "udp" | "tcp";
	/** Of TCP: who opens connections; a number in it is a whole socket, and `send` to a peer opens what is missing. */
	readonly tcpType?: IceTcpType;
	/** 0 and 1 when absent. */
	readonly stream?: number;
	readonly component?: number;
	readonly interface?: string;
	/** 0 for the best kind of network (when absent) up to 31 for one that is best left alone, such as a VPN. */
	readonly cost?: number;
	/** An mDNS name that the driver publishes, told instead of the address. */
	readonly name?: string;
	/** It is a relay. */
	readonly relay?: {
		readonly server: StunAddress;
		/** By which the relay is reached. */
		readonly leg: "udp" | "dtls" | "tcp" | "tls";
		/** Our address as the server sees it; null: it does not say. */
		readonly mapped: StunAddress | null;
	};
}

/** What the peer says of itself (RFC 8839 §5.4 to §5.6). */
export interface IcePeer {
	readonly ufrag: string;
	readonly pwd: string;
	readonly options?: readonly string[];
	readonly lite?: boolean;
	/** Null or absent: 50. */
	readonly pacingMs?: number | null;
}

/** What an agent hears. */
export type IceAgentInput =
	/** The driver has it; numbers are its own and never used twice. */
	| { readonly type: "base"; readonly base: number; readonly at: IceBase }
	/** It is gone: closed, or its interface is down, or its relay is lost. */
	| { readonly type: "baseGone"; readonly base: number }
	/** What a TURN server says that a UDP socket is seen by. */
	| { readonly type: "mapped"; readonly base: number; readonly server: StunAddress; readonly mapped: StunAddress }
	/** A relay or a name that did not work out, for whoever watches. */
	| { readonly type: "candidateError"; readonly error: IceCandidateError }
	/** All sockets and relays have been told that there will be. */
	| { readonly type: "basesComplete" }
	/** More are on their way: `basesComplete` is to follow again. */
	| { readonly type: "basesPending" }
	/**
	 * The peer's description; another `ufrag` than before is a restart of the peer's, which ours follows with new
	 * `credentials` to be told, unless it answers a restart of ours.
	 */
	| { readonly type: "peer"; readonly peer: IcePeer; readonly candidates?: readonly IceRemoteLine[] }
	| { readonly type: "remoteCandidates"; readonly candidates: readonly IceRemoteLine[] }
	/** No more of the peer's will come; of one stream, or of all when absent. */
	| { readonly type: "endOfCandidates"; readonly stream?: number }
	| ({ readonly type: "withoutIce" } & IceAgentWithoutIce)
	/** What a `resolve` found; null: nothing. */
	| { readonly type: "resolved"; readonly name: string; readonly address: string | null }
	/** A datagram or one frame of a stream. `at`: when it came, if known better. */
	| {
			readonly type: "received";
			readonly base: number;
			readonly from: StunAddress;
			readonly bytes: Uint8Array;
			readonly at?: Instant;
	  }
	/** An ICMP error about what was sent from there, or a connection that could not be opened. */
	| { readonly type: "unreachable"; readonly base: number; readonly to: StunAddress; readonly code: string }
	/** The server of this relay lets it send nothing to this address, and says why: checks from there are in vain. */
	| { readonly type: "forbidden"; readonly base: number; readonly address: string; readonly why: string }
	| { readonly type: "send"; readonly stream?: number; readonly component?: number; readonly bytes: Uint8Array }
	/** New credentials and new checks; the pair in use stays in use until another is selected (RFC 8445 §9). */
	| { readonly type: "restart" }
	| { readonly type: "close" }
	/** The deadline has come. */
	| { readonly type: "timer" };

/**
 * A peer that speaks no ICE (RFC 8839 §4.2.5): the checks of this stream's component end, and a pair of our default candidate
 * with what its description named is selected, as RFC 3264 has it. Data is then taken from whoever sends to that candidate's
 * socket, for such peers may send from another port than they receive at. Again: it goes elsewhere from now on.
 */
export interface IceAgentWithoutIce {
	/** 0 and 1 when absent. */
	readonly stream?: number;
	readonly component?: number;
	/** Where the peer takes packets. */
	readonly to: StunAddress;
	/** What our own description named; the default candidate of all that there are when absent, or when it is none of ours. */
	readonly named?: StunAddress;
}

/** A candidate of the peer's, of stream 0 when absent. */
export interface IceRemoteLine {
	readonly stream?: number;
	readonly line: IceCandidateLine;
}

/** What an agent puts out. */
export type IceAgentOutput =
	/** From this socket or by this relay. */
	| { readonly type: "send"; readonly base: number; readonly to: StunAddress; readonly bytes: Uint8Array }
	/** This relay is going to be asked to send there: a permission that is there in time saves a round trip. */
	| { readonly type: "permit"; readonly base: number; readonly address: string }
	/** A name to look up, by mDNS where it ends in `.local`; `resolved` is to follow. */
	| { readonly type: "resolve"; readonly name: string }
	/** The peer's data; `bytes` as it was received. */
	| {
			readonly type: "data";
			readonly stream: number;
			readonly component: number;
			readonly base: number;
			readonly from: StunAddress;
			readonly kind: PacketClass;
			readonly bytes: Uint8Array;
	  }
	| { readonly type: "event"; readonly event: IceEvent }
	| { readonly type: "ignored"; readonly reason: IceIgnoreReason };

/** Why an input had no effect. */
export type IceIgnoreReason =
	| "closed"
	| "unknownBase"
	/** STUN that is none, an indication or something else that asks for nothing. */
	| "notStun"
	| "indication"
	| "otherMethod"
	| "badFingerprint"
	/** A check without credentials (400), of another user, or with a wrong digest (401). */
	| "unprotected"
	| "unknownUser"
	| "badIntegrity"
	| "unknownAttributes"
	/** More checks that are wrong than are answered. */
	| "tooMany"
	/** An answer to nothing that is asked, or not from whom it was asked. */
	| "unknownAnswer"
	/** Its own credentials are those of another generation. */
	| "otherGeneration"
	/** Both sides have the same role, and the peer has to change. */
	| "roleConflict"
	/** Data from where no check has come. */
	| "unknownSource"
	/** No pair may be sent on: none works yet, or there is no consent. */
	| "noPair"
	/** An address that is nobody's: a group, none, our own machine by another name. */
	| "badCandidate"
	/** The peer's user, password or pace are none. */
	| "badDescription"
	| "refusedCandidate"
	/** A candidate that is there already. */
	| "redundant"
	| "tooManyPairs"
	| "policy";

/** Where the whole stands; as browsers have it. */
export type IceState = "new" | "checking" | "connected" | "completed" | "disconnected" | "failed" | "closed";

/** Why it failed. */
export type IceFailure =
	/** Every pair was tried, and nobody has more candidates. */
	| "allPairsFailed"
	| "noLocalCandidates"
	| "noRemoteCandidates"
	/** Time is over, though the peer has not said that it has no more candidates. */
	| "gaveUp"
	/** Pairs work, and the peer has selected none. */
	| "neverNominated"
	/** Nothing answered for 30 s (RFC 7675 §5.1). */
	| "consentExpired"
	/** The peer said no (RFC 7675 §5.2). */
	| "consentRevoked"
	/** The last socket is gone. */
	| "noBase";

/** What went wrong while gathering; `error` is what the server said. */
export interface IceCandidateError {
	readonly base: number | null;
	readonly server: StunAddress | null;
	readonly why: string;
	readonly error: StunErrorCode | null;
}

/** One pair as it is shown. */
export interface IcePairReport {
	/** The same for the same pair as long as it lives. */
	readonly id: number;
	readonly stream: number;
	readonly component: number;
	readonly base: number;
	/** As the peer saw us where a check succeeded, else as we see ourselves. */
	readonly local: IceCandidateLine;
	readonly remote: IceCandidateLine;
	readonly state: PairState;
	/** A check of ours has succeeded, and consent is fresh: it may be sent on. */
	readonly writable: boolean;
	/** A check of the peer's has come. */
	readonly readable: boolean;
	readonly nominated: boolean;
	readonly selected: boolean;
	/** Kept warm for when the selected one dies. */
	readonly backup: boolean;
	/** 64 bits, decimal. */
	readonly priority: string;
	readonly rttNs: number | null;
	readonly requestsSent: number;
	readonly retransmissions: number;
	readonly responsesReceived: number;
	readonly requestsReceived: number;
	readonly responsesSent: number;
	readonly consentRequestsSent: number;
	readonly icmpErrors: number;
	/** Why the last check failed; null: none did. */
	readonly failure: string | null;
}

/** What an agent tells. */
export type IceEvent =
	/** Of the first generation or of a restart: what signalling has to tell. */
	| { readonly kind: "credentials"; readonly ufrag: string; readonly pwd: string }
	| {
			readonly kind: "candidate";
			readonly stream: number;
			readonly base: number;
			readonly line: IceCandidateLine;
			/** Where it comes from; null of host candidates. */
			readonly server: StunAddress | null;
			readonly interface: string | null;
	  }
	| { readonly kind: "candidateError"; readonly error: IceCandidateError }
	/** End of candidates: nothing more will be found. */
	| { readonly kind: "gathered" }
	| { readonly kind: "remoteCandidate"; readonly stream: number; readonly line: IceCandidateLine }
	| { readonly kind: "role"; readonly role: IceRole }
	/** A pair is new, or its state, round trip or use has changed. */
	| { readonly kind: "pair"; readonly pair: IcePairReport }
	/** The pair is no longer part of anything. */
	| { readonly kind: "pairGone"; readonly id: number }
	/** The pair that is sent on from now on; `why` it was this one. */
	| { readonly kind: "selected"; readonly pair: IcePairReport; readonly why: SelectionReason }
	| { readonly kind: "state"; readonly state: IceState; readonly failure: IceFailure | null }
	/** What no pair needs any more, such as relays: the driver may close it. */
	| { readonly kind: "unneeded"; readonly bases: readonly number[] };

/** How a pair came to be selected. */
export type SelectionReason =
	/** No better one could still succeed. */
	| "best"
	/** A better one might have succeeded, but took too long. */
	| "graceOver"
	/** The peer, which is controlling, said so. */
	| "peer"
	/** A better one than the one before has succeeded since. */
	| "better"
	/** The one before has died. */
	| "failover"
	/** Neither side checks anything (RFC 8445 §6.1.1, both lite). */
	| "lite"
	/** The peer speaks no ICE: packets go where its description says. */
	| "noIce"
	/** By the first draft of ICE: the best alternative of the peer's whose check has succeeded. */
	| "alternative"
	/** By the first draft of ICE: no check has succeeded, and packets go where the description says. */
	| "unproved";
