/** From a ping's books to its result. */
import type { SessionFacts } from "../channel.ts";
import type { ResultFacts } from "../trace-result.ts";
import { type Ping, pingProbe } from "./ping.ts";
import { PING_SCHEMA, type PingResult } from "./ping-result.ts";

/** The whole result; of a running ping, the part that is known. */
export function pingResult(ping: Ping, { tool, args, startedAt }: ResultFacts): PingResult {
	const { method, options, context, ping: asked } = ping.config;
	return {
		schema: PING_SCHEMA,
		tool,
		args,
		target: {
			name: options.targetName,
			address: options.target,
			port: method.defaultPort === null ? null : context.port,
		},
		source: { address: context.source, port: context.sourcePorts[0] ?? null },
		method: method.name,
		channel: context.channel,
		family: options.family,
		ttl: asked.ttl,
		intervalNs: asked.intervalNs,
		startedAt,
		durationNs: Math.round((ping.endedAt ?? ping.startedAt) - ping.startedAt),
		stopReason: ping.stopReason ?? "interrupted",
		warnings: ping.warnings,
		totals: ping.tally.totals(ping.book.waiting.size),
		rtt: ping.tally.roundTrips(),
		answerers: ping.tally.answerers(),
		options: { count: asked.count, length: context.length, lossThreshold: asked.lossThreshold },
		probes: ping.book.recent.map((slot) => pingProbe(ping, slot)),
		...handshakeFields(context.sessions),
	};
}

/** The first connection's handshake, where probes travelled in one. */
export function handshakeFields([first, ...others]: readonly SessionFacts[]): Pick<PingResult, "handshake"> {
	if (first === undefined) return {};
	const { rttNs, mss, sackPermitted, timestamps } = first;
	const connections = 1 + others.length;
	return { handshake: { rttNs, mss, sackPermitted, timestamps: timestamps !== null, connections } };
}
