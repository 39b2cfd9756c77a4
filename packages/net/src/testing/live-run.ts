/** Bundles and runs the live child inside a namespace, as root or as nobody. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "@whither/core";
import { build } from "esbuild";
import type { PeerOrder, PeerReport } from "./media-flow.ts";

/** The bundle, in a folder of its own that any user may read. */
export interface LiveChild {
	readonly file: string;
	remove(): void;
}

/** Builds it; koffi stays outside, as in the installed command. */
export async function bundleChild(): Promise<LiveChild> {
	const folder = mkdtempSync(join(tmpdir(), "whither-net-"));
	const file = join(folder, "child.mjs");
	await build({
		entryPoints: [fileURLToPath(new URL("./live-child.ts", import.meta.url))],
		bundle: true,
		platform: "node",
		format: "esm",
		conditions: ["source"],
		external: ["koffi"],
		outfile: file,
		logLevel: "silent",
	});
	// node_modules as seen from here, so that koffi is found from the temporary folder.
	const koffi = createRequire(import.meta.url).resolve("koffi");
	symlinkSync(dirname(dirname(koffi)).replace(/node_modules\/.*$/, "node_modules"), join(folder, "node_modules"));
	await run("chmod", ["-R", "a+rX", folder]);
	return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** How the child is run. */
export interface LiveRun {
	readonly namespace: string;
	readonly child: LiveChild;
	readonly user?: "root" | "nobody";
	/** A command that runs it, such as one that sets a limit. */
	readonly prefix?: readonly string[];
	readonly args: readonly string[];
}

/** What it printed, parsed, and its exit code. */
export interface LiveOutcome {
	readonly code: number | string;
	readonly stderr: string;
	readonly value: unknown;
}

const NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
const TIMEOUT_MS = 30_000;

/** Runs the child to its end; a child that hangs is killed and shows as such. */
export async function runChild({ namespace, child, user = "root", prefix = [], args }: LiveRun): Promise<LiveOutcome> {
	const as = user === "nobody" ? NOBODY : [];
	const { code, stdout, stderr } = await run("ip", [
		"netns",
		"exec",
		namespace,
		...prefix,
		...as,
		process.execPath,
		child.file,
		...args,
	]);
	return { code, stderr, value: stdout === "" ? null : JSON.parse(stdout) };
}

/** Runs any command; never throws. */
export function run(
	command: string,
	args: readonly string[],
): Promise<{ code: number | string; stdout: string; stderr: string }> {
	return new Promise((resolve) => {
		execFile(
			command,
			args,
			{ timeout: TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: 2 ** 26 },
			(error, stdout, stderr) => {
				resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? "unknown"), stdout, stderr });
			},
		);
	});
}

/** A UDP echo and a TCP listener on one port of a namespace; resolves when both listen. Each datagram is sent back `copies` times. */
export function startResponder(namespace: string, port: number, copies = 1): Promise<ChildProcess> {
	const script = `
		const udp = require("node:dgram").createSocket({ type: "udp6", ipv6Only: false });
		udp.on("message", (message, from) => {
			for (let copy = 0; copy < ${copies}; copy++) udp.send(message, from.port, from.address);
		});
		const tcp = require("node:net").createServer((socket) => socket.on("error", () => {}));
		udp.bind(${port}, () => tcp.listen(${port}, "::", () => console.log("ready")));
	`;
	const command = ["netns", "exec", namespace, process.execPath, "-e", script];
	const child = spawn("ip", command, { stdio: ["ignore", "pipe", "inherit"] });
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.stdout.once("data", () => resolve(child));
	});
}

/** The far end of a call under way. */
export interface RunningPeer {
	/** Ends it, and resolves to its report. */
	finish(): Promise<PeerReport>;
}

/** Starts the far end of a call; resolves when it can be reached. */
export function startPeer(namespace: string, child: LiveChild, order: PeerOrder): Promise<RunningPeer> {
	const command = ["netns", "exec", namespace, process.execPath, child.file, "peer", JSON.stringify(order)];
	const peer = spawn("ip", command, { stdio: ["pipe", "pipe", "inherit"] });
	let said = "";
	const exited = new Promise<PeerReport>((resolve, reject) => {
		peer.once("close", (code) => {
			if (code === 0) resolve(JSON.parse(said.slice(said.indexOf("{"))));
			else reject(new Error(`the peer exited with ${code}`));
		});
	});
	return new Promise((resolve, reject) => {
		peer.once("error", reject);
		exited.catch(reject);
		peer.stdout.on("data", (text) => {
			said += text;
			const finish = (): Promise<PeerReport> => {
				peer.stdin.end();
				return exited;
			};
			resolve({ finish });
		});
	});
}

/** A child that is talked with by the line. */
export class TalkingChild {
	readonly #process: ChildProcess;
	readonly #lines: AsyncIterator<string>;

	constructor({ namespace, child: { file }, args }: LiveRun, backend: "native" | "portable") {
		const command = ["netns", "exec", namespace, process.execPath, file, ...args];
		const env = { ...process.env, WHITHER_BACKEND: backend };
		this.#process = spawn("ip", command, { stdio: ["pipe", "pipe", "inherit"], env });
		this.#lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
	}

	/** What the next line says. */
	async next<Value>(): Promise<Value> {
		const { value, done } = await this.#lines.next();
		if (done === true) throw new Error("the child has ended");
		return JSON.parse(value);
	}

	/** What it says to this. */
	ask<Value>(line: string): Promise<Value> {
		this.#process.stdin?.write(`${line}\n`);
		return this.next<Value>();
	}

	/** Ends its input, and resolves to its exit code. */
	async end(): Promise<number | null> {
		const exited = once(this.#process, "exit");
		this.#process.stdin?.end();
		return (await exited)[0];
	}
}

/** The order for one trace, as the child takes it. */
export function orderJson(options: Partial<TraceOptions> & Pick<TraceOptions, "target" | "family">): string {
	const all = { ...DEFAULT_TRACE_OPTIONS, targetName: options.target, ...options };
	return JSON.stringify({ options: all, tool: { name: "whither", version: "test" }, args: [] });
}
