/** From a ping's books to its result. */
import { endlessFacts } from "../endless/endless-facts.ts";
import type { ResultFacts } from "../trace-result.ts";
import { type Ping, pingProbe } from "./ping.ts";
import { PING_SCHEMA, type PingResult } from "./ping-result.ts";

/** The whole result; of a running ping, the part that is known. */
export function pingResult(ping: Ping, facts: ResultFacts): PingResult {
	const { context, ping: asked } = ping.config;
	return {
		schema: PING_SCHEMA,
		...endlessFacts(ping, facts),
		ttl: asked.ttl,
		intervalNs: asked.intervalNs,
		stopReason: ping.stopReason ?? "interrupted",
		warnings: ping.warnings,
		totals: ping.tally.totals(ping.book.waiting.size),
		rtt: ping.tally.roundTrips(),
		answerers: ping.tally.answerers(),
		options: { count: asked.count, length: context.length, lossThreshold: asked.lossThreshold },
		probes: ping.book.recent.map((slot) => pingProbe(ping, slot)),
	};
}
