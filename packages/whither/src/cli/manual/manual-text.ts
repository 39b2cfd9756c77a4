/** Tables that only the manual and the reference need. */

/** What text shows beyond traceroute(8)'s addresses and times, each where an option or a method asks for it. */
export const TEXT_ROWS: readonly (readonly [string, string])[] = [
	["<...>", "before a time: what the method found in the answer (-O info), or ICMP extensions (-e)"],
	[
		"<TOS:T,DSCP:D,ECN:E>",
		"before a time: the byte as it arrived at the hop (--changes, where one was sent that is not 0)",
	],
	[
		"F=NUM",
		"before a time: from here on packets of at most NUM bytes come in one piece (--mtu); the line above the hops has the length of ordinary probes",
	],
	[
		"NAT",
		"after the answers: the first hop where our packets had another address, port or checksum than we sent (--changes)",
	],
	[
		"[dscp 10 -> 0]",
		"after the answers: what was different when our packets came to this hop, told where it first shows; `dscp 10 again` where it is as it was sent (--changes)",
	],
	["hand", "the first line of a trace inside a connection: the handshake's round trip, and what was agreed on"],
	[
		"+",
		"before the number of the target's hop: answers to SYNs without ECN, beside those with it (-T with --ecn or -O ecn, acc-ecn or sysctl); where SYNs with ECN did not reach the target its hop is unknown, and 255 is the TTL that the others were sent with",
	],
];

/** traceroute(8)'s marks after a round trip. */
export const ANNOTATION_ROWS: readonly (readonly [string, string])[] = [
	["!N", "network unreachable"],
	["!H", "host unreachable"],
	["!P", "protocol unreachable; over IPv6 that is !<4-1>"],
	["!X", "administratively prohibited"],
	["!F-MTU", "fragmentation needed; the next link takes MTU bytes"],
	["!S", "source route failed"],
	["!V", "host precedence violation"],
	["!C", "precedence cutoff in effect"],
	["!<N>", "unreachable with code N"],
	["!<T-C>", "another ICMP message, type T and code C"],
	["*", "no answer in time"],
];
