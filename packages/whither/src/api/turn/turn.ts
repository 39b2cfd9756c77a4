/** `turn`: whether a TURN server relays for this machine, over which legs, how fast. */

import { TOOL } from "../version.ts";
import type { TurnRequestOptions } from "./options.ts";
import { TurnRun } from "./run.ts";
import { openRealTurnWorld } from "./world.ts";

/**
 * Try a TURN server (`HOST`, `HOST:PORT`, `turn:HOST:PORT?transport=udp`, `turns:HOST`) over UDP, TCP and TLS, IPv4 and IPv6, all
 * at once: allocate, relay packets to a second relay, and measure.
 *
 *     const { relays, summary } = await turn("turn.example.net", { username: "alice", password: "sesame" }).result;
 */
export function turn(server: string, options: TurnRequestOptions = {}): TurnRun {
	return startTurn(server, options, []);
}

/** `turn` for the command line, with its words for the result. */
export function startTurn(server: string, options: TurnRequestOptions, args: readonly string[]): TurnRun {
	const { world } = options;
	const openWorld = world === undefined ? openRealTurnWorld : () => world;
	return new TurnRun({ server, options, tool: TOOL, args, openWorld });
}
