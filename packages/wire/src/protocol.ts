/** IP protocol numbers that this project names (IANA Assigned Internet Protocol Numbers). */
export const IP_PROTOCOL = {
	hopByHop: 0,
	icmp: 1,
	igmp: 2,
	ipv4: 4,
	tcp: 6,
	udp: 17,
	dccp: 33,
	ipv6: 41,
	routing: 43,
	fragment: 44,
	gre: 47,
	esp: 50,
	ah: 51,
	icmpv6: 58,
	noNextHeader: 59,
	destinationOptions: 60,
	ospf: 89,
	pim: 103,
	vrrp: 112,
	l2tp: 115,
	sctp: 132,
	mobility: 135,
	udpLite: 136,
	hip: 139,
	shim6: 140,
	experiment1: 253,
	experiment2: 254,
} as const;

/** Length in bytes of the IP header by family, without options or extension headers (RFC 791 §3.1, RFC 8200 §3). */
export const IP_HEADER_LENGTH = { 4: 20, 6: 40 } as const;

const WITH_PORTS: ReadonlySet<number> = new Set([
	IP_PROTOCOL.tcp,
	IP_PROTOCOL.udp,
	IP_PROTOCOL.dccp,
	IP_PROTOCOL.sctp,
	IP_PROTOCOL.udpLite,
]);

/** Whether the protocol's header begins with source and destination port (RFC 9293, 768, 4340, 9260, 3828). */
export function hasPorts(protocol: number): boolean {
	return WITH_PORTS.has(protocol);
}
