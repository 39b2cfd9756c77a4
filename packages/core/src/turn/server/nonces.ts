import {
	encodeNonceFeatures,
	formatBase64,
	HmacKey,
	hmacSha256,
	type StunAddress,
	type StunSecurityFeatures,
} from "@whither/wire";

/** How long a nonce is good for at most (RFC 8489 §9.2 asks for a bound; RFC 8656 §5 for an hour). */
export const LONGEST_NONCE_SECONDS = 3600;

/** Bytes of the digest that a nonce shows: more than anybody guesses. */
const DIGEST_LENGTH = 12;

/** Seconds in base 36. */
const TIME = /^[0-9a-z]+$/;

/**
 * Nonces that need no memory: what the server can, when it was made, and a digest of that, of the client's address and
 * port and of the algorithms offered, under our secret: with another offer they are stale. Nobody else can make one, and
 * nobody at another address can use one (RFC 8489 §9.2).
 */
export class Nonces {
	readonly #key: HmacKey;
	readonly #features: string;
	/** What a nonce does not say, but speaks for. */
	readonly #unsaid: string;
	readonly #lifetimeSeconds: number;

	constructor(
		secret: Uint8Array,
		features: StunSecurityFeatures & { readonly algorithms: readonly string[] },
		lifetimeSeconds: number,
	) {
		this.#key = new HmacKey(secret);
		this.#features = encodeNonceFeatures(features);
		this.#unsaid = features.algorithms.join(" ");
		this.#lifetimeSeconds = Math.min(lifetimeSeconds, LONGEST_NONCE_SECONDS);
	}

	/** A new one for a client; `unixSeconds`: whole seconds. */
	make(client: StunAddress, unixSeconds: number): string {
		return this.#written(client, unixSeconds.toString(36));
	}

	/** Whether this is one of ours for this client and not too old; what cannot be so is found out before any hashing. */
	isValid(nonce: string, client: StunAddress, unixSeconds: number): boolean {
		const from = this.#features.length;
		const end = nonce.indexOf(".", from);
		if (end < 0 || end - from > 11 || !nonce.startsWith(this.#features)) return false;
		const time = nonce.slice(from, end);
		const age = TIME.test(time) ? unixSeconds - Number.parseInt(time, 36) : -1;
		if (age < 0 || age > this.#lifetimeSeconds) return false;
		return sameText(nonce, this.#written(client, time));
	}

	#written({ address, port }: StunAddress, time: string): string {
		const text = `${this.#features}${time}.`;
		const digest = hmacSha256(this.#key, asciiBytes(`${text}${address} ${port} ${this.#unsaid}`));
		return text + formatBase64(digest.subarray(0, DIGEST_LENGTH));
	}
}

function asciiBytes(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
	return bytes;
}

/** Compares texts in a time that depends on their length alone. */
export function sameText(one: string, other: string): boolean {
	let difference = one.length ^ other.length;
	for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
	return difference === 0;
}
