import type { StunAddress, StunErrorCode } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { LongTermCredentials, ShortTermCredentials, StunFailure, StunIgnoreReason } from "../client-io.ts";
import type { TransmitSchedule } from "../schedule.ts";

/** What of the other end a NAT's mapping or a filter goes by (RFC 4787 §4.1, §5). */
export type Dependence = "endpointIndependent" | "addressDependent" | "addressAndPortDependent";

/** What RFC 3489 §5 calls a NAT, for who knows those words. */
export type ClassicNatKind =
	| "open internet"
	/** Or the server is down: no answer tells which. */
	| "UDP blocked"
	| "symmetric UDP firewall"
	| "full cone"
	| "restricted cone"
	| "port restricted cone"
	| "symmetric";

/** What is to be found out, and how. */
export interface NatBehaviourConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	readonly server: StunAddress;
	/**
	 * The driver's sockets, by index, with the local address that each sends from (an address, not `0.0.0.0`): as many as
	 * `behaviourSockets` says, each with a port of its own. They must not be connected, or the answers that matter are lost.
	 */
	readonly sockets: readonly StunAddress[];
	readonly credentials?: ShortTermCredentials | LongTermCredentials;
	/** Whether to measure how long a binding lasts, and the longest wait tried, in seconds. It takes two to three times that. */
	readonly lifetime?: { readonly maximumSeconds: number };
	/** Requests without a cookie from the first on (RFC 3489), for servers that answer no others. */
	readonly classic?: boolean;
	/** For requests that are expected to be answered; `FIRST_SCHEDULE` when absent. */
	readonly schedule?: TransmitSchedule;
}

/** What it hears: what came to its sockets, in the words of the client's input. */
export type NatBehaviourInput =
	| { readonly type: "start" }
	| {
			readonly type: "received";
			readonly bytes: Uint8Array;
			readonly from: StunAddress;
			readonly local: number;
			readonly at?: Instant;
	  }
	/** When a message that was put out left, by a better clock than ours. */
	| { readonly type: "sent"; readonly bytes: Uint8Array; readonly transmission: number; readonly at: Instant }
	| { readonly type: "unreachable"; readonly to: StunAddress; readonly local: number; readonly code: string }
	| { readonly type: "timer" }
	/** Tell what is known and end. */
	| { readonly type: "stop" };

/** What it puts out. */
export type NatBehaviourOutput =
	/** `transmission`: of a request, 1 for its first; null: no answer to it is timed. */
	| {
			readonly type: "send";
			readonly bytes: Uint8Array;
			readonly to: StunAddress;
			readonly local: number;
			readonly transmission: number | null;
	  }
	| { readonly type: "event"; readonly event: NatBehaviourEvent }
	| { readonly type: "ignored"; readonly reason: StunIgnoreReason };

/** What is told on the way and at the end; `end` comes once and last. */
export type NatBehaviourEvent =
	/** The first answer. */
	| { readonly kind: "mapped"; readonly mappedAddress: StunAddress; readonly rttNs: number | null }
	| { readonly kind: "mapping"; readonly mapping: NatBehaviour["mapping"] }
	| { readonly kind: "filtering"; readonly filtering: NatBehaviour["filtering"] }
	| { readonly kind: "hairpin"; readonly hairpin: boolean | null }
	/** A wait after which a binding was there still, or gone. */
	| { readonly kind: "lifetime"; readonly seconds: number; readonly alive: boolean }
	| { readonly kind: "end"; readonly behaviour: NatBehaviour };

/** What was found out. */
export interface NatBehaviour {
	/** The server that answered: another than asked after a redirection. */
	readonly server: StunAddress;
	/** Its other address and port; null where it has none, so that nothing but the mapped address can be told. */
	readonly otherAddress: StunAddress | null;
	/** By which standard the server could be tested: RFC 5780, RFC 3489, or neither. */
	readonly tests: "rfc5780" | "rfc3489" | "none";
	readonly localAddress: StunAddress;
	/** Null: no answer came. */
	readonly mappedAddress: StunAddress | null;
	/** `none`: there is no translation. */
	readonly mapping: Dependence | "none" | "unknown";
	readonly filtering: Dependence | "unknown";
	/** Null: not told, for instance because nothing is translated. */
	readonly hairpin: boolean | null;
	/** The longest wait after which a binding was there still; null: not measured. */
	readonly lifetimeSeconds: number | null;
	/** The shortest wait after which one was gone; null: none was seen to go. */
	readonly goneAfterSeconds: number | null;
	readonly classic: ClassicNatKind | null;
	/** Of the first answer. */
	readonly rttNs: number | null;
	/** Why the first request failed; null where it was answered. `error` beside it: what the server said. */
	readonly failure: StunFailure | "error" | null;
	readonly error: StunErrorCode | null;
}
