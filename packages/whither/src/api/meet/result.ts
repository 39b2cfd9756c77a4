/** The result of `meet` as `whither.meet/1` (docs/schema/meet-1.json) has it. */
import type { IceFailure, IceRole, IceState, PairState, SelectionReason, TraceResult } from "@whither/core";
import type { MeetCall, MeetIceKind } from "./signalling/call.ts";
import type { SignallingFailure } from "./signalling/signalling.ts";

/** What went both ways beside checks and traces: RTP, 50 packets of silence a second (PCMU) from this end. */
export interface MeetMedia {
	readonly codec: "PCMU";
	/** Packets. */
	readonly sent: number;
	readonly received: number;
	/** Of the other end's, by sequence numbers (RFC 3550 A.3). */
	readonly lost: number;
	/** RFC 3550 A.8; null: too few came. */
	readonly jitterNs: number | null;
	/** From when our media began to the other end's first packet, 0 where that came before; null: nothing came. */
	readonly firstNs: number | null;
}

/** What stands in `schema` of every result. */
export const MEET_SCHEMA = "whither.meet/1";

/** An address and a port. */
export interface MeetPlace {
	readonly address: string;
	readonly port: number;
}

/** One candidate. */
export interface MeetCandidate extends MeetPlace {
	readonly type: "host" | "srflx" | "prflx" | "relay";
	readonly protocol: "udp" | "tcp";
	/** Ours: the socket that it stands for. The peer's: what it says of it (`raddr`). Null: not known. */
	readonly base: MeetPlace | null;
	/** By the first draft of ICE: how good it is by what stands between, 0 to 1. */
	readonly q?: number;
}

/** One of ours as it was found. */
export interface MeetLocalCandidate extends MeetCandidate {
	/** The STUN or TURN server that it comes from; null of host candidates. */
	readonly server: MeetPlace | null;
	/** How the relay is reached; null of any other. */
	readonly leg: "udp" | "dtls" | "tcp" | "tls" | null;
	readonly interface: string | null;
}

/** One pair of them, as it stood at the end. */
export interface MeetPair {
	readonly local: MeetCandidate;
	readonly remote: MeetCandidate;
	/** Both types: `host/srflx`. */
	readonly type: string;
	readonly state: PairState;
	/** A check of the peer's has come. */
	readonly readable: boolean;
	/** A check of ours was answered, and may be sent on. */
	readonly writable: boolean;
	readonly nominated: boolean;
	readonly selected: boolean;
	/** 64 bits, decimal. */
	readonly priority: string;
	readonly rttNs: number | null;
	readonly requestsSent: number;
	readonly retransmissions: number;
	readonly responsesReceived: number;
	readonly requestsReceived: number;
	readonly responsesSent: number;
	readonly icmpErrors: number;
	/** Why the last check failed; null: none did. */
	readonly failure: string | null;
}

/** The pair that packets are sent on. */
export interface MeetSelected {
	readonly local: MeetCandidate;
	readonly remote: MeetCandidate;
	readonly rttNs: number | null;
	/** How it came to be selected. */
	readonly reason: SelectionReason;
	/** Ours, where packets go by it. */
	readonly relay: { readonly server: MeetPlace; readonly leg: "udp" | "dtls" | "tcp" | "tls" } | null;
}

/** The servers of a meeting. */
export interface MeetServers {
	/** URL; null: signalling is by other means. */
	readonly rendezvous: string | null;
	readonly stun: readonly MeetPlace[];
	/** Every way to every relay. */
	readonly turn: readonly (MeetPlace & { readonly transport: "udp" | "tcp" | "tls" })[];
}

/** What went wrong while candidates were looked for. */
export interface MeetCandidateError {
	/** The socket that asked; null: none. */
	readonly base: MeetPlace | null;
	readonly server: MeetPlace | null;
	readonly why: string;
	/** The error response's. */
	readonly stunError: number | null;
}

/** What the meeting came to. */
export type MeetOutcomeCode =
	| "connected"
	/** There was a pair, and it died. */
	| "lost"
	/** Every pair was tried, or there was none to try. */
	| "noWay"
	/** The other end did not come in time; of a call there may be a way by then, and nobody took it. */
	| "nobodyCame"
	/** It came, and went before there was a pair; or it refused a call that there was a way for. */
	| "peerLeft"
	/** Signalling could not be, or ended before there was a pair or its call was taken: `signalling`. */
	| "signalling"
	/** It came, and never said where it is. */
	| "noDescription"
	| "interrupted"
	/** The connection ended by a defect of ours. */
	| "defect";

/** An outcome with what is known of it. */
export interface MeetOutcome {
	readonly code: MeetOutcomeCode;
	/** Of ICE. */
	readonly failure: IceFailure | null;
	/** Why signalling failed, where it did. */
	readonly signalling: SignallingFailure | null;
	/** What the other end said as it went, or where a defect was. */
	readonly about: string | null;
}

/** Something that the reader of a result should know. */
export type MeetWarning =
	/** The path was not traced on the pair's own socket, so other routers may have been seen; `whose`. */
	| { readonly code: "tracedBeside"; readonly whose: "ours" | "theirs"; readonly method: string }
	/** A server that was named could not be used. */
	| { readonly code: "serverUnusable"; readonly server: string; readonly reason: string }
	/** Signalling was lost after there was a pair. */
	| { readonly code: "signallingLost"; readonly failure: SignallingFailure }
	/** The pair was replaced while its path was traced. */
	| { readonly code: "pairChanged" }
	/** The other end speaks no ICE: packets go where it said, and no check has proved that they arrive. */
	| { readonly code: "noIce" }
	/** The same of an end that speaks another ICE than we do. */
	| { readonly code: "otherIce"; readonly theirs: MeetIceKind }
	/** The same of one that speaks our ICE, where no check has succeeded. */
	| { readonly code: "unproved" };

/** Why a path is not there. */
export interface MissingPath {
	readonly code:
		| "notAsked"
		| "notConnected"
		| "interrupted"
		/** The trace ended in an error. */
		| "traceFailed"
		/** The other end was asked not to. */
		| "notTraced"
		/** There are no ICE passwords to seal what is exchanged with. */
		| "noIce"
		/** The other end is another program. */
		| "otherProgram"
		/** No document came, or not all of it. */
		| "noAnswer"
		| "silent"
		| "outOfTime"
		/** What it sent cannot be read. */
		| "badDocument"
		/** The pair died meanwhile. */
		| "pairLost";
	readonly message: string;
}

/** The document `whither.meet/1`. */
export interface MeetResult {
	readonly schema: typeof MEET_SCHEMA;
	readonly tool: { readonly name: string; readonly version: string };
	/** Without tokens and passwords. */
	readonly args: readonly string[];
	readonly connected: boolean;
	readonly state: IceState;
	/** One sentence. */
	readonly why: string;
	readonly outcome: MeetOutcome;
	/** Null: it did not come to that. */
	readonly timings: {
		/** From the beginning of gathering to its end. */
		readonly gatheredMs: number | null;
		/** From the other end's description to the first pair that works, and to the one that was selected first. */
		readonly connectedMs: number | null;
		readonly nominatedMs: number | null;
	};
	readonly role: IceRole | null;
	/** What both ends speak: `none` where one of them speaks no ICE that the other does; null: it did not come to that. */
	readonly ice: MeetIceKind | "none" | null;
	/** The call that both ends heard of each other by; null: it was by something else. */
	readonly call: MeetCall | null;
	/** Null: none was to be sent. */
	readonly media: MeetMedia | null;
	/** What the other end calls itself. */
	readonly peerTool: string | null;
	readonly selected: MeetSelected | null;
	/** The best first. */
	readonly pairs: readonly MeetPair[];
	readonly candidates: {
		readonly local: readonly MeetLocalCandidate[];
		readonly remote: readonly MeetCandidate[];
	};
	readonly candidateErrors: readonly MeetCandidateError[];
	/** Whom we asked. */
	readonly servers: MeetServers;
	/** From here to the other end, or to our relay. */
	readonly path: TraceResult | null;
	readonly pathMissing: MissingPath | null;
	/** The other end's, as it sent it. */
	readonly reversePath: TraceResult | null;
	readonly reversePathMissing: MissingPath | null;
	readonly warnings: readonly MeetWarning[];
	readonly backend: "native" | "portable" | "simulated" | null;
	readonly startedAt: string;
	readonly durationNs: number;
	readonly stopReason: "complete" | "interrupted";
}
