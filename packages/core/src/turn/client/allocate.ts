import {
	addressFamily,
	attributeOf,
	mappedAddressOf,
	STUN_ATTRIBUTES,
	type StunAddress,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { TURN_LIFETIMES, TURN_TRANSPORTS } from "../lifetimes.ts";
import type { TurnAllocated, TurnAllocationOptions, TurnClientConfig } from "./client-io.ts";
import type { RefusedEnd } from "./requests.ts";

/** What a server is asked for, less what it has turned out not to know or not to allow. */
export interface Wish extends TurnAllocationOptions {
	readonly dontFragment: boolean;
	readonly mobility: boolean;
}

/** The wish of a configuration. Throws RangeError for what contradicts itself (RFC 8656 §7.1, RFC 6062 §4.1). */
export function wishOf({ allocation = {}, leg = "udp" }: TurnClientConfig): Wish {
	const { transport = "udp", family, evenPort, reservationToken, dontFragment = false, lifetimeSeconds } = allocation;
	if (transport === "tcp" && leg !== "tcp" && leg !== "tls")
		throw new RangeError(`a TCP allocation needs a leg over TCP or TLS, not ${leg}`);
	if (transport === "tcp" && (evenPort !== undefined || reservationToken !== undefined || dontFragment))
		throw new RangeError("a TCP allocation has neither even ports nor tokens nor DF");
	if (reservationToken !== undefined && (evenPort !== undefined || family !== undefined))
		throw new RangeError("a token already says which port, of which family");
	if (reservationToken !== undefined && reservationToken.length !== 8)
		throw new RangeError(`a token has 8 bytes, not ${reservationToken.length}`);
	if (evenPort === "pair" && family === "both") throw new RangeError("a pair of ports has one family");
	if (lifetimeSeconds !== undefined && !(Number.isInteger(lifetimeSeconds) && lifetimeSeconds > 0))
		throw new RangeError(`a lifetime is a whole number of seconds from 1 on, not ${lifetimeSeconds}`);
	return { ...allocation, dontFragment, mobility: allocation.mobility ?? false };
}

/** Less than was wished for, where the rest is of use by itself; null: there is nothing less. */
export function lesserWish(wish: Wish, { why, unknownAttributes }: RefusedEnd): Wish | null {
	if (why === "mobilityForbidden" && wish.mobility) return { ...wish, mobility: false };
	const noFragment = why === "unsupportedAttributes" && unknownAttributes.includes(STUN_ATTRIBUTES.dontFragment.type);
	return noFragment && wish.dontFragment ? { ...wish, dontFragment: false } : null;
}

/** What an Allocate request says (RFC 8656 §7.1). */
export function allocateItems(wish: Wish): readonly StunItem[] {
	const { transport = "udp", family, evenPort, reservationToken, lifetimeSeconds } = wish;
	const items: StunItem[] = [{ name: "requestedTransport", value: TURN_TRANSPORTS[transport] }];
	if (lifetimeSeconds !== undefined) items.push({ name: "lifetime", value: lifetimeSeconds });
	// Deviation: coturn knows it by the number that it had in drafts alone; others pass over the second.
	if (family === "both") {
		items.push({ name: "additionalAddressFamily", value: 6 }, { name: "draftAdditionalAddressFamily", value: 6 });
	}
	if (family === 4 || family === 6) items.push({ name: "requestedAddressFamily", value: family });
	if (evenPort !== undefined) items.push({ name: "evenPort", value: evenPort === "pair" });
	if (reservationToken !== undefined) items.push({ name: "reservationToken", value: reservationToken });
	if (wish.dontFragment) items.push({ name: "dontFragment", value: true });
	if (wish.mobility) items.push({ name: "mobilityTicket", value: new Uint8Array(0) });
	return items;
}

/**
 * What a success response gives; null where it lacks what it must hold or gives what was not asked for (RFC 8656 §7.3).
 * Deviation: one without LIFETIME has the one that was asked for, or the default.
 */
export function allocatedOf(
	message: StunMessage,
	wish: Wish,
	server: StunAddress,
	rttNs: number | null,
): TurnAllocated | null {
	const relayed = relayedAddresses(message);
	const lifetimeSeconds = attributeOf(message, "lifetime") ?? wish.lifetimeSeconds ?? TURN_LIFETIMES.allocationSeconds;
	if (!fits(relayed, wish.family) || lifetimeSeconds === 0) return null;
	const ticket = attributeOf(message, "mobilityTicket");
	return {
		relayed,
		mapped: mappedAddressOf(message),
		lifetimeSeconds,
		server,
		addressError: attributeOf(message, "addressErrorCode") ?? null,
		reservationToken: attributeOf(message, "reservationToken")?.slice() ?? null,
		mobile: wish.mobility && ticket !== undefined && ticket.length > 0,
		dontFragment: wish.dontFragment,
		software: attributeOf(message, "software") ?? null,
		integrity: integrityOf(message),
		rttNs,
	};
}

/** Before its end an allocation is refreshed, time enough for a whole transaction and half of another. */
const REFRESHED_BEFORE = 60 * SECOND;

/** Lifetimes are believed up to a day: whatever a server says, it hears of us that often. */
const LONGEST_SECONDS = 86_400;

/** How long an allocation lasts, and after what time it is to be refreshed, in nanoseconds. */
export function timesOf(lifetimeSeconds: number): { readonly expiresAfter: Instant; readonly refreshedAfter: Instant } {
	const expiresAfter = Math.min(lifetimeSeconds, LONGEST_SECONDS) * SECOND;
	const isShort = expiresAfter <= 2 * REFRESHED_BEFORE;
	return { expiresAfter, refreshedAfter: isShort ? expiresAfter / 2 : expiresAfter - REFRESHED_BEFORE };
}

function integrityOf(message: StunMessage): TurnAllocated["integrity"] {
	if (attributeOf(message, "messageIntegritySha256") !== undefined) return "sha256";
	return attributeOf(message, "messageIntegrity") === undefined ? null : "sha1";
}

/** Those before the integrity attribute: the others count for nothing. */
function relayedAddresses(message: StunMessage): readonly StunAddress[] {
	const addresses: StunAddress[] = [];
	for (const attribute of message.attributes) {
		if (attribute.name === "messageIntegrity" || attribute.name === "messageIntegritySha256") break;
		if (attribute.name === "xorRelayedAddress") addresses.push(attribute.value);
	}
	return addresses;
}

/** One address of the family asked for; for both, one of each or one alone. Without a wish a server may give any. */
function fits(relayed: readonly StunAddress[], family: Wish["family"]): boolean {
	const families = relayed.map(({ address }) => addressFamily(address));
	if (relayed.some(({ port }) => port === 0)) return false;
	if (family === "both")
		return families.length > 0 && families.length < 3 && new Set(families).size === families.length;
	return families.length === 1 && (family === undefined || families[0] === family);
}
