/** SPAKE2 with P-256, SHA-256, HKDF and HMAC (RFC 9382): one key from one password, one guess for whoever has another. Pure. */
import { encodeUtf8, HmacKey, hmacSha256, sha256 } from "@whither/wire";
import { hkdfSha256 } from "./hkdf.ts";
import { P256_BASE, P256Point, p256Scalar, readP256Point } from "./p256.ts";

/** `A` is whoever begins. */
export type Spake2Side = "A" | "B";

/** RFC 9382 §6: nobody knows their logarithms. */
const MASKS: Readonly<Record<Spake2Side, string>> = {
	A: "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f",
	B: "03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49",
};
const NOTHING = new Uint8Array(0);

/** One side of an exchange. */
export interface Spake2Start {
	readonly side: Spake2Side;
	/** The password as a scalar, `w` of the RFC. */
	readonly password: bigint;
	/** Drawn for this exchange alone: 48 random bytes. */
	readonly random: Uint8Array;
}

/** A side that has its share. */
export interface Spake2Exchange {
	readonly side: Spake2Side;
	readonly password: bigint;
	readonly secret: bigint;
	/** What goes to the other side: 33 bytes, a compressed point. */
	readonly share: Uint8Array;
}

/** What both sides know when their passwords are the same. */
export interface Spake2Keys {
	/** `Ke`: 16 bytes. */
	readonly key: Uint8Array;
	/** What proves it to the other side, and what has to come from there: 32 bytes each. */
	readonly confirmation: Uint8Array;
	readonly expected: Uint8Array;
}

/**
 * `w` of a password (RFC 9382 §3.2).
 *
 * Deviation: no memory-hard function. It would protect a password that is used again, against somebody who has got hold of
 * `w`; a code is used once, and whoever holds its `w` sits at one of its ends.
 */
export function spake2Password(password: string): bigint {
	const secret = encodeUtf8(password);
	return p256Scalar(hkdfSha256({ secret, salt: encodeUtf8("whither.meet/1 password"), info: NOTHING, length: 48 }));
}

/** Makes the share (RFC 9382 §3.3). */
export function beginSpake2({ side, password, random }: Spake2Start): Spake2Exchange {
	const secret = p256Scalar(random);
	const share = P256_BASE.multiply(secret).add(maskOf(side).multiply(password)).toBytes(true);
	return { side, password, secret, share };
}

/** The keys from the other side's share, and who both are; null: that share is none. */
export function finishSpake2(
	{ side, password, secret, share }: Spake2Exchange,
	peerShare: Uint8Array,
	identities: Readonly<Record<Spake2Side, string>>,
): Spake2Keys | null {
	const peer = readP256Point(peerShare);
	if (peer === null) return null;
	const unmasked = peer.subtract(maskOf(side === "A" ? "B" : "A").multiply(password));
	if (unmasked.is0()) return null;
	const shares = [whole(P256Point.fromBytes(share)), whole(peer)];
	const [shareA = NOTHING, shareB = NOTHING] = side === "A" ? shares : shares.reverse();
	const shared = whole(unmasked.multiply(secret));
	const names = [encodeUtf8(identities.A), encodeUtf8(identities.B)];
	const transcript = lengthPrefixed([...names, shareA, shareB, shared, scalarBytes(password)]);
	return keysOf(side, transcript);
}

/** RFC 9382 §4: `Ke` and `Ka` are the halves of the transcript's hash, and the keys of confirmation come from `Ka`. */
function keysOf(side: Spake2Side, transcript: Uint8Array): Spake2Keys {
	const hash = sha256(transcript);
	const info = encodeUtf8("ConfirmationKeys");
	const keys = hkdfSha256({ secret: hash.subarray(16), salt: NOTHING, info, length: 32 });
	const [ofA, ofB] = [keys.subarray(0, 16), keys.subarray(16)].map((key) => hmacSha256(new HmacKey(key), transcript));
	const [confirmation = NOTHING, expected = NOTHING] = side === "A" ? [ofA, ofB] : [ofB, ofA];
	return { key: hash.slice(0, 16), confirmation, expected };
}

function maskOf(side: Spake2Side): P256Point {
	return P256Point.fromHex(MASKS[side]);
}

/** Uncompressed, as the transcript has points. */
function whole(point: P256Point): Uint8Array {
	return point.toBytes(false);
}

/** Each with its length before it, in eight bytes, the least first (RFC 9382 §3.3). */
function lengthPrefixed(parts: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + 8 + length, 0));
	const view = new DataView(bytes.buffer);
	let offset = 0;
	for (const part of parts) {
		view.setUint32(offset, part.length, true);
		bytes.set(part, offset + 8);
		offset += 8 + part.length;
	}
	return bytes;
}

/** As long as the order is. */
function scalarBytes(scalar: bigint): Uint8Array {
	const bytes = new Uint8Array(32);
	for (let index = 31, rest = scalar; index >= 0; index--, rest >>= 8n) bytes[index] = Number(rest & 0xffn);
	return bytes;
}
