import { isDecodeError } from "../error.ts";
import { uintAt } from "./attribute-row.ts";
import { STUN_ATTRIBUTES } from "./attributes.ts";
import type { StunNetworkStatus } from "./attributes-discuss.ts";
import { fingerprintOf, hasFingerprint } from "./integrity.ts";
import {
	attributeOf,
	decodeStun,
	findAttribute,
	findTrailing,
	type StunMessage,
	trailingAttributeOf,
} from "./message.ts";

/** What a router knows of itself. */
export interface RouterStatus {
	readonly congested: boolean;
	/** In the direction that the packet travels, kbit/s; 0: unknown. */
	readonly upKbps: number;
	/** Against that direction. */
	readonly downKbps: number;
}

const CONGESTED = 0x80;

/**
 * Adds a router's word to the NETWORK-STATUS that a message offers for it, in place (draft-martinsen-tram-discuss-02): the
 * node count goes up to 255 at most, congestion is only ever switched on, and a fingerprint is mended. Deviation: the draft
 * does not say how bandwidths are written; they only fall, and 0 stands for none said. The caller mends the UDP checksum. False, and nothing changed: no STUN message with a
 * cookie, none offered behind the integrity attributes, or a fingerprint that was wrong before.
 */
export function rewriteNetworkStatus(bytes: Uint8Array, router: RouterStatus): boolean {
	const message = decodeStun(bytes);
	if (isDecodeError(message) || message.classic) return false;
	const place = findTrailing(bytes, STUN_ATTRIBUTES.networkStatus.type);
	if (place === null || place.end - place.value !== 8) return false;
	const fingerprint = findAttribute(bytes, STUN_ATTRIBUTES.fingerprint.type);
	if (fingerprint !== null && !hasFingerprint(bytes)) return false;
	const at = place.value;
	if (router.congested) bytes[at] = (bytes[at] ?? 0) | CONGESTED;
	bytes[at + 1] = Math.min((bytes[at + 1] ?? 0) + 1, 255);
	lower(bytes, at + 4, router.upKbps);
	lower(bytes, at + 6, router.downKbps);
	if (fingerprint !== null) {
		const value = fingerprintOf(bytes, fingerprint.offset);
		for (let index = 0; index < 4; index++) bytes[fingerprint.value + index] = value >>> (24 - 8 * index);
	}
	return true;
}

/** The lower of the bandwidth at `offset` and this one, where both are known. */
function lower(bytes: Uint8Array, offset: number, kbps: number): void {
	const known = Math.min(Math.max(Math.round(kbps), 0), 0xffff);
	const before = uintAt(bytes, offset, 2);
	if (known === 0 || (before !== 0 && before <= known)) return;
	bytes[offset] = known >>> 8;
	bytes[offset + 1] = known;
}

/**
 * What a response says of both ways (draft-martinsen-tram-discuss-02): of the way of the request, which the responder
 * copied (protected where the response has an integrity attribute), and of its own way back. A hint: routers cannot sign.
 */
export function networkStatusOf(response: StunMessage): {
	readonly upstream: StunNetworkStatus | null;
	readonly downstream: StunNetworkStatus | null;
} {
	const all = response.attributes.filter((attribute) => attribute.name === "networkStatus");
	const downstream = trailingAttributeOf(response, "networkStatus") ?? null;
	const upstream = attributeOf(response, "networkStatus") ?? null;
	const copied = all.some((attribute) => attribute.protected) || all.length > 1;
	return { upstream: copied ? upstream : null, downstream };
}
