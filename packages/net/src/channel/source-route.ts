/**
 * Source routes (-g): packets go by way of given addresses. IPv4 has the Loose Source Route option (RFC 791 section 3.1),
 * IPv6 the segment routing header (RFC 8754): type 0 is forbidden since RFC 5095, and type 2 reaches a mobile node's home
 * address and nothing else. The kernel puts the first gateway into the header and the target at the route's end.
 */
import type { Family, Reply } from "@whither/core";
import { encodeIpv4Options, parseAddress } from "@whither/wire";
import { IP_OPTIONS, IPV6_RTHDR, SOL_IP, SOL_IPV6 } from "../native/constants.ts";
import type { SocketOption } from "../native/socket.ts";

/** A target and the gateways before it. */
export interface SourceRoute {
	readonly family: Family;
	readonly target: string;
	/** Numeric addresses, in the order in which packets pass them. */
	readonly gateways: readonly string[];
}

/** IANA IPv6 Routing Types: segment routing header. */
const SEGMENT_ROUTING = 4;
const ADDRESS_BYTES = 16;
/** The first address's place, counted from 1, in the option (RFC 791). */
const FIRST_POINTER = 4;

/** Where packets go first. */
export function firstStop({ target, gateways }: SourceRoute): string {
	return gateways[0] ?? target;
}

/** The option that puts the route into every packet; none without gateways. */
export function sourceRouteOptions({ family, gateways }: SourceRoute): readonly SocketOption[] {
	if (gateways.length === 0) return [];
	return family === 4
		? [{ label: "IP_OPTIONS", level: SOL_IP, name: IP_OPTIONS, value: looseRoute(gateways) }]
		: [{ label: "IPV6_RTHDR", level: SOL_IPV6, name: IPV6_RTHDR, value: segmentHeader(gateways) }];
}

function looseRoute(addresses: readonly string[]): Uint8Array {
	return encodeIpv4Options([{ name: "looseSourceRoute", kind: 131, value: { pointer: FIRST_POINTER, addresses } }]);
}

/**
 * RFC 8754 section 2, segments in reverse; the kernel fills in the first of them, the target.
 *
 *     next header (8), length in units of 8 bytes less one (8), type 4, segments left (8), last entry (8), flags (8), tag (16)
 */
function segmentHeader(gateways: readonly string[]): Uint8Array {
	const count = gateways.length;
	const bytes = new Uint8Array(8 + ADDRESS_BYTES * (count + 1));
	bytes.set([0, (count + 1) * 2, SEGMENT_ROUTING, count, count]);
	for (const [index, gateway] of gateways.entries()) {
		const address = parseAddress(gateway);
		if (address instanceof Uint8Array) bytes.set(address, 8 + ADDRESS_BYTES * (count - index));
	}
	return bytes;
}

/** What a router between two gateways quotes was on its way to the next of them: to a method it went to the target. */
export function withFinalDestination(reply: Reply, { target, gateways }: SourceRoute): Reply {
	if (reply.type !== "icmpError" || !gateways.includes(reply.quoted.destination)) return reply;
	return { ...reply, quoted: { ...reply.quoted, destination: target } };
}
