/**
 * The terminal while a full screen has it: raw keys in, an alternate screen out, and everything put back on every way out: asked
 * for, by a signal, by a crash, while suspended. No other file of the screen writes to it.
 */
import { writeSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import { type Key, KeyReader } from "../cells/key-reader.ts";

/** Alternate screen, no cursor, what is pasted in brackets (xterm's private modes 1049, 25, 2004). */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[2J";
/** Normal colours, and all of that back; a frame that was broken off ends (2026). */
const LEAVE = "\u001b[?2026l\u001b[0m\u001b[?2004l\u001b[?25h\u001b[?1049l";

/** An escape character that nothing follows for so long was the key. */
const ESCAPE_MS = 50;

/** Who is told what happens. */
export interface TerminalListener {
	readonly key: (key: Key) => void;
	/** The terminal has another size, or shows nothing of ours any more (after `fg`): everything is to be drawn anew. */
	readonly spoiled: () => void;
	/** Nobody reads or types any more. */
	readonly gone: () => void;
}

/** One terminal, of this process. */
export class Terminal {
	readonly #input: ReadStream;
	readonly #output: WriteStream & { readonly fd: number };
	readonly #keys = new KeyReader();
	#listener: TerminalListener | null = null;
	#isOpen = false;
	#escape: ReturnType<typeof setTimeout> | null = null;

	constructor(input: ReadStream, output: WriteStream & { readonly fd: number }) {
		this.#input = input;
		this.#output = output;
	}

	get size(): { readonly columns: number; readonly rows: number } {
		const { columns, rows } = this.#output;
		return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
	}

	/** Take the terminal. */
	open(listener: TerminalListener): void {
		this.#listener = listener;
		this.#input.on("data", this.#hear).on("error", this.#lose).on("end", this.#lose).on("close", this.#lose);
		this.#output.on("resize", listener.spoiled).on("error", this.#lose);
		process.on("SIGTSTP", this.#suspend).on("SIGCONT", this.#wake);
		process.on("exit", this.#leave).on("uncaughtExceptionMonitor", this.#leave);
		this.#enter();
	}

	/** Give it back; what is typed from now on is the shell's. */
	close(): void {
		this.#leave();
		if (this.#escape !== null) clearTimeout(this.#escape);
		const { spoiled } = this.#listener ?? { spoiled: () => {} };
		this.#input.off("data", this.#hear).off("end", this.#lose).off("close", this.#lose).pause();
		this.#output.off("resize", spoiled);
		process.off("SIGTSTP", this.#suspend).off("SIGCONT", this.#wake);
		process.off("exit", this.#leave).off("uncaughtExceptionMonitor", this.#leave);
		this.#listener = null;
	}

	/** False: the terminal has not taken what it was sent before, and gets nothing more until it has. */
	write(text: string): boolean {
		if (!this.#isOpen || this.#output.writableNeedDrain) return false;
		this.#output.write(text);
		return true;
	}

	/** As Ctrl-Z does elsewhere: the shell has the terminal until the process goes on. */
	suspend(): void {
		this.#suspend();
	}

	#enter(): void {
		try {
			this.#input.setRawMode(true);
		} catch {
			this.#lose();
			return;
		}
		this.#input.resume();
		this.#isOpen = true;
		this.#output.write(ENTER);
	}

	/** At once and without waiting, since the process may end with the next statement. */
	readonly #leave = (): void => {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		try {
			writeSync(this.#output.fd, LEAVE);
		} catch {
			// It has gone, and there is nothing to put back.
		}
		try {
			this.#input.setRawMode(false);
		} catch {
			// The same.
		}
	};

	readonly #suspend = (): void => {
		this.#leave();
		process.off("SIGTSTP", this.#suspend);
		// The whole job, as a terminal would: whoever waits for us in it is stopped too.
		process.kill(0, "SIGTSTP");
		// Where nobody could ever continue it, the system stops no process.
		setImmediate(this.#wake);
	};

	readonly #wake = (): void => {
		if (this.#listener === null) return;
		process.off("SIGTSTP", this.#suspend).on("SIGTSTP", this.#suspend);
		this.#leave();
		this.#enter();
		this.#listener?.spoiled();
	};

	readonly #lose = (): void => this.#listener?.gone();

	readonly #hear = (bytes: Buffer): void => {
		if (this.#escape !== null) clearTimeout(this.#escape);
		this.#escape = null;
		for (const key of this.#keys.read(bytes)) this.#listener?.key(key);
		if (this.#keys.isWaiting) this.#escape = setTimeout(this.#settle, ESCAPE_MS);
	};

	readonly #settle = (): void => {
		for (const key of this.#keys.settle()) this.#listener?.key(key);
	};
}
