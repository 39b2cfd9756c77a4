/** `ping`: one hop, or the target, asked over and over. */

import { openRealWorld } from "../real-world.ts";
import type { CommandContext } from "../trace/trace.ts";
import { TOOL } from "../version.ts";
import type { PingRequestOptions } from "./options.ts";
import { PingRun } from "./run.ts";

/**
 * Ask one hop on the path to a name or address at a fixed frequency. Events come by iterating the run, the result by its
 * promise; without `count`, `timeoutMs` or a loss threshold it runs until it is stopped.
 *
 *     const run = ping("example.com", { ttl: 5, count: 10 });
 *     for await (const event of run) if (event.type === "probe") console.log(event.probe.rttNs);
 *     console.log((await run.result).totals.lossPercent);
 */
export function ping(target: string, options: PingRequestOptions = {}): PingRun {
	const { world } = options;
	const openWorld = world === undefined ? openRealWorld : () => world;
	return new PingRun({ name: target, options, tool: TOOL, args: [], openWorld });
}

/** `ping` for the command line. */
export function startPing(target: string, options: PingRequestOptions, context: CommandContext): PingRun {
	return new PingRun({ name: target, options, tool: TOOL, ...context });
}
