/** Runs tools inside a namespace, as root or as nobody, and collects what they said and how long they took. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { insideNamespace } from "./namespaces.ts";

/** The built command, as users run it. */
export const WHITHER = fileURLToPath(new URL("../../packages/whither/bin/whither.js", import.meta.url));
/** What that loads: a build writes it. */
const BUNDLE = fileURLToPath(new URL("../../packages/whither/dist/whither.cjs", import.meta.url));

/** Null where the command is built, else what is to be done. */
export function commandObstacle(): string | null {
	return existsSync(BUNDLE) ? null : "the command is not built (npm run build)";
}

/** `nobody`: uid and gid 65534, no group, no capability. */
export type User = "root" | "nobody";

/** Where, as whom and for how long a tool runs. */
export interface RunOptions {
	readonly namespace: string;
	readonly user?: User;
	/** Kills the tool after so long; default 60000. */
	readonly timeoutMs?: number;
	readonly env?: Readonly<Record<string, string>>;
	/** `typed`: its standard input is the child's `stdin`; default: it ends at once. */
	readonly input?: "none" | "typed";
}

/** The same for a tool that may run where this process is as well. */
export type StartOptions = Omit<RunOptions, "namespace"> & Partial<Pick<RunOptions, "namespace">>;

/** What a tool did. */
export interface RunOutcome {
	/** What was run, its program first. */
	readonly command: readonly string[];
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
	readonly durationMs: number;
	/** It ran into the time limit. */
	readonly timedOut: boolean;
}

/** What a tool did as lines of text, of stdout no more than the beginning: for messages of assertions. */
export function describeOutcome({ command, code, signal, stdout, stderr }: RunOutcome): string {
	return `${command.join(" ")}\nexit ${code ?? signal}\n${stderr}\n${stdout.slice(0, 4000)}`;
}

/** A tool that runs. */
export interface RunningTool {
	readonly child: ChildProcess;
	readonly outcome: Promise<RunOutcome>;
}

const NOBODY = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];

/** The command line that runs a tool as a user. */
export function commandFor(user: User, command: readonly string[]): readonly string[] {
	return user === "root" ? command : ["setpriv", ...NOBODY, "--no-new-privs", "--", ...command];
}

/** Starts a tool in a namespace, or where this process is. */
export function startTool(command: readonly string[], options: StartOptions): RunningTool {
	const [program = "", ...args] = commandFor(options.user ?? "root", command);
	const startedAt = performance.now();
	// The child is forked from this thread, so it stays in the namespace that the thread visits.
	const env = { ...process.env, ...options.env };
	const start = () =>
		options.input === "typed"
			? spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env })
			: spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
	const child = options.namespace === undefined ? start() : insideNamespace(options.namespace, start);
	const outcome = new Promise<RunOutcome>((resolve, reject) => {
		let timedOut = false;
		let stdout = "";
		let stderr = "";
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			stdout += text;
		});
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			stderr += text;
		});
		const limit = setTimeout(() => {
			timedOut = true;
			child.kill("SIGKILL");
		}, options.timeoutMs ?? 60_000);
		child.once("error", (error) => {
			clearTimeout(limit);
			reject(error);
		});
		child.once("close", (code, signal) => {
			clearTimeout(limit);
			resolve({ command, code, signal, stdout, stderr, durationMs: performance.now() - startedAt, timedOut });
		});
	});
	return { child, outcome };
}

/** Ends a tool that may still run, politely, and waits until it has; it is killed after five seconds. */
export async function endTool({ child, outcome }: RunningTool): Promise<void> {
	const limit = setTimeout(() => child.kill("SIGKILL"), 5000);
	if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
	await outcome.catch(() => undefined);
	clearTimeout(limit);
}

/** Runs a tool in a namespace to its end; rejects when it cannot be started. */
export function runTool(command: readonly string[], options: RunOptions): Promise<RunOutcome> {
	return startTool(command, options).outcome;
}

/** Starts the built `whither` command in a namespace. */
export function startWhither(args: readonly string[], options: RunOptions): RunningTool {
	return startTool([process.execPath, WHITHER, ...args], options);
}

/** Runs the built `whither` command in a namespace to its end. */
export function runWhither(args: readonly string[], options: RunOptions): Promise<RunOutcome> {
	return startWhither(args, options).outcome;
}
