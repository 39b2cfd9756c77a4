/** The ICMP errors of one node: whether it may send one, what it says, and when it leaves. */
import { type Instant, MILLISECOND } from "@whither/core";
import { isSilentAbout } from "./forwarding.ts";
import { buildIcmpError, type ErrorCause } from "./icmp-error.ts";
import type { SimNode } from "./node.ts";
import { type IpPacket, isIcmpError } from "./packet.ts";
import { quotedExtensions } from "./quoted-extensions.ts";

/** Why a node says nothing about a packet that it drops; null: it may (RFC 1122 §3.2.2, RFC 4443 §2.4). */
export function whyNoError(node: SimNode, packet: IpPacket, at: Instant): string | null {
	if (isIcmpError(packet)) return "no error about an error";
	if (packet.fragmentOffset > 0) return "no error about a later fragment";
	if (node.router !== null && isSilentAbout(node.router, packet)) return "silent";
	return node.limiter.allows(packet.source, at) ? null : "rate limited";
}

/** Where a packet came in, and the address that its error leaves with. */
export interface ErrorPlace {
	readonly inLink: number;
	readonly source: string;
}

/** The error about a packet, and how long the node takes to write it, in nanoseconds. */
export function errorOf(node: SimNode, packet: IpPacket, cause: ErrorCause, { inLink, source }: ErrorPlace) {
	const { router } = node;
	const error = buildIcmpError(packet, cause, {
		source,
		ttl: node.initialTtl,
		identification: node.nextIdentification(),
		quoteBytes: router?.quoteBytes ?? "all",
		extensions: router === null ? [] : quotedExtensions(router, cause, node.interfaces.get(inLink)),
		layout: router?.extensionLayout ?? "rfc4884",
	});
	const delayMs = (router?.icmpDelayMs ?? 0) + (router?.icmpJitterMs ?? 0) * node.random.fraction();
	return { error, delayNs: Math.round(delayMs * MILLISECOND) };
}
