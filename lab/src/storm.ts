/** Storms of packets from inside a namespace: a process of its own, so that the test's own timing is left alone. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { insideNamespace } from "./namespaces.ts";

/** What the process is told: whole IP packets as base64, sent in turn. */
export interface StormOrder {
	readonly packets: readonly string[];
	readonly perSecond: number;
	readonly seconds: number;
}

/** A storm under way. */
export interface Storm {
	/** Resolves with the packets sent once it is over, or was stopped (then with null). */
	readonly over: Promise<number | null>;
	stop(): void;
}

const ENTRY = fileURLToPath(new URL("../dist/storm-main.js", import.meta.url));

/** Starts sending the packets from a namespace; resolves when the first is about to go. Needs root. */
export function startStorm(
	namespace: string,
	storm: { readonly packets: readonly Uint8Array[]; readonly perSecond: number; readonly seconds: number },
): Promise<Storm> {
	const child = insideNamespace(namespace, () =>
		spawn(process.execPath, [ENTRY], { stdio: ["pipe", "pipe", "inherit"] }),
	);
	const order: StormOrder = {
		...storm,
		packets: storm.packets.map((packet) => Buffer.from(packet).toString("base64")),
	};
	let said = "";
	const over = new Promise<number | null>((resolve) => {
		child.once("close", () => {
			const report = said.split("\n")[1];
			resolve(report ? (JSON.parse(report) as { sent: number }).sent : null);
		});
	});
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (code) => reject(new Error(`the storm ended with ${code}`)));
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			said += text;
			resolve({ over, stop: () => child.kill("SIGKILL") });
		});
		child.stdin.end(JSON.stringify(order));
	});
}
