import { HmacKey, longTermKey, opaqueString, userHash } from "@whither/wire";
import { restExpirySeconds, restPassword, restSecret } from "../rest-credentials.ts";

/** Who may use the relay. */
export interface TurnUsers {
	/** Long-term credentials. */
	readonly passwords?: readonly { readonly username: string; readonly password: string }[];
	/** Long-term credentials whose passwords nobody here knows. */
	readonly keys?: readonly TurnUserKey[];
	/**
	 * Secrets of REST credentials (draft-uberti-behave-turn-rest-00): the username is `UNIX-SECONDS:ID`, until when it is
	 * good, and the password base64 of its HMAC-SHA1. Several, so that one can follow another.
	 */
	readonly restSecrets?: readonly string[];
}

/** The two ways to make a key of a password (RFC 8489 §18.5). */
export type PasswordAlgorithm = "md5" | "sha256";

/**
 * A user by one key of their password, which is for this server's realm: MD5 (16 bytes) or SHA-256 (32) of
 * `username:realm:password` (RFC 8489 §18.5.1). With a key of each a user may have two entries.
 */
export interface TurnUserKey {
	readonly username: string;
	readonly algorithm: PasswordAlgorithm;
	readonly key: Uint8Array;
}

/** A user who may be who they say they are: their keys are to be tried. */
export interface TurnUser {
	/** Whose quota it counts to: the ID of REST credentials, else the username. */
	readonly owner: string;
	/** Keys to try, the likeliest first. */
	readonly keys: readonly HmacKey[];
	/** When the credential ends, in Unix seconds; null: never. */
	readonly endsAtUnixSeconds: number | null;
}

/** The users of a realm, as they are until others are handed in. */
export class UserTable {
	readonly #realm: string;
	readonly #passwords = new Map<string, string>();
	/** By algorithm and name: those that were given, and those that were made of passwords. */
	readonly #keys = new Map<string, HmacKey>();
	readonly #byHash = new Map<string, string>();
	readonly #secrets: readonly HmacKey[];
	/** Algorithms for which some user has no key and no password to make it of. */
	readonly #missing: ReadonlySet<PasswordAlgorithm>;

	constructor({ passwords = [], keys = [], restSecrets = [] }: TurnUsers, realm: string) {
		this.#realm = realm;
		for (const { username, password } of passwords) {
			this.#passwords.set(opaqueString(username), password);
			this.#name(username);
		}
		for (const { username, algorithm, key } of keys) {
			this.#keys.set(keyName(opaqueString(username), algorithm), new HmacKey(key));
			this.#name(username);
		}
		this.#secrets = restSecrets.map(restSecret);
		const known = (username: string, algorithm: PasswordAlgorithm) =>
			this.#passwords.has(username) || this.#keys.has(keyName(username, algorithm));
		const names = [...new Set(keys.map(({ username }) => opaqueString(username)))];
		this.#missing = new Set(ALGORITHMS.filter((algorithm) => names.some((name) => !known(name, algorithm))));
	}

	#name(username: string): void {
		this.#byHash.set(hashText(userHash(username, this.#realm)), opaqueString(username));
	}

	/**
	 * Those of the algorithms that every user has a key for: a client takes the first of them that it knows, and is not
	 * heard if its user has none. All of them where no algorithm will do for everybody.
	 */
	usable(algorithms: readonly PasswordAlgorithm[]): readonly PasswordAlgorithm[] {
		const fit = algorithms.filter((algorithm) => !this.#missing.has(algorithm));
		return fit.length > 0 ? fit : algorithms;
	}

	/** Whether every user can be found by a hash: not those of REST credentials, whose names nobody knows before. */
	get canHideNames(): boolean {
		return this.#secrets.length === 0;
	}

	/** The name behind a USERHASH (RFC 8489 §14.4); undefined: nobody's. */
	nameOfHash(hash: Uint8Array): string | undefined {
		return this.#byHash.get(hashText(hash));
	}

	/** Undefined: there is no such user, or none with such a key. */
	find(username: string, algorithm: PasswordAlgorithm): TurnUser | undefined {
		const name = opaqueString(username);
		const kept = this.#keptKey(name, algorithm);
		if (kept !== undefined) return { owner: name, keys: [kept], endsAtUnixSeconds: null };
		const endsAtUnixSeconds = this.#secrets.length > 0 ? restExpirySeconds(username) : null;
		if (endsAtUnixSeconds === null) return undefined;
		const keys = this.#secrets.map((secret) => {
			const password = restPassword(secret, username);
			return longTermKey({ username, realm: this.#realm, password, algorithm });
		});
		const id = username.slice(username.indexOf(":") + 1);
		return { owner: username.includes(":") && id !== "" ? id : username, keys, endsAtUnixSeconds };
	}

	/** Keys cost hashing, and remember more of it: one for each user and algorithm that has been used. */
	#keptKey(name: string, algorithm: PasswordAlgorithm): HmacKey | undefined {
		const known = this.#keys.get(keyName(name, algorithm));
		const password = this.#passwords.get(name);
		if (known !== undefined || password === undefined) return known;
		const key = longTermKey({ username: name, realm: this.#realm, password, algorithm });
		this.#keys.set(keyName(name, algorithm), key);
		return key;
	}
}

const ALGORITHMS: readonly PasswordAlgorithm[] = ["sha256", "md5"];

function keyName(username: string, algorithm: PasswordAlgorithm): string {
	return `${algorithm} ${username}`;
}

function hashText(hash: Uint8Array): string {
	return String.fromCharCode(...hash);
}
