/** Who may use an early relay, by where they have their names from. */
import { encodeUtf8, shortTermKey } from "@whither/wire";
import { restExpirySeconds, restPassword, restSecret } from "../rest-credentials.ts";
import type { EarlyRelayUser } from "./client/client-io.ts";
import type { EarlyRelayUsers } from "./server/server-io.ts";

/**
 * A text filled up with spaces to a multiple of four bytes, since RFC 3489 has no padding of its own. Deviation: spaces
 * at the end of a USERNAME or REALM are no part of it.
 */
export function classicText(text: string): string {
	return text + " ".repeat(-encodeUtf8(text).length & 3);
}

/** A user by any name and password, as an Allocate shows them: the name filled up, which its password does not see. */
export function earlyRelayUser({ username, password }: EarlyRelayUser): EarlyRelayUser {
	return { username: classicText(username), password };
}

/** These, for as many bindings as quotas let them have. */
export function fixedRelayUsers(users: readonly EarlyRelayUser[]): EarlyRelayUsers {
	const byName = new Map(
		users.map(({ username, password }) => {
			const owner = username.trimEnd();
			const credential = { keys: [shortTermKey(password)], owner, endsAtUnixSeconds: null, once: false };
			return [owner, credential] as const;
		}),
	);
	return (username) => byName.get(username) ?? null;
}

/**
 * Whoever has time-limited credentials of one of these secrets (draft-uberti-behave-turn-rest-00), as relays of today have
 * them: for as many bindings as quotas let their ID have, until they end. The name is filled up with spaces; the password is
 * that of the name without them.
 */
export function restRelayUsers(secrets: readonly string[]): EarlyRelayUsers {
	const known = secrets.map(restSecret);
	return (username) => {
		const endsAtUnixSeconds = restExpirySeconds(username);
		if (endsAtUnixSeconds === null) return null;
		const id = username.slice(username.indexOf(":") + 1);
		const owner = username.includes(":") && id !== "" ? id : username;
		const keys = known.map((secret) => shortTermKey(restPassword(secret, username)));
		return { keys, owner, endsAtUnixSeconds, once: false };
	};
}

/** The first of several that knows a name. */
export function anyRelayUsers(all: readonly EarlyRelayUsers[]): EarlyRelayUsers {
	return (username, unixSeconds) => {
		for (const users of all) {
			const found = users(username, unixSeconds);
			if (found !== null) return found;
		}
		return null;
	};
}
