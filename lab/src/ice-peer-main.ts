/** A process that is one ICE peer: its first argument says by whose implementation, lines go in and out as `peers/ice/lines.ts` has them. */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { IcePeerInput, IcePeerProgram, IcePeerSay } from "./peers/ice/lines.ts";

const [kind, ...words] = process.argv.slice(2);

/** CLOCK_MONOTONIC, which all processes share. */
const say: IcePeerSay = (line) => {
	const atMs = Number(process.hrtime.bigint()) / 1e6;
	writeSync(1, `${JSON.stringify({ atMs, ...line })}\n`);
};

async function load(): Promise<IcePeerProgram> {
	if (kind === "whither") return (await import("./peers/ice/whither.ts")).whitherPeer(say, words);
	if (kind === "node-datachannel") return (await import("./peers/ice/node-datachannel.ts")).nodeDatachannelPeer(say);
	if (kind === "chromium") return (await import("./peers/ice/chromium.ts")).chromiumPeer(say, words);
	if (kind === "werift") return (await import("./peers/ice/werift.ts")).weriftPeer(say);
	throw new Error(`no ICE peer is called ${kind}`);
}

function failed(error: unknown): void {
	say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

process.on("uncaughtException", failed);
process.on("unhandledRejection", failed);
const program = await load();
say({ ready: program.facts });
let order = Promise.resolve();
createInterface({ input: process.stdin })
	.on("line", (text) => {
		order = order.then(() => program.hear(JSON.parse(text) as IcePeerInput)).catch(failed);
	})
	.on("close", async () => {
		await order;
		await program.end?.().catch(failed);
		// Libraries leave timers and threads behind.
		process.exit(0);
	});
