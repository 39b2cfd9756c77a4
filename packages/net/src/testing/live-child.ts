/**
 * What live tests start inside a namespace: `conformance CASE` or `trace ORDER here|worker [busy]`, `storm STORM`, `queue ORDER`,
 * `flow FLOW`, `peer PEER` and `addresses` (until its input ends), `meet FAMILY`, `ice ORDER` (until its input ends); JSON comes out.
 * `flow FLOW`, `peer PEER` and `addresses` (until its input ends), `meet FAMILY`, `mdns ORDER`; JSON comes out.
 */
import { once } from "node:events";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { watchHostAddresses } from "../interfaces/watch.ts";
import { startProber } from "../prober.ts";
import { serveProber } from "../serve-prober.ts";
import { methodSupport } from "../support.ts";
import { channelConformance } from "./conformance.ts";
import { runIceChild } from "./ice-child.ts";
import { speakMdns } from "./mdns-child.ts";
import { runFlow, runPeer } from "./media-flow.ts";
import { queueTrial } from "./queue-trial.ts";
import { sendStorm } from "./storm.ts";
import { meetByTcp } from "./tcp-meeting.ts";

if (isMainThread) await main(process.argv.slice(2));
else if (parentPort !== null) {
	serveProber(parentPort);
	// The worker of a test that wants to see what becomes of a trace when its worker dies.
	if (workerData === "crash") {
		setTimeout(() => {
			throw new Error("crash asked for");
		}, 100);
	}
}

async function main([command, json = "null", thread, mode]: readonly string[]): Promise<void> {
	if (command === "conformance") print(await channelConformance(JSON.parse(json)));
	else if (command === "support") print(methodSupport());
	else if (command === "storm") print(sendStorm(JSON.parse(json)));
	else if (command === "queue") print(await queueTrial(JSON.parse(json)));
	else if (command === "flow") print(await runFlow(JSON.parse(json)));
	else if (command === "peer") print(await runPeer(JSON.parse(json), once(process.stdin.resume(), "end")));
	else if (command === "addresses") await tellAddresses(once(process.stdin.resume(), "end"));
	else if (command === "ice") await runIceChild(JSON.parse(json));
	else if (command === "mdns") await speakMdns(JSON.parse(json));
	else if (command === "meet") await meetByTcp(json === "6" ? 6 : 4);
	else await traceOnce(JSON.parse(json), { thread: thread === "here" ? "here" : "worker", mode: mode ?? "" });
}

async function traceOnce(
	order: Parameters<ReturnType<typeof startProber>["trace"]>[0],
	how: { readonly thread: "here" | "worker"; readonly mode: string },
): Promise<void> {
	const prober = startProber({ thread: how.thread, workerUrl: new URL(import.meta.url), workerData: how.mode });
	const busy = how.mode === "busy" ? setInterval(() => spin(15), 100) : undefined;
	await new Promise<void>((resolve) => {
		const running = prober.trace(order, (message) => {
			if (message.type === "event") return;
			print(message);
			resolve();
		});
		if (how.mode === "stop") setTimeout(() => running.stop(), 300);
		if (how.mode === "exit") setTimeout(() => process.exit(7), 300);
	});
	clearInterval(busy);
	await prober.close();
}

/** A line for what there is, and one for each change. */
async function tellAddresses(end: Promise<unknown>): Promise<void> {
	const watch = watchHostAddresses({ changed: print });
	if ("code" in watch) throw new Error(watch.call);
	print(watch.addresses);
	await end;
	watch.close();
}

function spin(milliseconds: number): void {
	const until = performance.now() + milliseconds;
	while (performance.now() < until);
}

function print(value: unknown): void {
	process.stdout.write(`${JSON.stringify(value)}\n`);
}
