/** How two ends of a meeting hear of each other, whatever carries it. Pure. */
import type { IceRole } from "@whither/core";
import type { MeetCall } from "./call.ts";
import type { MeetMessage } from "./message.ts";

/** One end of a way for messages. Objects of this shape by anybody else work as well. */
export interface Signalling {
	/** Whoever makes the code controls. */
	readonly role: IceRole;
	/** In order and without loss, sooner or later; before `met` it waits for the other end, after `closed` it does nothing. */
	send(message: MeetMessage): void;
	/**
	 * What checks have shown of the way so far, told whenever that changes: whether what we send arrives, and what they send.
	 * Of signalling that has use for it, as a call that is not to ring before.
	 */
	reached?(way: { readonly send: boolean; readonly receive: boolean }): void;
	/** All checks have ended, and none has shown a way: packets are to go where the other end says. */
	unproved?(): void;
	/** Once what was sent has gone, or cannot go. `closed` does not follow. */
	close(): Promise<void>;
}

/** What one end hears; never called before `signalling` has returned. */
export interface SignallingListener {
	/** The other end is there, and proved to have the same code. Once, and before its first message. */
	met(): void;
	message(message: MeetMessage): void;
	/** How the call stands that carries it, told whenever that changes. Of signalling that is one. */
	call?(call: MeetCall): void;
	/** That call stands: the other end has acknowledged it, and so is where it says. */
	stands?(): void;
	/** Nothing more will come. Null: the other end closed in order. */
	closed(failure: SignallingFailure | null): void;
}

/** A host and how it is reached. */
export interface OfferedRelay {
	readonly host: string;
	/** In order of preference. */
	readonly legs: readonly { readonly transport: "udp" | "tcp" | "tls"; readonly port: number }[];
	readonly username: string;
	readonly password: string;
	/** ISO 8601; new allocations need other credentials from then on. */
	readonly expiresAt: string;
}

/** What a rendezvous server lends to those who meet there. */
export interface Offered {
	readonly stun: readonly { readonly host: string; readonly port: number }[];
	readonly turn: readonly OfferedRelay[];
}

/** Why a code cannot be used. */
export type CodeProblem = "empty" | "noPassword" | "badRoom" | "badCharacter" | "tooLong" | "weak";

/** Why a description in a call is of no use. */
export type CallProblem =
	/** No SDP, or none that can be read. */
	| "unreadable"
	/** No stream of audio that is plain RTP. */
	| "noAudio"
	/** Audio without PCMU. */
	| "noCodec"
	/** Audio, and its port is 0. */
	| "refused"
	/** `inactive`, or with an address that means it (RFC 3264 §8.4). */
	| "held"
	/** An address that is a name, or none. */
	| "noAddress";

/** Why signalling could not be, or came to its end. */
export type SignallingFailure =
	/** No URL of http: or https:. */
	| { readonly code: "badUrl"; readonly url: string }
	| { readonly code: "badCode"; readonly why: CodeProblem; readonly text: string }
	| { readonly code: "nameNotFound"; readonly url: string; readonly host: string }
	/** Nobody answers there, or no longer; `why` is the system's name for it or `timeout`. */
	| { readonly code: "unreachable"; readonly url: string; readonly why: string }
	/** The certificate is not one to trust, or that is no TLS server; `why` is OpenSSL's name for it. */
	| { readonly code: "tls"; readonly url: string; readonly why: string }
	/** Something answers there that is no rendezvous, or one of another time. */
	| { readonly code: "notRendezvous"; readonly url: string; readonly status: number }
	/** It wants another token, or one at all. */
	| { readonly code: "unauthorized"; readonly url: string; readonly shown: boolean }
	/** Too many rooms, or too much from here. */
	| { readonly code: "busy"; readonly url: string; readonly retryAfterSeconds: number | null }
	/** Used up, over, or never made. */
	| { readonly code: "noSuchRoom"; readonly room: string }
	/** The chosen code's room is in use. */
	| { readonly code: "roomTaken"; readonly room: string }
	/** Two are there already. */
	| { readonly code: "roomFull"; readonly room: string }
	/** The ends have different codes; this one is used up. */
	| { readonly code: "wrongPassword"; readonly room: string }
	/** Nobody came, or the meeting has lasted too long. */
	| { readonly code: "expired"; readonly room: string; readonly met: boolean }
	/** The other end has gone without a word. */
	| { readonly code: "peerLost"; readonly room: string }
	/** The server ends; or it has begun anew and knows nothing of the room. */
	| { readonly code: "serverEnded"; readonly url: string }
	/** More was said than a room holds. */
	| { readonly code: "tooMuch"; readonly room: string }
	/** Somebody on the way changed, repeated or left out a message. */
	| { readonly code: "tampered"; readonly room: string }
	/** No URI of SIP's. */
	| { readonly code: "sipBadUri"; readonly uri: string }
	/** Nobody has that name. */
	| { readonly code: "sipNotFound"; readonly uri: string }
	/** A call or our registration was refused (RFC 3261 §21). */
	| {
			readonly code: "sipRefused";
			readonly uri: string;
			readonly what: "call" | "registration";
			readonly status: number;
			readonly reason: string;
	  }
	/** Nobody answered. */
	| { readonly code: "sipTimeout"; readonly uri: string; readonly what: "call" | "registration" }
	/** What was sent cannot get there. */
	| { readonly code: "sipTransport"; readonly uri: string; readonly why: string }
	/** The password is not the right one, or there is none. */
	| { readonly code: "sipUnauthorized"; readonly realm: string; readonly shown: boolean }
	/** The other side broke the protocol. */
	| { readonly code: "sipProtocol"; readonly uri: string; readonly why: string }
	/** The other end's description (SDP) is none that a call can be made of. */
	| { readonly code: "sipDescription"; readonly why: CallProblem }
	/** We do not go on without the precondition, and the other end answers without ICE, or rings before it is met. */
	| { readonly code: "sipPrecondition"; readonly why: "noIce" | "notHeeded" }
	/** An error of somebody else's signalling. */
	| { readonly code: "other"; readonly why: string };

/** Whether a value that may be a failure is one. */
export function isSignallingFailure(value: object): value is SignallingFailure {
	return "code" in value && !("signalling" in value);
}

/** How a rendezvous is opened: to make a code, or to join with one. */
export interface RendezvousOrder {
	/** Of the server, `http://` or `https://`; a path in front of its own is kept. */
	readonly url: string;
	/** To join with; absent: a code is made. */
	readonly code?: string;
	/** The code to make, where it is not to be made up. */
	readonly choose?: string;
	/** What the server wants to be shown. */
	readonly token?: string;
	/** Certificates (PEM) to trust instead of the system's. */
	readonly authorities?: string;
	/** How long the server may be out of reach before it is given up, 60_000 when absent. */
	readonly patienceMs?: number;
	/** Gives it up, until `signalling` has begun. */
	readonly signal?: AbortSignal;
}

/** A room at a server, before it is used. */
export interface Rendezvous {
	/** As it is said to the other end. */
	readonly code: string;
	readonly role: IceRole;
	readonly offered: Offered;
	/** ISO 8601: until when the other end may come. */
	readonly expiresAt: string;
	/** Begins to listen; to be called once. */
	signalling(listener: SignallingListener): Signalling;
	/** Gives the room up, for whoever does not go on. */
	close(): Promise<void>;
}

/** Opens a rendezvous; resolves with a failure where there is none to be had. */
export type OpenRendezvous = (order: RendezvousOrder) => Promise<Rendezvous | SignallingFailure>;
