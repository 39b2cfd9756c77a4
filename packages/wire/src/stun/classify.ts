/** What may arrive on one socket beside each other (RFC 7983, RFC 9443). */
export type PacketClass = "stun" | "turnChannel" | "dtls" | "rtp" | "rtcp" | "quic" | "zrtp" | "unknown";

/** First bytes and what they begin, in order (RFC 7983 §7 as updated by RFC 9443 §3). */
const FIRST_BYTES: readonly (readonly [last: number, kind: PacketClass])[] = [
	[3, "stun"],
	[15, "unknown"],
	[19, "zrtp"],
	[63, "dtls"],
	// QUIC may begin so as well; between two ends that use a relay the channel comes first.
	[79, "turnChannel"],
	[127, "quic"],
	[191, "rtp"],
	[255, "quic"],
];

const CLASS_BY_FIRST_BYTE: readonly PacketClass[] = Array.from(
	{ length: 256 },
	(_, byte) => FIRST_BYTES.find(([last]) => byte <= last)?.[1] ?? "unknown",
);

/**
 * What a packet is by its first byte (RTP and RTCP by their second, RFC 5761 §4). That it looks so does not mean that it
 * is so: `decodeStun` and the others say.
 */
export function classifyPacket(bytes: Uint8Array): PacketClass {
	const [first, second = 0] = bytes;
	if (first === undefined) return "unknown";
	const kind = CLASS_BY_FIRST_BYTE[first] ?? "unknown";
	return kind === "rtp" && second >= 192 && second <= 223 ? "rtcp" : kind;
}
