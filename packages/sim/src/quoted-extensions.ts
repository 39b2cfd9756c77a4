/** The RFC 4884 objects that a router adds to its ICMP errors. */
import { type IcmpExtension, icmpExtension } from "@whither/wire";
import type { ErrorCause } from "./icmp-error.ts";
import type { NodeInterface } from "./node.ts";
import type { MplsLabelSpec, RouterSpec } from "./scenario.ts";
import { interfaceName } from "./topology.ts";

/**
 * Label stack (only where the TTL ran out, RFC 4950 §4), incoming interface and node name, as the router is told. None
 * on Packet Too Big, which cannot carry them (RFC 4884 §4.6).
 */
export function quotedExtensions(
	router: RouterSpec,
	cause: ErrorCause,
	incoming: NodeInterface | undefined,
): readonly IcmpExtension[] {
	const extensions: IcmpExtension[] = [];
	if (cause.what === "tooBig") return extensions;
	if (router.mpls !== undefined && cause.what === "timeExceeded") extensions.push(labelStack(router.mpls));
	if (router.interfaceInfo === true && incoming !== undefined) extensions.push(incomingInterface(incoming));
	if (router.nodeName !== undefined) {
		extensions.push(icmpExtension({ kind: "node", address: null, name: router.nodeName }));
	}
	return extensions;
}

function labelStack(stack: readonly MplsLabelSpec[]): IcmpExtension {
	const labels = stack.map(({ label, trafficClass = 0, ttl = 1 }, index) => {
		return { label, trafficClass, ttl, bottom: index === stack.length - 1 };
	});
	return icmpExtension({ kind: "mpls", labels });
}

/** Interface indexes start at 1, as 0 means "none" in SNMP. */
function incomingInterface({ link, address, mtu }: NodeInterface): IcmpExtension {
	return icmpExtension({
		kind: "interface",
		role: "incoming",
		index: link + 1,
		address,
		name: interfaceName(link),
		mtu,
	});
}
