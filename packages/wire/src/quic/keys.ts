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
	const { initialSalt, labelPrefix } = requireVersion(version);
	const secret = crypto.hmacSha256(initialSalt, dcid);
	return {
		client: deriveQuicKeys(expandLabel(secret, "client in", 32, crypto), labelPrefix, crypto),
		server: deriveQuicKeys(expandLabel(secret, "server in", 32, crypto), labelPrefix, crypto),
	};
}

function deriveQuicKeys(secret: Uint8Array, prefix: string, crypto: CryptoPort): QuicKeys {
	return {
		key: expandLabel(secret, `${prefix}key`, 16, crypto),
		iv: expandLabel(secret, `${prefix}iv`, 12, crypto),
		headerProtection: expandLabel(secret, `${prefix}hp`, 16, crypto),
	};
}

/** HKDF-Expand-Label without context (RFC 8446 §7.1), for at most one digest, 32 bytes. */
function expandLabel(secret: Uint8Array, label: string, length: number, crypto: CryptoPort): Uint8Array {
	const name = encodeUtf8(`tls13 ${label}`);
	const info = concatBytes([encodeUint("length", length, 2), Uint8Array.of(name.length), name, Uint8Array.of(0)]);
	// HKDF-Expand (RFC 5869 §2.3): the first block is the HMAC over info and the counter 1.
	return crypto.hmacSha256(secret, concatBytes([info, Uint8Array.of(1)])).slice(0, length);
}
