/** `live`: the path to a host, watched round after round. */
import { openRealWorld } from "../real-world.ts";
import type { CommandContext } from "../trace/trace.ts";
import { TOOL } from "../version.ts";
import type { LiveRequestOptions } from "./options.ts";
import { LiveRun } from "./run.ts";

/**
 * Watch the path to a name or address: every second one probe to each hop. Events come by iterating the run, the figures by
 * `summary` at any time; without `rounds` or `timeoutMs` it runs until it is stopped.
 *
 *     const run = live("example.com", { rounds: 10 });
 *     for await (const event of run) if (event.type === "round") console.log(run.summary().hops.length);
 *     for (const { ttl, lossRatio } of (await run.result).summary.hops) console.log(ttl, lossRatio);
 */
export function live(target: string, options: LiveRequestOptions = {}): LiveRun {
	const { world } = options;
	const openWorld = world === undefined ? openRealWorld : () => world;
	return new LiveRun({ name: target, options, tool: TOOL, args: [], openWorld });
}

/** `live` for the command line. */
export function startLive(target: string, options: LiveRequestOptions, context: CommandContext): LiveRun {
	return new LiveRun({ name: target, options, tool: TOOL, ...context });
}
