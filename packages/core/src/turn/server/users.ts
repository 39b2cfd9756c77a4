import { encodeUtf8, formatBase64, HmacKey, hmacSha1, longTermKey, opaqueString, userHash } from "@whither/wire";

/** Who may use the relay. */
export interface TurnUsers {
	/** Long-term credentials. */
	readonly passwords?: readonly { readonly username: string; readonly password: string }[];
	/**
	 * Secrets of REST credentials (draft-uberti-behave-turn-rest-00): the username is `UNIX-SECONDS:ID`, until when it is
	 * good, and the password base64 of its HMAC-SHA1. Several, so that one can follow another.
	 */
	readonly restSecrets?: readonly string[];
}

/** The two ways to make a key of a password (RFC 8489 §18.5). */
export type PasswordAlgorithm = "md5" | "sha256";

/** A user who may be who they say they are: their keys are to be tried. */
export interface TurnUser {
	/** Whose quota it counts to: the ID of REST credentials, else the username. */
	readonly owner: string;
	/** Keys to try, the likeliest first. */
	readonly keys: readonly HmacKey[];
	/** When the credential ends, in Unix seconds; null: never. */
	readonly endsAtUnixSeconds: number | null;
}

const REST_USERNAME = /^(\d{1,12})(?::(.*))?$/s;

/** The users of a realm, as they are until others are handed in. */
export class UserTable {
	readonly #realm: string;
	readonly #passwords = new Map<string, string>();
	readonly #keys = new Map<string, HmacKey>();
	readonly #byHash = new Map<string, string>();
	readonly #secrets: readonly HmacKey[];

	constructor({ passwords = [], restSecrets = [] }: TurnUsers, realm: string) {
		this.#realm = realm;
		for (const { username, password } of passwords) {
			this.#passwords.set(opaqueString(username), password);
			this.#byHash.set(hashText(userHash(username, realm)), opaqueString(username));
		}
		this.#secrets = restSecrets.map((secret) => new HmacKey(encodeUtf8(secret)));
	}

	/** Whether every user can be found by a hash: not those of REST credentials, whose names nobody knows before. */
	get canHideNames(): boolean {
		return this.#secrets.length === 0;
	}

	/** The name behind a USERHASH (RFC 8489 §14.4); undefined: nobody's. */
	nameOfHash(hash: Uint8Array): string | undefined {
		return this.#byHash.get(hashText(hash));
	}

	/** Undefined: there is no such user. */
	find(username: string, algorithm: PasswordAlgorithm): TurnUser | undefined {
		const name = opaqueString(username);
		const password = this.#passwords.get(name);
		if (password !== undefined)
			return { owner: name, keys: [this.#keptKey(name, password, algorithm)], endsAtUnixSeconds: null };
		const [, time, id] = (this.#secrets.length > 0 && REST_USERNAME.exec(username)) || [];
		if (time === undefined) return undefined;
		const keys = this.#secrets.map((secret) => {
			const restPassword = formatBase64(hmacSha1(secret, encodeUtf8(username)));
			return longTermKey({ username, realm: this.#realm, password: restPassword, algorithm });
		});
		return { owner: id === undefined || id === "" ? username : id, keys, endsAtUnixSeconds: Number(time) };
	}

	/** Keys cost hashing, and remember more of it: one for each user and algorithm that has been used. */
	#keptKey(username: string, password: string, algorithm: PasswordAlgorithm): HmacKey {
		const name = `${algorithm} ${username}`;
		const known = this.#keys.get(name);
		if (known !== undefined) return known;
		const key = longTermKey({ username, realm: this.#realm, password, algorithm });
		this.#keys.set(name, key);
		return key;
	}
}

function hashText(hash: Uint8Array): string {
	return String.fromCharCode(...hash);
}
