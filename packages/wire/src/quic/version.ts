import { parseHex } from "../hex.ts";

/** The packets with a long header that versions 1 and 2 have, but for Version Negotiation (RFC 9000 §17.2). */
export type QuicLongType = "initial" | "zeroRtt" | "handshake" | "retry";

/** What tells one version from another: one row a version. */
export interface QuicVersionRow {
	readonly version: number;
	/** The two type bits of a long header, by their value. */
	readonly longTypes: readonly [QuicLongType, QuicLongType, QuicLongType, QuicLongType];
	/** Salt of the Initial secret (RFC 9001 §5.2). */
	readonly initialSalt: Uint8Array;
	/** What the labels of keys begin with (RFC 9001 §5.1). */
	readonly labelPrefix: string;
	/** Key and nonce of the Retry Integrity Tag (RFC 9001 §5.8). */
	readonly retryKey: Uint8Array;
	readonly retryNonce: Uint8Array;
}

/** Version 1 (RFC 9000 §15). */
export const QUIC_V1 = 0x00000001;
/** Version 2 (RFC 9369 §3.1). */
export const QUIC_V2 = 0x6b3343cf;

/** The versions whose Initials we can read and write (RFC 9001 §5.2, §5.8; RFC 9369 §3). */
export const QUIC_VERSIONS = {
	v1: {
		version: QUIC_V1,
		longTypes: ["initial", "zeroRtt", "handshake", "retry"],
		initialSalt: parseHex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
		labelPrefix: "quic ",
		retryKey: parseHex("be0c690b9f66575a1d766b54e368c84e"),
		retryNonce: parseHex("461599d35d632bf2239825bb"),
	},
	v2: {
		version: QUIC_V2,
		longTypes: ["retry", "initial", "zeroRtt", "handshake"],
		initialSalt: parseHex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
		labelPrefix: "quicv2 ",
		retryKey: parseHex("8fb4b01b56ac48e260fbcbcead7ccc92"),
		retryNonce: parseHex("d86969bc2d7c6d9990efb04a"),
	},
} as const satisfies Readonly<Record<string, QuicVersionRow>>;

/** A version's row; undefined for a version that we do not know. */
export function quicVersionRow(version: number): QuicVersionRow | undefined {
	return Object.values(QUIC_VERSIONS).find((row) => row.version === version);
}

/** A version's row for our own packets; throws RangeError for a version that we do not know. */
export function requireVersion(version: number): QuicVersionRow {
	const row = quicVersionRow(version);
	if (row === undefined) throw new RangeError(`not a QUIC version that we know: 0x${version.toString(16)}`);
	return row;
}

/** `v1`, `v2`, or the number as 0x and eight digits; the reserved pattern 0x?a?a?a?a is marked (RFC 9000 §15). */
export function quicVersionName(version: number): string {
	if (version === QUIC_V1) return "v1";
	if (version === QUIC_V2) return "v2";
	const digits = `0x${version.toString(16).padStart(8, "0")}`;
	return isReservedQuicVersion(version) ? `${digits} (reserved)` : digits;
}

/** Whether a version is of the pattern that exists to force version negotiation (RFC 9000 §15). */
export function isReservedQuicVersion(version: number): boolean {
	return ((version & 0x0f0f0f0f) ^ 0x0a0a0a0a) === 0;
}
