/** Programs that speak ICE, each a process in a namespace, and what tests and measurements do with them. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { insideNamespace } from "../../namespaces.ts";
import { icePeerCommand } from "./kinds.ts";
import type { IcePeerFacts, IcePeerInput, IcePeerKind, IcePeerOutput } from "./lines.ts";

/** Time for a program to load. */
const START_MS = 30_000;
/** A program is killed after so long, whatever it does. */
const LIFE_MS = 120_000;
const PATIENCE_MS = 20_000;
/** For closing in peace. */
const CLOSE_MS = 3000;
/** What of its words a message quotes. */
const QUOTED_LINES = 30;

/** How a program is started. */
export interface IcePeerOptions {
	readonly namespace: string;
	/** Killed after so long; default two minutes. */
	readonly lifeMs?: number;
	readonly env?: Readonly<Record<string, string>>;
	/** Further words for the program, such as `mdns` for Chromium. */
	readonly words?: readonly string[];
	/** Before its command line, such as `taskset -c 1`. */
	readonly prefix?: readonly string[];
}

/** How long something is waited for, and from which line on. */
export interface IcePeerPatience {
	/** Default 20 s; then the program is killed. */
	readonly timeoutMs?: number;
	/** Index into `lines`: those before do not count; default 0. */
	readonly since?: number;
}

/** Those that run; none outlives this process. */
const running = new Set<ChildProcess>();
let watching = false;

function remember(child: ChildProcess): void {
	running.add(child);
	child.once("exit", () => running.delete(child));
	if (watching) return;
	watching = true;
	process.on("exit", () => {
		for (const each of running) each.kill("SIGKILL");
	});
}

interface Waiting {
	readonly matches: (line: IcePeerOutput) => boolean;
	readonly since: number;
	readonly resolve: (line: IcePeerOutput) => void;
	readonly reject: (error: Error) => void;
}

/** A program that runs and has said `ready`. */
export class IcePeer {
	readonly kind: IcePeerKind;
	/** All that it has said, in order. */
	readonly lines: IcePeerOutput[] = [];
	readonly #child: ChildProcess;
	readonly #command: readonly string[];
	readonly #waiting = new Set<Waiting>();
	readonly #listeners = new Set<(line: IcePeerOutput) => void>();
	readonly #exited: Promise<void>;
	#told: IcePeerInput[] = [];
	#stderr = "";
	/** Why nothing more is to be expected of it; null: more may come. */
	#fault: string | null = null;

	constructor(kind: IcePeerKind, child: ChildProcess, command: readonly string[], lifeMs: number) {
		this.kind = kind;
		this.#child = child;
		this.#command = command;
		const limit = setTimeout(() => this.#end(`is killed: it has run for ${lifeMs} ms`), lifeMs);
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.#stderr = (this.#stderr + text).slice(-8000);
		});
		if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (text) => this.#line(text));
		child.stdin?.on("error", () => {});
		this.#exited = new Promise((resolve) => {
			const end = (words: string) => {
				clearTimeout(limit);
				this.#fail(words);
				resolve();
			};
			child.once("error", (error) => end(`cannot be started: ${error.message}`));
			child.once("close", (code, signal) => end(`has ended with ${code ?? signal}`));
		});
	}

	get pid(): number {
		return this.#child.pid ?? 0;
	}

	get facts(): IcePeerFacts {
		const facts = this.lines.find(({ ready }) => ready !== undefined)?.ready;
		if (facts === undefined) throw new Error(`${this.kind} is not ready`);
		return facts;
	}

	/** Hands it a line; one that is gone hears nothing. */
	tell(line: IcePeerInput): void {
		this.#told.push(line);
		if (this.#child.stdin?.writable === true) this.#child.stdin.write(`${JSON.stringify(line)}\n`);
	}

	/** Calls back for every line from now on; the result ends that. */
	listen(listener: (line: IcePeerOutput) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/**
	 * The first line that matches, of those already said or to come. Rejects, in words that say what was waited for and all
	 * that was said, when the program ends, says an error or something else than the lines, or takes too long: then it is killed.
	 */
	until(
		what: string,
		matches: (line: IcePeerOutput) => boolean,
		{ timeoutMs = PATIENCE_MS, since = 0 }: IcePeerPatience = {},
	): Promise<IcePeerOutput> {
		const found = this.lines.slice(since).find(matches);
		if (found !== undefined) return Promise.resolve(found);
		if (this.#fault !== null) return Promise.reject(this.#error(what, this.#fault));
		return new Promise((resolve, reject) => {
			const settle = (action: () => void) => {
				clearTimeout(limit);
				this.#waiting.delete(waiting);
				action();
			};
			const waiting: Waiting = {
				matches,
				since,
				resolve: (line) => settle(() => resolve(line)),
				reject: (error) => settle(() => reject(this.#error(what, error.message))),
			};
			const limit = setTimeout(() => this.#end(`is killed: that took more than ${timeoutMs} ms`), timeoutMs);
			this.#waiting.add(waiting);
		});
	}

	/** Resolves with the moment (`atMs`) of the state `connected` or of what follows it; rejects when it fails. */
	async connected(patience: IcePeerPatience = {}): Promise<number> {
		const isSettled = ({ state }: IcePeerOutput) =>
			state === "connected" || state === "completed" || state === "failed" || state === "closed";
		const line = await this.until("connected", isSettled, patience);
		if (line.state === "failed" || line.state === "closed") throw this.#error("connected", `is ${line.state}`);
		return line.atMs;
	}

	/** What it said last under a name; undefined: it has not. */
	last<Name extends keyof IcePeerOutput>(name: Name): IcePeerOutput[Name] | undefined {
		return this.lines.findLast((line) => line[name] !== undefined)?.[name];
	}

	/** Ends it, in peace where that takes no more than three seconds, and waits until it has ended; safe to call twice. */
	async close(): Promise<void> {
		this.tell({ close: true });
		this.#child.stdin?.end();
		const limit = setTimeout(() => this.#child.kill("SIGKILL"), CLOSE_MS);
		await this.#exited;
		clearTimeout(limit);
	}

	/** Ends it as a crash would, and waits until it has ended. */
	async kill(): Promise<void> {
		this.#child.kill("SIGKILL");
		await this.#exited;
	}

	/** What was told and said, for messages of assertions. */
	describe(): string {
		// What is asked over and over hides the rest.
		const isNews = (line: object) => !("askPairs" in line || "pairs" in line || "event" in line);
		const shown = (lines: readonly object[]) =>
			lines
				.filter(isNews)
				.slice(-QUOTED_LINES)
				.map((line) => `  ${JSON.stringify(line).slice(0, 600)}`);
		const parts = [`${this.#command.join(" ")} (pid ${this.pid})`, "told:", ...shown(this.#told)];
		parts.push("said:", ...shown(this.lines));
		if (this.#stderr !== "") parts.push("stderr:", this.#stderr.slice(-4000));
		return parts.join("\n");
	}

	#line(text: string): void {
		let line: IcePeerOutput;
		try {
			line = JSON.parse(text) as IcePeerOutput;
		} catch {
			this.#end(`says what is no JSON: ${text.slice(0, 200)}`);
			return;
		}
		this.lines.push(line);
		for (const listener of this.#listeners) listener(line);
		for (const waiting of [...this.#waiting])
			if (this.lines.length > waiting.since && waiting.matches(line)) waiting.resolve(line);
		if (line.error !== undefined) this.#fail(`says: ${line.error}`);
	}

	#end(words: string): void {
		this.#fail(words);
		this.#child.kill("SIGKILL");
	}

	#fail(words: string): void {
		this.#fault ??= words;
		for (const waiting of [...this.#waiting]) waiting.reject(new Error(this.#fault));
	}

	#error(what: string, why: string): Error {
		return new Error(`${this.kind} ${why}; waited for: ${what}\n${this.describe()}`);
	}
}

/** Starts a program; resolves once it is ready. It rejects, and nothing is left, when it does not get there. */
export async function openIcePeer(kind: IcePeerKind, options: IcePeerOptions): Promise<IcePeer> {
	const { namespace, env, words = [], prefix = [], lifeMs = LIFE_MS } = options;
	const command = [...prefix, ...icePeerCommand(kind, words)];
	const [program = "", ...args] = command;
	// The child is forked from this thread, so it stays in the namespace that the thread visits.
	const child = insideNamespace(namespace, () =>
		spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } }),
	);
	remember(child);
	const peer = new IcePeer(kind, child, command, lifeMs);
	try {
		await peer.until("ready", ({ ready }) => ready !== undefined, { timeoutMs: START_MS });
		return peer;
	} catch (error) {
		await peer.kill();
		throw error;
	}
}
