import { attributeOf, isSameEndpoint, type StunAddress, type StunErrorCode, type StunMessage } from "@whither/wire";
import { type Arrival, hasUnknownRequired, judgeIntegrity, mayPointAt, strayReason } from "./answers.ts";
import { type Challenge, challengeOf, isBidDown } from "./challenges.ts";
import type { LongTermCredentials, StunElsewhere, StunFailure, StunIgnoreReason } from "./client-io.ts";
import type { Transaction } from "./transaction.ts";

/** What an answer with a transaction's id means for that transaction. */
export type Verdict =
	/** Nothing: it is not from whom, or not to where, an answer has to be. */
	| { readonly kind: "stray"; readonly reason: StunIgnoreReason }
	/** Nothing, but if no other comes, it is why (RFC 8489 §9.1.4). */
	| { readonly kind: "disbelieved"; readonly reason: StunIgnoreReason; readonly error: StunErrorCode | null }
	/** Again, signed as the server asks. */
	| { readonly kind: "challenged"; readonly credentials: LongTermCredentials; readonly challenge: Challenge }
	/** Again, at another server. */
	| { readonly kind: "redirected"; readonly to: StunAddress }
	| {
			readonly kind: "failed";
			readonly why: StunFailure;
			readonly error: StunErrorCode | null;
			readonly elsewhere: StunElsewhere;
	  }
	/** The answer; `error` of an error response. */
	| { readonly kind: "answered"; readonly error: StunErrorCode | null; readonly authenticated: boolean };

/** Challenges that one request meets at most: a first one, and nonces that have gone stale meanwhile. */
const MOST_CHALLENGES = 4;

/** RFC 8489 §6.3.3, §6.3.4, §9.1.4, §9.2.5 and §10, in the order that they ask for. */
export function weigh(
	transaction: Transaction,
	message: StunMessage,
	arrival: Arrival,
	transport: "datagram" | "stream",
): Verdict {
	const stray = strayReason(transaction, message, arrival);
	if (stray !== null) return { kind: "stray", reason: stray };
	const error = message.class === "error" ? (attributeOf(message, "errorCode") ?? null) : null;
	const { credentials } = transaction.parts.request;
	if (credentials?.kind === "longTerm" && (error?.code === 401 || error?.code === 438))
		return weighChallenge(transaction, credentials, message, error);
	const integrity = isBidDown(message) ? "bidDown" : judgeIntegrity(transaction, message);
	if (integrity !== "authenticated" && integrity !== "unsigned")
		return { kind: "disbelieved", reason: integrity, error };
	if (hasUnknownRequired(message)) return failed("unknownAttributes", error);
	if (message.class === "error" && error === null) return failed("noErrorCode", null);
	const authenticated = integrity === "authenticated";
	const alternate = error?.code === 300 ? attributeOf(message, "alternateServer") : undefined;
	if (alternate === undefined) return { kind: "answered", error, authenticated };
	const mayFollow = isToBeFollowed(transaction, alternate, authenticated);
	if (mayFollow && transport === "datagram") return { kind: "redirected", to: alternate };
	const alternateDomain = attributeOf(message, "alternateDomain") ?? null;
	return failed("redirected", error, { alternate, alternateDomain, mayFollow });
}

/** A server that sent us nowhere else. */
export const NOWHERE: StunElsewhere = { alternate: null, alternateDomain: null, mayFollow: false };

function failed(why: StunFailure, error: StunErrorCode | null, elsewhere: StunElsewhere = NOWHERE): Verdict {
	return { kind: "failed", why, error, elsewhere };
}

function weighChallenge(
	{ parts: { challenge: before, challengesMet } }: Transaction,
	credentials: LongTermCredentials,
	message: StunMessage,
	error: StunErrorCode,
): Verdict {
	const challenge = challengeOf(message, credentials, before ?? undefined);
	if (typeof challenge === "string") return failed(challenge, error);
	// What was refused in the same realm would be refused again (RFC 8489 §9.2.5); a stale nonce is another matter.
	const refused = error.code === 401 && before !== null && before.realm === challenge.realm;
	if (refused || challengesMet >= MOST_CHALLENGES) return failed("unauthorized", error);
	return { kind: "challenged", credentials, challenge };
}

/** RFC 8489 §10, §14.8. On a stream it is the owner that has to follow, by another one. */
function isToBeFollowed({ parts }: Transaction, alternate: StunAddress, authenticated: boolean): boolean {
	const { request, to, askedBefore } = parts;
	const trusted = authenticated || request.followUnprotected === true;
	const inTime = askedBefore.length < (request.redirects ?? 1);
	const isNew = ![...askedBefore, to].some((server) => isSameEndpoint(server, alternate));
	return trusted && inTime && isNew && mayPointAt(to, alternate);
}
