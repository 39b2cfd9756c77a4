/** How a packet with a source route looks as it leaves: to the first gateway, the rest of the way in its header. */
import { encodeIpv4Options, type Ipv6ExtensionHeader, parseAddress } from "@whither/wire";

/** What a source route changes of an IP header. */
export interface RoutedHeader {
	readonly destination: string;
	/** IPv4: the Loose Source Route option (RFC 791 section 3.1); empty without gateways. */
	readonly options: Uint8Array;
	/** IPv6: the segment routing header (RFC 8754 section 2); none without gateways. */
	readonly extensionHeaders: readonly Ipv6ExtensionHeader[];
}

/** IANA Protocol Numbers: routing header; IPv6 Routing Types: segment routing header. */
const ROUTING_HEADER = 43;
const SEGMENT_ROUTING = 4;
const ADDRESS_BYTES = 16;
const LOOSE_SOURCE_ROUTE = 131;

/** Destination and route of a packet that is to pass the gateways, in order, before the target. */
export function routedHeader(target: string, gateways: readonly string[]): RoutedHeader {
	const [first, ...rest] = [...gateways, target];
	const destination = first ?? target;
	if (gateways.length === 0) return { destination, options: new Uint8Array(0), extensionHeaders: [] };
	if (target.includes(":"))
		return { destination, options: new Uint8Array(0), extensionHeaders: segments(gateways, target) };
	const value = { pointer: 4, addresses: rest };
	const options = encodeIpv4Options([{ name: "looseSourceRoute", kind: LOOSE_SOURCE_ROUTE, value }]);
	return { destination, options, extensionHeaders: [] };
}

/** The segments stand in reverse; `segments left` and `last entry` point at the first. */
function segments(gateways: readonly string[], target: string): readonly Ipv6ExtensionHeader[] {
	const count = gateways.length;
	const bytes = new Uint8Array(8 + ADDRESS_BYTES * (count + 1));
	bytes.set([0, (count + 1) * 2, SEGMENT_ROUTING, count, count]);
	for (const [index, hop] of [target, ...[...gateways].reverse()].entries()) {
		const address = parseAddress(hop);
		if (address instanceof Uint8Array) bytes.set(address, 8 + ADDRESS_BYTES * index);
	}
	return [{ type: ROUTING_HEADER, bytes }];
}
