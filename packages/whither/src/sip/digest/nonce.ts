/** Nonces that tell their own age: a time and its HMAC, so that a server has to remember none (RFC 7616 §5.4). */
import { encodeUtf8, formatHex, HmacKey, hmacSha256 } from "@whither/wire";

/** Makes nonces and knows them again. */
export interface NonceMint {
	readonly key: HmacKey;
	/** Nonces of one realm are none of another. */
	readonly realm: string;
}

/** `secret`: random bytes, that nobody else has. */
export function openNonceMint(secret: Uint8Array, realm: string): NonceMint {
	return { key: new HmacKey(secret), realm };
}

/** A nonce of this time, in whole seconds of any clock. */
export function makeNonce(mint: NonceMint, atSeconds: number): string {
	const time = atSeconds.toString(16).padStart(8, "0");
	return `${time}.${sealOf(mint, time)}`;
}

/** When a nonce was made; null: not by us. */
export function nonceSeconds(mint: NonceMint, nonce: string): number | null {
	const [, time = "", seal = ""] = /^([0-9a-f]{8,13})\.([0-9a-f]{32})$/.exec(nonce) ?? [];
	return time !== "" && isSame(seal, sealOf(mint, time)) ? Number.parseInt(time, 16) : null;
}

function sealOf({ key, realm }: NonceMint, time: string): string {
	return formatHex(hmacSha256(key, encodeUtf8(`${time} ${realm}`)).subarray(0, 16));
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export function isSame(a: string, b: string): boolean {
	let difference = a.length ^ b.length;
	for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
	return difference === 0;
}
