/** The response to a challenge (RFC 7616 §3.4.1). */
import { digestHash } from "./algorithms.ts";
import { type DigestCredentials, formatNonceCount } from "./credentials.ts";

/** What a response is made from. */
export interface DigestIngredients extends Omit<DigestCredentials, "response" | "opaque"> {
	readonly password: string;
	readonly method: string;
	/** Counts with `auth-int` alone. */
	readonly body: Uint8Array;
}

/** Hexadecimal digits in small letters. */
export function digestResponse(from: DigestIngredients): string {
	const { algorithm, username, realm, password, nonce, uri, method, counted } = from;
	const hash = (text: string | Uint8Array) => digestHash(algorithm, text);
	const secret = hash(`${username}:${realm}:${password}`);
	const first = algorithm.endsWith("-sess") ? hash(`${secret}:${nonce}:${counted?.cnonce ?? ""}`) : secret;
	const behind = counted?.protection === "auth-int" ? `:${hash(from.body)}` : "";
	const second = hash(`${method}:${uri}${behind}`);
	if (counted === null) return hash(`${first}:${nonce}:${second}`);
	const { count, cnonce, protection } = counted;
	return hash([first, nonce, formatNonceCount(count), cnonce, protection, second].join(":"));
}
