/** What is given out over TLS for a binding each (RFC 3489 §8.2, §9.2, with the users of draft-rosenberg-midcom-turn-01). */
import type { StunAddress, StunErrorCode } from "@whither/wire";
import type { AnswerLimits } from "../../../answer-cap.ts";
import type { Instant } from "../../../machine.ts";
import type { TurnUsers } from "../../server/users.ts";
import type { EarlyRelayUser } from "../client/client-io.ts";
import type { OneTimeUsers } from "./one-time-users.ts";

/** What a Shared Secret server is made from. */
export interface SharedSecretServerConfig {
	/** 32 random bytes: nonces are made of it. */
	readonly secret: Uint8Array;
	readonly unixSecondsAtZero: number;
	readonly realm: string;
	/** Who gets one. */
	readonly users: TurnUsers;
	readonly given: OneTimeUsers;
	/** Answers to requests that are not authenticated; `TURN_ANSWER_LIMITS` where absent. */
	readonly answers?: AnswerLimits;
}

/** What it hears. */
export type SharedSecretServerInput =
	/** One message of a stream. `isSecure`: TLS protects it, without which nothing is given out (433). */
	| {
			readonly type: "received";
			readonly bytes: Uint8Array;
			readonly from: StunAddress;
			readonly isSecure: boolean;
	  }
	/** These are the users from now on. */
	| { readonly type: "users"; readonly users: TurnUsers };

/** What it puts out. */
export type SharedSecretServerOutput =
	/** On the stream that the request came by. */
	| { readonly type: "send"; readonly bytes: Uint8Array }
	| { readonly type: "ignored"; readonly reason: "notSharedSecret" | "tooMany" };

/** Running totals. */
export interface SharedSecretCounters {
	given: number;
	readonly refusals: Record<number, number>;
}

/** What a client of it is made from. */
export interface SharedSecretClientConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	/** As the realm has it. */
	readonly user: EarlyRelayUser;
	/** For everything together; 10 s when absent. */
	readonly timeoutMs?: number;
}

/** What a client hears, of one stream. */
export type SharedSecretClientInput =
	/** The stream stands. */
	| { readonly type: "opened" }
	| { readonly type: "received"; readonly bytes: Uint8Array; readonly at?: Instant }
	| { readonly type: "closed" }
	| { readonly type: "timer" };

/** What it puts out; the last is `given` or `failed`. */
export type SharedSecretClientOutput =
	| { readonly type: "send"; readonly bytes: Uint8Array }
	| { readonly type: "given"; readonly user: EarlyRelayUser }
	| {
			readonly type: "failed";
			readonly why: "timeout" | "closed" | "refused" | "integrity" | "badAnswer";
			readonly error: StunErrorCode | null;
	  };
