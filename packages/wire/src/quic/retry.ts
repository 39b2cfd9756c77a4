import { concatBytes, encodeUint, equalBytes } from "../bytes.ts";
import type { CryptoPort } from "../crypto.ts";
import { encodeConnectionIds } from "./initial.ts";
import { type QuicRetryPacket, RETRY_TAG_LENGTH } from "./packet.ts";
import { requireVersion } from "./version.ts";

/**
 * Whether a Retry's integrity tag is right (RFC 9001 §5.8). `originalDcid` is the Destination Connection ID of the
 * Initial that it answers: nobody who has not seen that can make the tag.
 */
export function verifyQuicRetry(packet: QuicRetryPacket, originalDcid: Uint8Array, crypto: CryptoPort): boolean {
	const before = packet.bytes.subarray(0, packet.bytes.length - RETRY_TAG_LENGTH);
	return equalBytes(packet.integrityTag, integrityTag(packet.version, before, originalDcid, crypto));
}

/** What `encodeQuicRetry` is told. */
export interface QuicRetryFields {
	readonly version: number;
	readonly dcid: Uint8Array;
	readonly scid: Uint8Array;
	readonly token: Uint8Array;
	readonly originalDcid: Uint8Array;
	/** The four bits that nobody uses; all ones by default. */
	readonly unused?: number;
}

/** A Retry with its integrity tag (RFC 9000 §17.2.5). */
export function encodeQuicRetry(fields: QuicRetryFields, crypto: CryptoPort): Uint8Array {
	const { version, dcid, scid, token, originalDcid, unused = 0xf } = fields;
	const type = requireVersion(version).longTypes.indexOf("retry");
	const first = Uint8Array.of(0xc0 | (type << 4) | unused);
	const before = concatBytes([first, encodeConnectionIds(version, dcid, scid), token]);
	return concatBytes([before, integrityTag(version, before, originalDcid, crypto)]);
}

/** The tag of an empty plaintext, over the Retry with the original connection ID before it (RFC 9001 §5.8). */
function integrityTag(version: number, retry: Uint8Array, originalDcid: Uint8Array, crypto: CryptoPort): Uint8Array {
	const { retryKey, retryNonce } = requireVersion(version);
	const length = encodeUint("original DCID length", originalDcid.length, 1);
	const pseudoPacket = concatBytes([length, originalDcid, retry]);
	return crypto.aes128GcmSeal(retryKey, retryNonce, pseudoPacket, new Uint8Array(0));
}

/** A Version Negotiation packet (RFC 9000 §17.2.1); its connection IDs are those of the client's packet, exchanged. */
export function encodeQuicVersionNegotiation(fields: {
	readonly dcid: Uint8Array;
	readonly scid: Uint8Array;
	readonly versions: readonly number[];
}): Uint8Array {
	const versions = fields.versions.map((version) => encodeUint("version", version, 4));
	return concatBytes([Uint8Array.of(0xc0), encodeConnectionIds(0, fields.dcid, fields.scid), ...versions]);
}
