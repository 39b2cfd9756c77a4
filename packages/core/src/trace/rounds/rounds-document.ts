/** From a continuous trace's books to its result. */
import { handshakeFields } from "../ping/ping-document.ts";
import type { ResultFacts } from "../trace-result.ts";
import type { RoundsResult } from "./round-events.ts";
import type { Rounds } from "./rounds.ts";

/** The whole result; of a running one, the part that is known. */
export function roundsResult(machine: Rounds, { tool, args, startedAt }: ResultFacts): RoundsResult {
	const { method, options, context, rounds: asked } = machine.config;
	return {
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
		startedAt,
		durationNs: Math.round((machine.endedAt ?? machine.startedAt) - machine.startedAt),
		stopReason: machine.stopReason ?? "interrupted",
		reached: machine.reached,
		intervalNs: asked.intervalNs,
		rounds: machine.rounds,
		warnings: machine.warnings,
		options: { firstTtl: options.firstTtl, maxTtl: options.maxTtl, length: context.length, rounds: asked.rounds },
		...handshakeFields(context.sessions),
	};
}
