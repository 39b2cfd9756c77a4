/** `stun`: what a STUN server sees of this machine. */

import { TOOL } from "../version.ts";
import type { StunRequestOptions } from "./options.ts";
import { SERVER_VARIABLE, StunRun } from "./run.ts";
import { openRealStunWorld } from "./world.ts";

/**
 * Ask a STUN server (`HOST`, `HOST:PORT`, `stun:HOST:PORT`, `stuns:HOST`; default what WHITHER_STUN says) for the public
 * address of this machine and how the NAT in front of it behaves.
 *
 *     const { mappedAddress, mapping, summary } = await stun("stun.example.net").result;
 */
export function stun(server?: string, options: StunRequestOptions = {}): StunRun {
	return startStun(server, options, []);
}

/** `stun` for the command line, with its words for the result. */
export function startStun(server: string | undefined, options: StunRequestOptions, args: readonly string[]): StunRun {
	const { world } = options;
	const openWorld = world === undefined ? openRealStunWorld : () => world;
	return new StunRun({ server: server ?? process.env[SERVER_VARIABLE] ?? "", options, tool: TOOL, args, openWorld });
}
