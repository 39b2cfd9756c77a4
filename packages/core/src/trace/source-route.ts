/** How a packet with a source route looks as it leaves: to the first gateway, the rest of the way in its header. */
import { encodeLooseSourceRoute, encodeSegmentRoutingHeader, type Ipv6ExtensionHeader } from "@whither/wire";

/** What a source route changes of an IP header. */
export interface RoutedHeader {
	readonly destination: string;
	/** IPv4: the Loose Source Route option (RFC 791 section 3.1); empty without gateways. */
	readonly options: Uint8Array;
	/** IPv6: the segment routing header (RFC 8754 section 2); none without gateways. */
	readonly extensionHeaders: readonly Ipv6ExtensionHeader[];
}

const NO_OPTIONS = new Uint8Array(0);

/** Destination and route of a packet that is to pass the gateways, in order, before the target. */
export function routedHeader(target: string, gateways: readonly string[]): RoutedHeader {
	const stops = [...gateways, target];
	const [destination = target, ...rest] = stops;
	if (rest.length === 0) return { destination, options: NO_OPTIONS, extensionHeaders: [] };
	if (target.includes(":")) {
		return { destination, options: NO_OPTIONS, extensionHeaders: [encodeSegmentRoutingHeader(stops)] };
	}
	return { destination, options: encodeLooseSourceRoute(rest), extensionHeaders: [] };
}

/** Bytes that a source route adds to a packet; 0 without gateways. */
export function routeLength(target: string, gateways: readonly string[]): number {
	const { options, extensionHeaders } = routedHeader(target, gateways);
	return extensionHeaders.reduce((sum, { bytes }) => sum + bytes.length, options.length);
}
