/** Challenges of those who want to know who we are (RFC 3261 §22.2, §22.3). */
import { answerChallenge, chooseChallenges } from "../digest/answer.ts";
import type { DigestChallenge } from "../digest/challenge.ts";
import { sipValues } from "../message/headers.ts";
import type { SipHeader, SipRequest } from "../message/message.ts";
import { parseSipUri, sipUserOf } from "../message/uri.ts";
import type { ResponseEnvelope } from "../transactions/envelope.ts";
import type { SipAccount, SipEnd } from "./agent-io.ts";
import type { Drawn } from "./drawn.ts";
import { header } from "./made.ts";

/** Credentials go to one realm so often for one request: the second time for a nonce that was too old. */
const MOST_ATTEMPTS = 2;
/** Realms that one request shows credentials to; ours. */
const MOST_REALMS = 4;

/** What has been shown to whom: the header fields by the realm, and how often. */
export type Shown = Map<string, { readonly times: number; readonly header: SipHeader }>;

/**
 * Header fields with which the request is to be sent again: for all who have asked so far, proxies and the other end. Or why
 * not: there is no password, or it is not the right one.
 */
export function meetChallenges(
	account: SipAccount,
	drawn: Drawn,
	request: SipRequest,
	{ message }: ResponseEnvelope,
	shown: Shown,
): readonly SipHeader[] | SipEnd {
	const isProxy = message.status === 407;
	const values = sipValues(message, isProxy ? "Proxy-Authenticate" : "WWW-Authenticate");
	const challenges = chooseChallenges(values);
	const [first] = challenges;
	const refused = (realm: string): SipEnd => ({ code: "unauthorized", realm, shown: shown.size > 0 });
	const { password } = account;
	if (first === undefined || password === undefined) return refused(first?.realm ?? "");
	const username = account.username ?? userOf(account.address);
	for (const challenge of challenges) {
		const key = `${isProxy} ${challenge.realm}`;
		const times = (shown.get(key)?.times ?? 0) + 1;
		if (!mayShow(challenge, times, shown)) return refused(challenge.realm);
		const { method, uri, body } = request;
		const once = { cnonce: drawn.next(), count: 1 };
		const value = answerChallenge(challenge, { username, password }, { method, uri, body }, once);
		shown.set(key, { times, header: header(isProxy ? "Proxy-Authorization" : "Authorization", value) });
	}
	return [...shown.values()].map((each) => each.header);
}

/** Once more where the nonce alone was wrong. */
function mayShow({ stale }: DigestChallenge, times: number, shown: Shown): boolean {
	if (times === 1) return shown.size < MOST_REALMS;
	return stale && times <= MOST_ATTEMPTS;
}

function userOf(address: string): string {
	const uri = parseSipUri(address);
	return uri === null ? "" : (sipUserOf(uri) ?? "");
}
