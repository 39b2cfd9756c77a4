/**
 * Source routes (-g): packets go by way of given addresses. IPv4 has the Loose Source Route option (RFC 791 section 3.1),
 * IPv6 the segment routing header (RFC 8754): type 0 is forbidden since RFC 5095, and type 2 reaches a mobile node's home
 * address and nothing else. The kernel puts the first gateway into the header and the target at the route's end.
 */
import type { Family, Reply } from "@whither/core";
import { encodeLooseSourceRoute, encodeSegmentRoutingHeader } from "@whither/wire";
import { IP_OPTIONS, IPV6_RTHDR, SOL_IP, SOL_IPV6 } from "../native/constants.ts";
import type { SocketOption } from "../native/socket.ts";

/** A target and the gateways before it. */
export interface SourceRoute {
	readonly family: Family;
	readonly target: string;
	/** Numeric addresses, in the order in which packets pass them. */
	readonly gateways: readonly string[];
}

/** Stands at the route's end, where the kernel writes the target. */
const FILLED_IN = "::";

/** Where packets go first. */
export function firstStop({ target, gateways }: SourceRoute): string {
	return gateways[0] ?? target;
}

/** The option that puts the route into every packet; none without gateways. */
export function sourceRouteOptions({ family, gateways }: SourceRoute): readonly SocketOption[] {
	if (gateways.length === 0) return [];
	return family === 4
		? [{ label: "IP_OPTIONS", level: SOL_IP, name: IP_OPTIONS, value: encodeLooseSourceRoute(gateways) }]
		: [{ label: "IPV6_RTHDR", level: SOL_IPV6, name: IPV6_RTHDR, value: segmentHeader(gateways) }];
}

function segmentHeader(gateways: readonly string[]): Uint8Array {
	return encodeSegmentRoutingHeader([...gateways, FILLED_IN]).bytes;
}

/** What a router between two gateways quotes was on its way to the next of them: to a method it went to the target. */
export function withFinalDestination(reply: Reply, { target, gateways }: SourceRoute): Reply {
	if (reply.type !== "icmpError" || !gateways.includes(reply.quoted.destination)) return reply;
	return { ...reply, quoted: { ...reply.quoted, destination: target } };
}
