/** The curve of the key exchange. Pure. */
import { weierstrass } from "@noble/curves/abstract/weierstrass.js";

/** P-256's order (SP 800-186 §3.2.1.3). */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

/** One point of it, as far as the key exchange calculates with it. */
export interface P256Point {
	add(other: P256Point): P256Point;
	subtract(other: P256Point): P256Point;
	multiply(scalar: bigint): P256Point;
	equals(other: P256Point): boolean;
	/** It is the one at infinity. */
	is0(): boolean;
	/** 33 bytes compressed, 65 otherwise (SEC 1 §2.3.3). */
	toBytes(compressed: boolean): Uint8Array;
}

/** Where points come from; both throw for bytes that are none. */
interface P256Points {
	readonly BASE: P256Point;
	fromBytes(bytes: Uint8Array): P256Point;
	fromHex(hex: string): P256Point;
}

const curve = weierstrass({
	p: PRIME,
	n: P256_ORDER,
	h: 1n,
	a: PRIME - 3n,
	b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
	Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
	Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
});

/** Its points (SP 800-186 §3.2.1.3). */
export const P256Point: P256Points = curve;

/** The base point, without the tables that `BASE` makes for itself: they take ten times as long as the one use that we have. */
export const P256_BASE: P256Point = curve.fromAffine(curve.BASE.toAffine());

/** The point of compressed bytes, 33 of them; null: they are none, or it is the one at infinity. */
export function readP256Point(bytes: Uint8Array): P256Point | null {
	if (bytes.length !== 33) return null;
	try {
		const point = P256Point.fromBytes(bytes);
		return point.is0() ? null : point;
	} catch {
		return null;
	}
}

/** A number of the field of scalars, none to speak of more likely than another, made of 48 bytes (RFC 9380 §5.3). */
export function p256Scalar(bytes: Uint8Array): bigint {
	if (bytes.length !== 48) throw new RangeError(`48 bytes make a scalar, not ${bytes.length}`);
	let value = 0n;
	for (const byte of bytes) value = (value << 8n) | BigInt(byte);
	const scalar = value % P256_ORDER;
	if (scalar === 0n) throw new RangeError("zero is no scalar to use");
	return scalar;
}
