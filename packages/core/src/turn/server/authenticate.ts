import {
	attributeOf,
	HmacKey,
	type StunAddress,
	type StunItem,
	type StunMessage,
	type StunPasswordAlgorithm,
	verifyIntegrity,
	verifyIntegritySha256,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Allocation, Credential } from "./allocation.ts";
import type { TurnState } from "./state.ts";
import type { PasswordAlgorithm, TurnUser } from "./users.ts";

/** Why a request is not believed. */
export interface Doubt {
	readonly code: 400 | 401 | 438;
	/** Whether the client may try again, with a new nonce. It is made only if there will be an answer. */
	readonly challenge: boolean;
}

/** Who sent a request, and what signs its answer. */
export interface Authenticated {
	readonly credential: Credential;
	readonly sign: StunItem;
}

/** What unknown users are held to, so that they take as long as known ones. */
const NOBODYS: TurnUser = { owner: "", keys: [new HmacKey(new Uint8Array(16))], endsAtUnixSeconds: null };

const UNKNOWN: Doubt = { code: 401, challenge: true };
const STALE: Doubt = { code: 438, challenge: true };
const MALFORMED: Doubt = { code: 400, challenge: false };

/** RFC 8489 §9.2.4, except that the nonce is looked at before the user: a forged one costs least so. Keeps nothing. */
export function authenticate(
	state: TurnState,
	message: StunMessage,
	from: StunAddress,
	allocation: Allocation | undefined,
	now: Instant,
): Authenticated | Doubt {
	const sha256 = attributeOf(message, "messageIntegritySha256") !== undefined;
	if (!sha256 && attributeOf(message, "messageIntegrity") === undefined) return UNKNOWN;
	const nonce = attributeOf(message, "nonce");
	const hash = attributeOf(message, "userHash");
	const named = attributeOf(message, "username");
	if (nonce === undefined || attributeOf(message, "realm") === undefined) return MALFORMED;
	if (named === undefined && hash === undefined) return MALFORMED;
	if (!isFresh(state, message, nonce, from, now)) return STALE;
	const algorithm = chosenAlgorithm(state, message);
	if (algorithm === null) return MALFORMED;
	const username = hash === undefined ? named : state.users.nameOfHash(hash);
	const kept = allocation?.credential;
	const verify = (key: HmacKey) => (sha256 ? verifyIntegritySha256(message, key) : verifyIntegrity(message, key));
	if (kept?.username === username && kept?.algorithm === algorithm && kept.generation === state.generation)
		return verify(kept.key) ? { credential: kept, sign: signature(sha256, kept.key) } : UNKNOWN;
	const user = username === undefined ? undefined : state.users.find(username, algorithm);
	const key = (user ?? NOBODYS).keys.find(verify);
	if (user === undefined || username === undefined || key === undefined) return UNKNOWN;
	const { owner, endsAtUnixSeconds } = user;
	const credential = { username, algorithm, key, owner, endsAtUnixSeconds, generation: state.generation };
	return { credential, sign: signature(sha256, key) };
}

/**
 * Whether a nonce was made for this client, at this address and port. A data connection may show that of the control
 * connection it belongs to, from the same address (RFC 6062 §4.3): clients keep one nonce for both.
 */
function isFresh(state: TurnState, message: StunMessage, nonce: string, from: StunAddress, now: Instant): boolean {
	const seconds = state.unixSeconds(now);
	if (state.nonces.isValid(nonce, from, seconds)) return true;
	const id = message.method === "connectionBind" ? attributeOf(message, "connectionId") : undefined;
	const control = id === undefined ? undefined : state.connections.get(id)?.allocation.client;
	return control?.address === from.address && state.nonces.isValid(nonce, control, seconds);
}

function signature(sha256: boolean, key: HmacKey): StunItem {
	return sha256 ? { name: "messageIntegritySha256", key } : { name: "messageIntegrity", key };
}

/**
 * The algorithm that a client has chosen; null: not from the list that we sent, or without saying which list it saw, so
 * that somebody on the way may have shortened it (RFC 8489 §9.2.4). Clients that know of none have MD5.
 */
function chosenAlgorithm(state: TurnState, message: StunMessage): PasswordAlgorithm | null {
	const told = attributeOf(message, "passwordAlgorithms");
	const chosen = attributeOf(message, "passwordAlgorithm");
	const offered = state.algorithms;
	if (told === undefined && chosen === undefined) return offered.includes("md5") ? "md5" : null;
	if (told === undefined || chosen === undefined || !state.offersAlgorithms) return null;
	return sameAlgorithms(told, offered) ? (offered.find((algorithm) => algorithm === chosen.algorithm) ?? null) : null;
}

function sameAlgorithms(told: readonly StunPasswordAlgorithm[], offered: readonly PasswordAlgorithm[]): boolean {
	return (
		told.length === offered.length &&
		told.every(({ algorithm, parameters }, index) => algorithm === offered[index] && parameters.length === 0)
	);
}

/** Whether a credential's time is over; checked where it is to make something last (Allocate, Refresh). */
export function hasEnded(state: TurnState, { endsAtUnixSeconds }: Credential, now: Instant): boolean {
	return endsAtUnixSeconds !== null && endsAtUnixSeconds < state.unixSeconds(now);
}
