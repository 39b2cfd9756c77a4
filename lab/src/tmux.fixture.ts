/** A terminal for tests: a command in a pane of a tmux server of its own, its keys and what stands on it. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why there can be none, or null. */
export const tmuxObstacle: string | null =
	spawnSync("tmux", ["-V"]).status === 0 ? null : "needs tmux (apt-get install tmux)";

/** Key names of `KeyReader` as tmux has them; others are sent as they are. */
const NAMES: Readonly<Record<string, string>> = {
	up: "Up",
	down: "Down",
	left: "Left",
	right: "Right",
	home: "Home",
	end: "End",
	enter: "Enter",
	escape: "Escape",
	space: "Space",
	tab: "Tab",
	backspace: "BSpace",
	"shift-tab": "BTab",
	"page-up": "PPage",
	"page-down": "NPage",
};

/** From one look at the pane to the next, and the longest that one looks for something. */
const LOOK_MS = 25;
const LONGEST_MS = 20_000;

/** One pane with a shell in it. */
export class Tmux {
	readonly #socket: string;
	readonly #folder: string;

	constructor({ columns, rows }: { readonly columns: number; readonly rows: number }) {
		this.#folder = mkdtempSync(join(tmpdir(), "whither-tmux-"));
		this.#socket = join(this.#folder, "socket");
		const size = ["-x", String(columns), "-y", String(rows)];
		const shell = "env PS1=ready- TERM=screen-256color LC_ALL=C.UTF-8 bash --norc --noprofile -i";
		this.#tmux("-f", "/dev/null", "new-session", "-d", ...size, shell);
	}

	/** Run a command in the shell. */
	type(command: string): void {
		this.#tmux("send-keys", "-l", command);
		this.#tmux("send-keys", "Enter");
	}

	/** Press keys by the names that `KeyReader` gives them. */
	press(...keys: readonly string[]): void {
		for (const key of keys) {
			const control = /^ctrl-(.)$/.exec(key)?.[1];
			const named = control === undefined ? NAMES[key] : `C-${control}`;
			if (named === undefined) this.#tmux("send-keys", "-l", key === ";" ? "\\;" : key);
			else this.#tmux("send-keys", named);
		}
	}

	/** What stands in the pane. */
	text(): string {
		return this.#tmux("capture-pane", "-p");
	}

	/** The same with its colours as escape sequences. */
	paintedText(): string {
		return this.#tmux("capture-pane", "-p", "-e");
	}

	/** What tmux knows of the pane, such as `#{alternate_on}`. */
	fact(format: string): string {
		return this.#tmux("display-message", "-p", format).trim();
	}

	/** The device behind the pane. */
	get device(): string {
		return this.fact("#{pane_tty}");
	}

	/** Send a signal to what runs in the shell. */
	signal(name: NodeJS.Signals extends `SIG${infer Name}` ? Name : never): void {
		const shell = this.fact("#{pane_pid}");
		const { stdout } = spawnSync("pgrep", ["-P", shell], { encoding: "utf8" });
		process.kill(Number(stdout.trim().split("\n")[0]), `SIG${name}`);
	}

	resize(columns: number, rows: number): void {
		this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
	}

	/** Resolves with the text as soon as it is as expected; rejects with it when that takes too long. */
	async until(isThere: RegExp | ((text: string) => boolean), what = String(isThere)): Promise<string> {
		const deadline = performance.now() + LONGEST_MS;
		for (;;) {
			const text = this.text();
			if (typeof isThere === "function" ? isThere(text) : isThere.test(text)) return text;
			if (performance.now() > deadline) throw new Error(`not seen: ${what}\n${text}`);
			await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		}
	}

	/** End everything in it. */
	close(): void {
		spawnSync("tmux", ["-S", this.#socket, "kill-server"]);
		rmSync(this.#folder, { recursive: true, force: true });
	}

	#tmux(...args: readonly string[]): string {
		return execFileSync("tmux", ["-S", this.#socket, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
	}
}
