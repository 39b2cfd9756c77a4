import { concatBytes, encodeUint } from "../bytes.ts";
import type { CryptoPort } from "../crypto.ts";
import { encodeUtf8 } from "../utf8.ts";
import { requireVersion } from "./version.ts";

/** What protects the packets of one direction (RFC 9001 §5.1): 16, 12 and 16 bytes for AEAD_AES_128_GCM. */
export interface QuicKeys {
	readonly key: Uint8Array;
	readonly iv: Uint8Array;
	readonly headerProtection: Uint8Array;
}

/** Both directions of the Initial packets of one connection (RFC 9001 §5.2). */
export interface QuicInitialKeys {
	readonly client: QuicKeys;
	readonly server: QuicKeys;
}

/**
 * The keys of Initial packets (RFC 9001 §5.2, RFC 9369 §3.3). `dcid` is the Destination Connection ID of the client's
 * first Initial, or after a Retry that of the first one behind it. Throws RangeError for an unknown version.
 */
export function deriveInitialKeys(version: number, dcid: Uint8Array, crypto: CryptoPort): QuicInitialKeys {
	const client = deriveSenderKeys(version, dcid, "client", crypto);
	return { client, server: deriveSenderKeys(version, dcid, "server", crypto) };
}

/** The keys of one end's Initial packets, for whoever needs no others: nearly half the work. */
export function deriveSenderKeys(
	version: number,
	dcid: Uint8Array,
	sender: keyof QuicInitialKeys,
	crypto: CryptoPort,
): QuicKeys {
	const { initialSalt, labelPrefix } = requireVersion(version);
	const secret = expandLabel(crypto.hmacSha256(initialSalt, dcid), `${sender} in`, 32, crypto);
	return {
		key: expandLabel(secret, `${labelPrefix}key`, 16, crypto),
		iv: expandLabel(secret, `${labelPrefix}iv`, 12, crypto),
		headerProtection: expandLabel(secret, `${labelPrefix}hp`, 16, crypto),
	};
}

/** HKDF-Expand-Label without context (RFC 8446 §7.1), for at most one digest, 32 bytes. */
function expandLabel(secret: Uint8Array, label: string, length: number, crypto: CryptoPort): Uint8Array {
	return crypto.hmacSha256(secret, expandInput(label, length)).subarray(0, length);
}

const expandInputs = new Map<string, Uint8Array>();

/** What HKDF-Expand hashes (RFC 5869 §2.3): the first block is the HMAC over the label and the counter 1. */
function expandInput(label: string, length: number): Uint8Array {
	const known = expandInputs.get(label);
	if (known !== undefined) return known;
	const name = encodeUtf8(`tls13 ${label}`);
	const size = encodeUint("length", length, 2);
	const input = concatBytes([size, Uint8Array.of(name.length), name, Uint8Array.of(0, 1)]);
	expandInputs.set(label, input);
	return input;
}
