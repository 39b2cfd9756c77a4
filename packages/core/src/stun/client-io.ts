import type {
	HmacKey,
	StunAddress,
	StunErrorCode,
	StunItem,
	StunMessage,
	StunMethod,
	StunPreparation,
} from "@whither/wire";
import type { Instant } from "../machine.ts";
import type { TransmitSchedule } from "./schedule.ts";

/** What tells a request apart for its owner; any value that is no other request's at the time. */
export type StunRequestKey = string | number;

/** A username and what a message is signed with, known to both sides beforehand (RFC 8489 §9.1). */
export interface ShortTermCredentials {
	readonly kind: "shortTerm";
	readonly username: string;
	readonly key: HmacKey;
	/** `both`: until the server's first answer tells which of the two it knows. */
	readonly integrity: "sha1" | "sha256" | "both";
}

/** A user of a realm that the server names (RFC 8489 §9.2). */
export interface LongTermCredentials {
	readonly kind: "longTerm";
	readonly username: string;
	readonly password: string;
	/** By default `opaqueString`; `saslPrep` for servers of RFC 5389 with passwords beyond ASCII. */
	readonly preparation?: StunPreparation;
}

/** A request to be carried to its end. */
export interface StunRequest {
	readonly key: StunRequestKey;
	readonly to: StunAddress;
	/** The driver's socket or connection to send on, by index; 0 when absent. */
	readonly local?: number;
	readonly method: StunMethod | number;
	/** Without credentials, integrity and fingerprint. */
	readonly attributes?: readonly StunItem[];
	/** What nothing is to protect, such as a NETWORK-STATUS for routers to write. */
	readonly trailing?: readonly StunItem[];
	readonly credentials?: ShortTermCredentials | LongTermCredentials;
	/** True when absent. Classic requests never have one. */
	readonly fingerprint?: boolean;
	/** Without a cookie, by RFC 3489. */
	readonly classic?: boolean;
	/** Counts its transmissions (RFC 7982), so that the answer tells loss there from loss back; false when absent. */
	readonly countTransmissions?: boolean;
	/** The first transmission's id: 12 bytes, classic 16; one of the machine's own when absent. */
	readonly transactionId?: Uint8Array;
	/** Where the answer may come from: the server alone when absent. */
	readonly answersFrom?: readonly StunAddress[] | "anywhere";
	/** Which of the driver's sockets the answer may come to: `local` when absent. */
	readonly answersTo?: number;
	/** The machine's own when absent. */
	readonly schedule?: TransmitSchedule;
	/** How often an ALTERNATE-SERVER may send it elsewhere; 1 when absent. */
	readonly redirects?: number;
	/** Servers that have sent it on before, and count as much; none when absent. */
	readonly askedBefore?: readonly StunAddress[];
	/**
	 * Whether one is followed that nothing protects, as RFC 5389 had it; false when absent, for then anybody on the way
	 * may point at a victim (RFC 8489 §14.8).
	 */
	readonly followUnprotected?: boolean;
}

/** What a client hears. */
export type StunClientInput =
	| { readonly type: "request"; readonly request: StunRequest }
	/** A datagram, or one message of a stream. `at`: when it came, if that is known better than now. */
	| {
			readonly type: "received";
			readonly bytes: Uint8Array;
			readonly from: StunAddress;
			readonly local?: number;
			readonly at?: Instant;
	  }
	/** When a message that was put out left, by a better clock: the network card's or the kernel's. */
	| { readonly type: "sent"; readonly bytes: Uint8Array; readonly transmission: number; readonly at: Instant }
	/** It leaves no more; an answer to what has left counts as before (RFC 8445 §7.3.1.4). */
	| { readonly type: "quiet"; readonly key: StunRequestKey }
	/** Its owner has no more use for it. */
	| { readonly type: "cancel"; readonly key: StunRequestKey }
	/** An ICMP error or the socket says that this server cannot be reached from there. */
	| { readonly type: "unreachable"; readonly to: StunAddress; readonly local?: number; readonly code: string }
	/** A stream has ended. */
	| { readonly type: "closed"; readonly local: number }
	/** The deadline has come. */
	| { readonly type: "timer" };

/** What a client puts out. */
export type StunClientOutput =
	| {
			readonly type: "send";
			readonly bytes: Uint8Array;
			readonly to: StunAddress;
			/** The driver's socket or connection. */
			readonly local: number;
			readonly key: StunRequestKey;
			/** 1 for the first of a transaction. */
			readonly transmission: number;
	  }
	| { readonly type: "event"; readonly event: StunClientEvent }
	| {
			readonly type: "ignored";
			readonly reason: StunIgnoreReason;
			/** Of the request that it was about, where that is known. */
			readonly key: StunRequestKey | null;
			/** What an answer said that was not to be believed. */
			readonly error: StunErrorCode | null;
	  };

/** Why an input had no effect. */
export type StunIgnoreReason =
	| "notStun"
	/** A request or an indication. */
	| "notAnAnswer"
	| "unknownTransaction"
	| "wrongSource"
	| "wrongSocket"
	| "wrongMethod"
	| "badFingerprint"
	/** The digest is wrong, or of another kind than was asked for. */
	| "badIntegrity"
	/** No digest where there has to be one. */
	| "unprotected"
	/** The nonce tells of password algorithms that are not there (RFC 8489 §9.2.5). */
	| "bidDown"
	| "unknownRequest";

/** How an answer came about. */
export interface StunExchange {
	readonly key: StunRequestKey;
	readonly message: StunMessage;
	/** Where the answer came from. */
	readonly from: StunAddress;
	/** The server that was asked last: another than at first after a redirection. */
	readonly to: StunAddress;
	/** The socket that the answer came to. */
	readonly local: number;
	/** The answer carries a right integrity attribute. */
	readonly authenticated: boolean;
	/** Since the transmission that was answered; null where several went out and nothing tells which. */
	readonly rttNs: number | null;
	/** Of the last transaction. */
	readonly transmissions: number;
	/** Packets lost each way, where the server counts too (RFC 7982 §3.2). */
	readonly loss: { readonly upstream: number; readonly downstream: number } | null;
}

/** Where a server sent us that was not followed (RFC 8489 §10). */
export interface StunElsewhere {
	/** ALTERNATE-SERVER; null: nowhere. */
	readonly alternate: StunAddress | null;
	/** ALTERNATE-DOMAIN: whose certificate the other server has to show; null: the same as this one's. */
	readonly alternateDomain: string | null;
	/**
	 * Whoever can make another connection may go there: it is protected, in time, not in a circle, and an address that a
	 * host can have. What was asked so far is `askedBefore` of the next request. Only of streams, for datagrams have gone.
	 */
	readonly mayFollow: boolean;
}

/** How a request ended. One of `success`, `error` and `failed` comes for each request that was not cancelled. */
export type StunClientEvent =
	| ({ readonly kind: "success" } & StunExchange)
	/** An error response that nothing here could mend; `unknownAttributes` beside 420. */
	| ({
			readonly kind: "error";
			readonly error: StunErrorCode;
			readonly unknownAttributes: readonly number[];
	  } & StunExchange)
	| ({
			readonly kind: "failed";
			readonly key: StunRequestKey;
			readonly to: StunAddress;
			readonly why: StunFailure;
			readonly transmissions: number;
			/** The error of the last answer that was not to be believed, or that led to the failure. */
			readonly error: StunErrorCode | null;
	  } & StunElsewhere)
	/** It goes on at another server (RFC 8489 §10). */
	| { readonly kind: "redirected"; readonly key: StunRequestKey; readonly to: StunAddress };

/** Why a request failed without an answer that counts. */
export type StunFailure =
	| "timeout"
	/** Only answers with a wrong digest or without one came (RFC 8489 §9.1.4). */
	| "integrity"
	/** Somebody took the password algorithms out of a challenge. */
	| "bidDown"
	/** The server offers no password algorithm that we have. */
	| "unsupportedAlgorithm"
	/** A challenge without realm or nonce. */
	| "badChallenge"
	/** The server refused these credentials. */
	| "unauthorized"
	/** The answer holds attributes that must be understood and are not (RFC 8489 §6.3.3). */
	| "unknownAttributes"
	/** An error response without a code. */
	| "noErrorCode"
	/** Sent to another server that is not to be followed: unprotected, too often, asked before, or none that a host can have. */
	| "redirected"
	| "unreachable"
	| "closed";
