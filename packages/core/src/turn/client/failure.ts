import type { StunErrorCode } from "@whither/wire";
import type { StunFailure } from "../../stun/client-io.ts";

/** Why a relay did not do what it was asked; the words are the face's. */
export type TurnFailure =
	| StunFailure
	/** 400, which servers also say to a channel that is bound otherwise. */
	| "badRequest"
	/** 403: this user, or this peer, is not allowed. */
	| "forbidden"
	/** 405: this user may not move (RFC 8016). */
	| "mobilityForbidden"
	/** 420: the relay does not know something that it would have to. */
	| "unsupportedAttributes"
	/** 437: the 5-tuple has another allocation already, or none (any more): a new socket is needed. */
	| "allocationMismatch"
	/** 438, and no credentials to answer it with. */
	| "staleNonce"
	/** 440: no relayed addresses of this family. */
	| "familyUnsupported"
	/** 441: the allocation is another user's. */
	| "wrongCredentials"
	/** 442: it does not relay this transport. */
	| "transportUnsupported"
	/** 443: the peer's family is not the relayed address's. */
	| "familyMismatch"
	/** 446: there is a connection to this peer already (RFC 6062). */
	| "connectionExists"
	/** 447: the peer did not take the connection (RFC 6062). */
	| "connectionFailed"
	/** 486: this user has as many allocations as it may; not to be asked again within a minute (RFC 8656 §7.4). */
	| "quotaReached"
	/** 500. */
	| "serverError"
	/** 508: the relay is full; not to be asked again within a minute. */
	| "insufficientCapacity"
	/** Any other error. */
	| "refused"
	/** A success response without what it must hold, or with what was not asked for. */
	| "badAnswer"
	/** The allocation, the permission or the channel could not be renewed in time. */
	| "expired"
	/** Every channel number is in use or in quarantine. */
	| "noChannelNumber";

const FAILURES: Readonly<Record<number, TurnFailure>> = {
	300: "redirected",
	400: "badRequest",
	401: "unauthorized",
	403: "forbidden",
	405: "mobilityForbidden",
	420: "unsupportedAttributes",
	437: "allocationMismatch",
	438: "staleNonce",
	440: "familyUnsupported",
	441: "wrongCredentials",
	442: "transportUnsupported",
	443: "familyMismatch",
	446: "connectionExists",
	447: "connectionFailed",
	486: "quotaReached",
	500: "serverError",
	508: "insufficientCapacity",
};

/** What an error response of a relay means. */
export function turnFailureOf({ code }: StunErrorCode): TurnFailure {
	return FAILURES[code] ?? "refused";
}

/** Whether the same request may well succeed a little later. */
export function isPassing(why: TurnFailure): boolean {
	return PASSING.has(why);
}

const PASSING: ReadonlySet<TurnFailure> = new Set(["timeout", "integrity", "unreachable", "serverError", "staleNonce"]);
