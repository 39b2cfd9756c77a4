/** What the results of a ping and of a continuous trace begin with. */
import type { Instant } from "../../machine.ts";
import type { SessionFacts } from "../channel.ts";
import type { PingResult } from "../ping/ping-result.ts";
import type { ResultFacts } from "../trace-result.ts";
import type { TracerConfig } from "../tracer-io.ts";

type EndlessFacts = Pick<
	PingResult,
	"tool" | "args" | "target" | "source" | "method" | "channel" | "family" | "startedAt" | "durationNs" | "handshake"
>;

/** What was run, where from and to, and for how long. */
export function endlessFacts(
	run: { readonly config: TracerConfig; readonly startedAt: Instant; readonly endedAt: Instant | null },
	{ tool, args, startedAt }: ResultFacts,
): EndlessFacts {
	const { method, options, context } = run.config;
	const port = method.defaultPort === null ? null : context.port;
	return {
		tool,
		args,
		target: { name: options.targetName, address: options.target, port },
		source: { address: context.source, port: context.sourcePorts[0] ?? null },
		method: method.name,
		channel: context.channel,
		family: options.family,
		startedAt,
		durationNs: Math.round((run.endedAt ?? run.startedAt) - run.startedAt),
		...handshakeFields(context.sessions),
	};
}

/** The first connection's handshake, where probes travelled in one. */
function handshakeFields([first, ...others]: readonly SessionFacts[]): Pick<PingResult, "handshake"> {
	if (first === undefined) return {};
	const { rttNs, mss, sackPermitted, timestamps } = first;
	const connections = 1 + others.length;
	return { handshake: { rttNs, mss, sackPermitted, timestamps: timestamps !== null, connections } };
}
