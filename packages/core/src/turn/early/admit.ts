import {
	attributeOf,
	type HmacKey,
	isComprehensionRequired,
	STUN_ATTRIBUTES,
	type StunAttributeName,
	type StunMessage,
	verifyIntegrity,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Binding, BindingUser } from "./binding.ts";
import type { EarlyState } from "./state.ts";

/** Who asks; `spent`: a one-time name that has had its binding, from the client that had it. */
export interface Admitted {
	readonly user: BindingUser;
	readonly spent: boolean;
}

/** Why a request is refused; `key` signs the answer where its sender has shown to have it. */
export interface Refused {
	readonly code: 400 | 401 | 420 | 430 | 431 | 432;
	readonly unknown: readonly number[];
	readonly key: HmacKey | null;
}

/**
 * RFC 3489 §8.1, in its order: 401 without integrity, 432 without a name, 430 for one that is unknown, has ended or has
 * been used by another, 431 for a wrong digest; then 420 for what must be understood and is not.
 */
export function admit(
	state: EarlyState,
	message: StunMessage,
	{ binding, tuple, now }: { readonly binding: Binding | undefined; readonly tuple: string; readonly now: Instant },
): Admitted | Refused {
	if (attributeOf(message, "messageIntegrity") === undefined) return refusal(401);
	const username = attributeOf(message, "username")?.trimEnd();
	if (username === undefined) return refusal(432);
	const known = binding?.user.username === username ? { users: [binding.user], spent: false } : null;
	const found = known ?? find(state, username, tuple, now);
	if (found === null) return refusal(430);
	const user = found.users.find(({ key }) => verifyIntegrity(message, key));
	if (user === undefined) return refusal(431);
	return attributeFault(message, user.key) ?? { user, spent: found.spent };
}

function refusal(code: Refused["code"]): Refused {
	return { code, unknown: [], key: null };
}

/** Who it may be: one for each key. */
interface Found {
	readonly users: readonly BindingUser[];
	readonly spent: boolean;
}

function find(state: EarlyState, username: string, tuple: string, now: Instant): Found | null {
	const unixSeconds = state.unixSeconds(now);
	const credential = state.config.users(username, unixSeconds);
	if (credential === null) return null;
	const { keys, owner, endsAtUnixSeconds, once } = credential;
	if (endsAtUnixSeconds !== null && endsAtUnixSeconds <= unixSeconds) return null;
	const usedBy = once ? state.used.userOf(username) : undefined;
	if (usedBy !== undefined && usedBy !== tuple) return null;
	const users = keys.map((key) => ({ username, key, owner, endsAtUnixSeconds, once }));
	return { users, spent: usedBy !== undefined };
}

/** What means something here, and what is known and passed over where it means nothing (RFC 3489 §8.1). */
const UNDERSTOOD: ReadonlyMap<number, StunAttributeName> = new Map(
	(
		[
			"mappedAddress",
			"responseAddress",
			"changeRequest",
			"sourceAddress",
			"changedAddress",
			"username",
			"password",
			"messageIntegrity",
			"errorCode",
			"unknownAttributes",
			"reflectedFrom",
			"transportPreferences",
			"lifetime",
			"earlyAlternateServer",
			"magicCookie",
			"bandwidth",
			"moreAvailable",
			"realm",
			"nonce",
		] as const
	).map((name) => [STUN_ATTRIBUTES[name].type, name]),
);

/** Types of 420 that are named at most, so that the answer stays short. */
const MOST_UNKNOWN = 8;

/** 420 with types; 400 for one that is known and whose bytes do not fit. Null: nothing is wrong. */
function attributeFault(message: StunMessage, key: HmacKey): Refused | null {
	const unknown = new Set<number>();
	let isMalformed = false;
	for (const { name, type, protected: counts } of message.attributes) {
		if (!counts || !isComprehensionRequired(type)) continue;
		const meant = UNDERSTOOD.get(type);
		if (meant === undefined) unknown.add(type);
		// Bytes that do not fit may fit what later messages have on the number: TRANSPORT-PREFERENCES and CHANNEL-NUMBER.
		else if (name !== meant) isMalformed = true;
	}
	if (unknown.size > 0) return { code: 420, unknown: [...unknown].slice(0, MOST_UNKNOWN), key };
	return isMalformed ? { code: 400, unknown: [], key } : null;
}
