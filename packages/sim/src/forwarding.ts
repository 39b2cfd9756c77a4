/** What a router does with a packet that is not for itself. */
import { IP_PROTOCOL } from "@whither/wire";
import type { ErrorCause } from "./icmp-error.ts";
import type { SimNode } from "./node.ts";
import type { IpPacket } from "./packet.ts";
import type { RouterSpec, UnreachableSpec } from "./scenario.ts";
import type { Routes } from "./topology.ts";

/** `error`: drop it and tell the sender; `forward`: over the link with this index. */
export type ForwardVerdict =
	| { readonly type: "forward"; readonly link: number }
	| { readonly type: "drop"; readonly why: string }
	| { readonly type: "error"; readonly cause: ErrorCause };

/** The order is Linux's: unreachable routes, then the TTL, then filters, then the MTU (RFC 1812 §5.3). */
export function decideForwarding(
	node: SimNode,
	router: RouterSpec,
	packet: IpPacket,
	destinationNode: string | undefined,
	routes: Routes,
): ForwardVerdict {
	const refusal = router.unreachable?.find(({ to }) => to === destinationNode);
	if (refusal !== undefined && refusesBy(refusal) === "route") return unreachable(refusal.code);
	if (destinationNode !== undefined && router.blackhole?.includes(destinationNode)) return drop("black hole");
	const links = routes.get(node.name)?.get(destinationNode ?? "") ?? [];
	const link = node.chooseLink(links, packet);
	if (link === undefined) return unreachable("net");
	if (packet.ttl <= 1) return { type: "error", cause: { what: "timeExceeded" } };
	if (refusal !== undefined) return unreachable(refusal.code);
	const mtu = node.interfaces.get(link)?.mtu ?? 0;
	if (packet.bytes.length <= mtu || !packet.dontFragment) return { type: "forward", link };
	if (router.tooLong === "silent") return drop("longer than the MTU, and no word about it");
	return { type: "error", cause: { what: "tooBig", mtu: router.tooLong ?? mtu } };
}

/** Whether the router keeps quiet about packets of this protocol. */
export function isSilentAbout(router: RouterSpec, packet: IpPacket): boolean {
	return router.silent === true || (router.silent === "tcp" && packet.protocol === IP_PROTOCOL.tcp);
}

function refusesBy(refusal: UnreachableSpec): "route" | "filter" {
	return refusal.by ?? (refusal.code === "adminProhibited" ? "filter" : "route");
}

function unreachable(code: UnreachableSpec["code"]): ForwardVerdict {
	return { type: "error", cause: { what: "unreachable", code } };
}

function drop(why: string): ForwardVerdict {
	return { type: "drop", why };
}
