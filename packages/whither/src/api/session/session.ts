/** A session: one trace, meeting or test as it is kept: who asked for what, everything that happened, and how it ended. */
import type { PingResult, RoundsEvent, TraceEvent, TraceResult } from "@whither/core";
import type { MeetEvent } from "../meet/events.ts";
import type { MeetResult } from "../meet/result.ts";
import type { StunResult } from "../stun/result.ts";
import type { TurnResult } from "../turn/result.ts";

/** The `schema` of every session: the first line of its file says it. */
export const SESSION_SCHEMA = "whither.session/1";

/** What a session is about. `live`: a trace round after round. `meet`: also a browser that connects to the server itself. */
export type SessionKind = "trace" | "live" | "meet" | "stun" | "turn" | "ping";

/** What is known when it begins. */
export interface SessionHeader {
	readonly schema: typeof SESSION_SCHEMA;
	/** 16 to 32 letters and digits; names it for good. */
	readonly id: string;
	readonly kind: SessionKind;
	readonly tool: { readonly name: string; readonly version: string };
	/** ISO 8601. */
	readonly startedAt: string;
	/** What the user called it: a host; of a meeting null. */
	readonly target: string | null;
	/** What was asked for, as the request said it, without secrets. */
	readonly request: Readonly<Record<string, unknown>>;
}

/** What happened, in the order in which it did; `seq` counts from 0. */
export type SessionEvent = { readonly seq: number } & (
	| { readonly kind: "trace"; readonly event: TraceEvent }
	| { readonly kind: "live"; readonly event: RoundsEvent }
	| { readonly kind: "meet"; readonly atNs: number; readonly event: MeetEvent }
	/** Of the other kinds, whose news is of no format that is fixed. */
	| { readonly kind: "note"; readonly atNs: number; readonly note: Readonly<Record<string, unknown>> }
);

/** How it ended: the result's document, or why there is none. */
export type SessionEnd =
	| { readonly outcome: "result"; readonly endedAt: string; readonly result: SessionResult | null }
	| {
			readonly outcome: "failed";
			readonly endedAt: string;
			readonly error: { readonly code: string; readonly message: string };
	  }
	/** The process ended before it. */
	| { readonly outcome: "lost"; readonly endedAt: string };

/** A document that a session may end with; a continuous trace ends with none, for its events are all there is. */
export type SessionResult = TraceResult | MeetResult | StunResult | TurnResult | PingResult;

/** The whole of one. */
export interface Session {
	readonly header: SessionHeader;
	readonly events: readonly SessionEvent[];
	/** Null: it is under way. */
	readonly end: SessionEnd | null;
}
