/** The client's side of digests: answering what a server or proxy wants to see (RFC 3261 §22.2, RFC 8760 §2.4). */
import { DIGEST_ALGORITHMS } from "./algorithms.ts";
import { type DigestChallenge, parseDigestChallenge } from "./challenge.ts";
import { type DigestCount, formatDigestCredentials } from "./credentials.ts";
import { digestResponse } from "./response.ts";

/** Who we are to those who ask. */
export interface DigestAccount {
	readonly username: string;
	readonly password: string;
}

/** The request that is to go out with credentials. */
export interface DigestRequest {
	readonly method: string;
	/** Its Request-URI. */
	readonly uri: string;
	readonly body: Uint8Array;
}

/**
 * Which challenges of an answer to answer: of each realm the one with the best algorithm that we have, whatever their order.
 *
 * Deviation: RFC 8760 §2.4 takes the topmost that a client has; a server that puts MD5 before SHA-256 gains nothing by it.
 */
export function chooseChallenges(values: readonly string[]): readonly DigestChallenge[] {
	const best = new Map<string, DigestChallenge>();
	for (const challenge of values.map(parseDigestChallenge)) {
		if (challenge === null) continue;
		const before = best.get(challenge.realm);
		if (before === undefined || rankOf(challenge) < rankOf(before)) best.set(challenge.realm, challenge);
	}
	return [...best.values()];
}

function rankOf({ algorithm }: DigestChallenge): number {
	return DIGEST_ALGORITHMS.indexOf(algorithm);
}

/** Credentials for one challenge, as text. `cnonce`: drawn by the caller; `count`: 1 for the first use of the nonce. */
export function answerChallenge(
	challenge: DigestChallenge,
	{ username, password }: DigestAccount,
	{ method, uri, body }: DigestRequest,
	{ cnonce, count }: Omit<DigestCount, "protection">,
): string {
	const { realm, nonce, opaque, algorithm, protections } = challenge;
	const [protection] = protections;
	const counted = protection === undefined ? null : { protection, cnonce, count };
	const open = { username, realm, nonce, uri, algorithm, counted };
	const response = digestResponse({ ...open, password, method, body });
	return formatDigestCredentials({ ...open, opaque, response });
}
