/** What Linux leaves of a captured reply when it comes through an ordinary socket instead of a raw one. */
import type { Family, IcmpErrorReply, PacketReply } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";

/** Bytes of transport header without which Linux tells no socket of an error (net/ipv4/icmp.c, net/ipv6/icmp.c). */
const LEAST_QUOTED = 8;

/** ICMP types that reach an error queue; source quench, redirects and reassembly timeouts do not. */
const DELIVERED: Readonly<Record<Family, ReadonlySet<number>>> = { 4: new Set([3, 11, 12]), 6: new Set([1, 2, 3, 4]) };
const ICMPV4_TIME_EXCEEDED = 11;

/** Whether the kernel puts such an error into an error queue at all. */
export function isQueued(family: Family, reply: IcmpErrorReply): boolean {
	const { type, code } = reply.icmp;
	if (family === 4 && type === ICMPV4_TIME_EXCEEDED && code !== 0) return false;
	return DELIVERED[family].has(type) && (reply.quoted.segment?.length ?? 0) >= LEAST_QUOTED;
}

/**
 * The error as read from an error queue: no quoted IP header and, for UDP, no transport header. `socket` is the probe
 * whose own socket it came to, null for a shared one.
 */
export function queuedError(reply: IcmpErrorReply, socket: number | null): IcmpErrorReply {
	const { quoted } = reply;
	const isUdp = quoted.protocol === IP_PROTOCOL.udp || quoted.protocol === IP_PROTOCOL.udpLite;
	return {
		...reply,
		socket,
		quoted: {
			...quoted,
			source: null,
			bytes: null,
			ip: null,
			sourcePort: null,
			segment: isUdp ? null : quoted.segment,
		},
	};
}

/** The datagram as read from a UDP socket: payload only. */
export function receivedDatagram(reply: PacketReply, socket: number | null): PacketReply {
	return { ...reply, socket, segment: null };
}
