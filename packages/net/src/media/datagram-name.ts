/**
 * What a datagram is known by again: in an echo, in the answer of a STUN server, and in what an ICMP error quotes of it.
 * On a socket that carries media beside probes this alone decides whose each is.
 */
import { classifyPacket, STUN_COOKIE } from "@whither/wire";

const STUN_HEADER_BYTES = 20;
/** As many as every probe differs in. */
const NAMED_BYTES = 8;

/**
 * The transaction id of a STUN message, which its response has as well (RFC 8489 section 5), the first eight bytes of
 * anything else; null: too short, or the zeros that a short quote is filled up with (RFC 4884 section 5.1).
 */
export function datagramName(bytes: Uint8Array): string | null {
	if (bytes.length < NAMED_BYTES) return null;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (classifyPacket(bytes) === "stun" && view.getUint32(4) === STUN_COOKIE) {
		if (bytes.length < STUN_HEADER_BYTES) return null;
		return `stun ${view.getUint32(8)} ${view.getUint32(12)} ${view.getUint32(16)}`;
	}
	const [first, second] = [view.getUint32(0), view.getUint32(4)];
	return first === 0 && second === 0 ? null : `${first} ${second}`;
}
