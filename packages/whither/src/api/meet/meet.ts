/** `meet`: connects two machines through whatever lies between them, and shows the way that their packets take. */
import { TOOL } from "../version.ts";
import type { MeetRequestOptions } from "./options.ts";
import { MeetRun } from "./run.ts";
import type { MeetWorld } from "./world.ts";

/**
 * Come together with whoever has the same code, at a rendezvous server (`whither serve`), and trace the way from both ends.
 *
 *     const run = meet({ server: "https://meet.example.net" });
 *     for await (const event of run) if (event.kind === "code") console.log("Tell the other end", event.code);
 *     const { connected, why, path, reversePath } = await run.result;
 *
 * The other end runs `meet({ server, code })`, or `whither meet CODE --server URL`.
 */
export function meet(options: MeetRequestOptions): MeetRun {
	return startMeet(options, []);
}

/** `meet` for the command line, with its words for the result. */
export function startMeet(options: MeetRequestOptions, args: readonly string[]): MeetRun {
	const { world } = options;
	const openWorld = world === undefined ? openRealMeetWorld : () => world;
	return new MeetRun({ options, tool: TOOL, args, openWorld });
}

/** Loaded where it is needed: worlds in memory bring no sockets. */
async function openRealMeetWorld(): Promise<MeetWorld> {
	const { openRealMeetWorld: open } = await import("./real-world.ts");
	return open();
}
