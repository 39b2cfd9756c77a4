/** Tables that only the manual and the reference need. */

/** traceroute(8)'s marks after a round trip. */
export const ANNOTATION_ROWS: readonly (readonly [string, string])[] = [
	["!N", "network unreachable"],
	["!H", "host unreachable"],
	["!P", "protocol unreachable"],
	["!X", "administratively prohibited"],
	["!F-MTU", "fragmentation needed; the next link takes MTU bytes"],
	["!S", "source route failed"],
	["!V", "host precedence violation"],
	["!C", "precedence cutoff in effect"],
	["!<N>", "unreachable with code N"],
	["!<T-C>", "another ICMP message, type T and code C"],
	["*", "no answer in time"],
];
