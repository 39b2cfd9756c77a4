/** `trace`: the library's front door. */
import type { TraceRequestOptions } from "../options.ts";
import { openRealWorld } from "../real-world.ts";
import { TOOL } from "../version.ts";
import type { World } from "../world.ts";
import { TraceRun } from "./run.ts";

/**
 * Trace the path to a name or address. Events come by iterating the run, the result by its promise; a failure that
 * nobody awaits does not end the program.
 *
 *     const run = trace("example.com", { queries: 1 });
 *     for await (const event of run) if (event.type === "hop") console.log(event.hop.ttl);
 *     console.log((await run.result).stopReason);
 */
export function trace(target: string, options: TraceRequestOptions = {}): TraceRun {
	const { world } = options;
	const openWorld = world === undefined ? openRealWorld : () => world;
	return new TraceRun({ name: target, options, tool: TOOL, args: [], openWorld });
}

/** What the command adds to `trace`: its own words for the result, and a world in this thread. */
export interface CommandContext {
	readonly args: readonly string[];
	readonly openWorld: () => Promise<World>;
}

/** `trace` for the command line. */
export function startTrace(target: string, options: TraceRequestOptions, context: CommandContext): TraceRun {
	return new TraceRun({ name: target, options, tool: TOOL, ...context });
}
