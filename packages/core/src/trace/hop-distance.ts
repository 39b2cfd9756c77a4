/** How far away a packet was sent, guessed from the TTL that it arrived with. */

/** Initial TTLs that hosts are seen to use: 64 (Linux, BSD), 128 (Windows), 255 (routers). */
const INITIAL_TTLS = [64, 128, 255];

/** Hops that a packet has probably come, its sender counted as one: it left with the least usual TTL that is enough. */
export function hopsBack(replyTtl: number): number {
	return (INITIAL_TTLS.find((initial) => replyTtl <= initial) ?? 255) - replyTtl + 1;
}
