/** What the server's API and its page say to each other: paths, bodies, answers, events. Types and constants alone. */
import type { PathSummary } from "@whither/core";
import type { Session, SessionEvent, SessionKind } from "../../api/session/session.ts";
import type { SessionEntry } from "../../store/session-store.ts";

/** Before every path below; all of it wants the token where there is one. */
export const API_PATH = "/api/v1";

/** Why a request is refused, in the words of the body's `error.code`. */
export type ApiRefusal =
	| "badRequest"
	| "unauthorized"
	| "forbidden"
	| "notFound"
	/** The target is outside of what this server may trace. */
	| "targetRefused"
	| "unresolved"
	/** Probes, sessions or requests are used up for now; header Retry-After. */
	| "overBudget"
	| "tooMuch"
	/** The server ends. */
	| "draining"
	/** What is asked for was not enabled. */
	| "notEnabled"
	/** The disk is full, or cannot be written. */
	| "storeFailed"
	| "failed";

/** The body of every answer that is no success. */
export interface ApiProblem {
	readonly error: { readonly code: ApiRefusal /** One sentence, which says what to do. */; readonly message: string };
}

/** `GET /api/v1`. */
export interface ApiFacts {
	readonly tool: { readonly name: string; readonly version: string };
	/** The address that the server sees the client at. */
	readonly client: string;
	readonly methods: readonly {
		readonly name: string;
		readonly summary: string;
		readonly port: number | null;
		readonly usable: boolean;
		readonly why: string | null;
	}[];
	readonly limits: {
		/** Probes a second, for one client and for all. */
		readonly clientProbesPerSecond: number;
		readonly probesPerSecond: number;
		readonly sessionsPerClient: number;
		/** Of a continuous trace. */
		readonly leastIntervalMs: number;
		readonly longestSeconds: number;
	};
	/** What else it does. */
	readonly features: {
		readonly whois: boolean;
		readonly origins: boolean;
		readonly places: boolean;
		readonly browserIce: boolean;
		readonly meetings: boolean;
		readonly stun: boolean;
	};
}

/** `POST /api/v1/traces`; answered 201 with `SessionStarted`. */
export interface TraceAsked {
	readonly target: string;
	readonly method?: string;
	readonly port?: number;
	readonly family?: 4 | 6;
	readonly queries?: number;
	readonly firstTtl?: number;
	readonly maxTtl?: number;
	readonly length?: number;
	readonly pathMtu?: boolean;
	/** Method options by name, as `-O`. */
	readonly methodOptions?: Readonly<Record<string, string | number | boolean>>;
	/** Names of routers (default true), origins of their routes, places. */
	readonly names?: boolean;
	readonly origins?: boolean;
	/** Round after round, instead of once. */
	readonly live?: { readonly intervalMs?: number; readonly rounds?: number | null };
}

/** `POST /api/v1/stun`: the server asks a STUN server what NAT it is behind; 201 with `SessionStarted`. */
export interface StunAsked {
	readonly server?: string;
}

/** `POST /api/v1/meetings`: the server itself meets somebody by code (with `code`: joins); 201 with `SessionStarted`, the code comes as an event. */
export interface MeetingAsked {
	readonly code?: string;
	readonly policy?: "all" | "relay";
}

/** Answer to all that begin a session: it is on the disk. */
export interface SessionStarted {
	readonly id: string;
	readonly kind: SessionKind;
}

/** `POST /api/v1/ice`: a browser wants to connect to this server itself; answered 201 with `IceAnswer`. */
export interface IceOffer {
	/** SDP of `RTCPeerConnection.createOffer`. */
	readonly sdp: string;
}

export interface IceAnswer extends SessionStarted {
	/** SDP for `setRemoteDescription`, type `answer`, with all candidates of the server. */
	readonly sdp: string;
}

/** `POST /api/v1/ice/ID/candidates`: trickled; 204. An empty list ends them. */
export interface IceCandidates {
	readonly candidates: readonly string[];
}

/** `GET /api/v1/sessions?kind=&target=&asn=&place=&before=&limit=`. */
export interface SessionList {
	readonly sessions: readonly SessionEntry[];
}

/** `GET /api/v1/sessions/ID`: the whole of it; with `?summary` without `events`. DELETE removes it: 204. `POST .../stop`: 204. */
export interface SessionAnswer {
	readonly session: Session;
	/** The number of the event after its last: whoever has the summary alone follows the session from there. */
	readonly next: number;
	/** Of traces. */
	readonly summary: PathSummary | null;
}

/** `POST /api/v1/sessions`: a file that was saved (body: its text, any format that `whither show` reads) becomes a session; 201 with `SessionStarted`. */

/**
 * `GET /api/v1/events?session=ID&session=ID`: server-sent events of up to 8 sessions, from the beginning or after `Last-Event-ID`, which has `ID:SEQ` for each, by commas.
 * `event: session`, `id: ID:SEQ,...`, data: `SessionNews`. A session's last news has `end: true`.
 */
export interface SessionNews {
	readonly session: string;
	readonly events: readonly SessionEvent[];
	/** No more will come. */
	readonly ended: boolean;
}

/** `GET /api/v1/sessions/ID/file?format=json|ndjson|csv|markdown|atlas|mtr|...`: a report of it, to save. */

/** `GET /api/v1/whois/QUERY`: see `WhoisAnswer` in `api/whois/`. `GET /api/v1/openapi.json`: all of this for programs. */
