/** Debian's sipp: plays one side of a call by the book, or on purpose not, and says whether the other side did its part. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findProgram } from "../requirements.ts";
import { endTool, type RunOutcome, startTool } from "../run.ts";

/** Scenarios of ours in `sipp/`, each a file: who calls, and what happens. */
export type SippScenario = `caller-${string}` | `callee-${string}` | "register";

/** How sipp is started. */
export interface SippOptions {
	/** Absent: where this process is. */
	readonly namespace?: string;
	readonly scenario: SippScenario;
	readonly address: string;
	readonly port: number;
	/** Default UDP. */
	readonly transport?: "udp" | "tcp";
	/** Whom it sends to; not of a callee. */
	readonly remote?: { readonly address: string; readonly port: number };
	/** The user that it asks for, or registers. */
	readonly user?: string;
	/** For digests. */
	readonly credentials?: { readonly username: string; readonly password: string };
	/** Of a hundred messages, so many are lost in each direction. */
	readonly lostPercent?: number;
	/** 20 s when absent. */
	readonly timeoutMs?: number;
}

/** What came of a run. */
export interface SippOutcome {
	/** Everything went as the scenario has it. */
	readonly passed: boolean;
	/** What it complained of, and all messages, for a failed test. */
	readonly said: string;
}

/** One that runs. */
export interface RunningSipp {
	/** Resolves when it listens. */
	ready(): Promise<void>;
	readonly outcome: Promise<SippOutcome>;
	close(): Promise<void>;
}

/** Null where sipp is installed, else what is missing. */
export function sippObstacle(): string | null {
	return findProgram("sipp") === null ? "the other end is sipp (Debian package sip-tester)" : null;
}

/** How often its sockets are looked for, and how long. */
const LOOK_MS = 5;
const READY_MS = 5_000;

/** Starts it for one call. */
export function startSipp(options: SippOptions): RunningSipp {
	const { namespace, timeoutMs = 20_000 } = options;
	const folder = mkdtempSync(join(tmpdir(), "whither-sipp-"));
	const inside = namespace === undefined ? {} : { namespace };
	const tool = startTool(commandLine(options, folder), { ...inside, timeoutMs, env: { TERM: "dumb" } });
	const forget = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
	const crash = () => {
		tool.child.kill("SIGKILL");
		forget();
	};
	process.once("exit", crash);
	const outcome = tool.outcome
		.then((ended) => ({ passed: ended.code === 0, said: `${verdict(ended)}\n${filesIn(folder)}\n${ended.stderr}` }))
		.finally(() => {
			process.off("exit", crash);
			forget();
		});
	// Whoever awaits it hears of it.
	outcome.catch(() => {});
	return { ready: () => listens(tool.child.pid ?? 0, options), outcome, close: () => endTool(tool) };
}

function verdict({ code, signal, timedOut }: RunOutcome): string {
	return `sipp ended with ${code ?? signal}${timedOut ? ", out of time" : ""}`;
}

function commandLine(options: SippOptions, folder: string): readonly string[] {
	const { scenario, address, port, transport = "udp", remote, user, credentials, lostPercent } = options;
	const file = fileURLToPath(new URL(`./sipp/${scenario}.xml`, import.meta.url));
	return [
		findProgram("sipp") ?? "sipp",
		...(remote === undefined ? [] : [`${remote.address}:${remote.port}`]),
		...["-sf", file, "-m", "1", "-nostdin", "-skip_rlimit"],
		...["-i", address, "-p", `${port}`, "-bind_local", "-t", transport === "udp" ? "u1" : "t1"],
		...["-trace_msg", "-message_file", join(folder, "messages"), "-trace_err", "-error_file", join(folder, "errors")],
		...(user === undefined ? [] : ["-s", user]),
		...(credentials === undefined ? [] : ["-au", credentials.username, "-ap", credentials.password]),
		...(lostPercent === undefined ? [] : ["-lost", `${lostPercent}`]),
	];
}

/** By the kernel's list of sockets, as that process sees it: whoever asked would begin a call. */
async function listens(pid: number, { port, transport = "udp" }: SippOptions): Promise<void> {
	const wanted = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, "0")} `, "m");
	const lists = [transport, `${transport}6`].map((name) => `/proc/${pid}/net/${name}`);
	for (const until = performance.now() + READY_MS; performance.now() < until; ) {
		if (lists.some((list) => existsSync(list) && wanted.test(readFileSync(list, "latin1")))) return;
		await sleep(LOOK_MS);
	}
	throw new Error(`sipp does not listen on port ${port}`);
}

function filesIn(folder: string): string {
	return readdirSync(folder)
		.map((name) => `-- ${name}\n${readFileSync(join(folder, name), "utf8")}`)
		.join("\n");
}
