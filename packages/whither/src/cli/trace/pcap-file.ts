/** A capture file, written while the traces run: what is in it can be read even if the process is killed. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { TraceEvent } from "@whither/core";
import { WhitherError } from "../../api/error.ts";
import { TOOL } from "../../api/version.ts";
import { formatPcapHeader, formatPcapPacket, PacketQueue } from "../../report/trace/pcap.ts";
import { writeFailureSentence } from "../file-errors.ts";

/** Packets are held back so long, for those whose time is known later. */
const HOLD_MS = 250;

/** Opens (and empties) the file for traces of these hosts; what goes wrong once it is open is said once. */
export function openPcapFile(path: string, hosts: readonly string[], say: (sentence: string) => void): PcapFile {
	return new PcapFile(path, hosts, say);
}

/** An open file; an error ends the writing, not the traces. */
export class PcapFile {
	readonly #path: string;
	#say: (sentence: string) => void = () => {};
	readonly #queue = new PacketQueue();
	readonly #timer: NodeJS.Timeout;
	#fd: number | null;
	#failure: WhitherError | null = null;

	constructor(path: string, hosts: readonly string[], say: (sentence: string) => void) {
		this.#path = path;
		this.#fd = this.#tried(() => openSync(path, "w"));
		this.#write(formatPcapHeader(TOOL, hosts));
		this.#say = say;
		this.#timer = setInterval(() => this.#flush(), HOLD_MS).unref();
	}

	/** What went wrong first; one that is there from the start has not been said. */
	get failure(): WhitherError | null {
		return this.#failure;
	}

	/** Takes a trace's events to its end; `host` is the place of its target among the file's. Never rejects. */
	async follow(events: AsyncIterable<TraceEvent>, host: number): Promise<void> {
		const beganAt = BigInt(Date.now()) * 1_000_000n;
		try {
			for await (const event of events) {
				if (event.type !== "packet") continue;
				// A world in memory has no clock: its first packet is from now.
				const unixNs = event.unixNs ?? beganAt + BigInt(Math.round(event.atNs));
				this.#queue.add(unixNs, formatPcapPacket(event, unixNs, host));
			}
		} catch {
			// Whoever shows the trace says why it failed.
		}
	}

	/** Writes what is held back, and closes; whether the file is whole. */
	close(): boolean {
		clearInterval(this.#timer);
		this.#write(this.#queue.release(null));
		const fd = this.#fd;
		this.#fd = null;
		if (fd !== null) this.#tried(() => closeSync(fd));
		return this.#failure === null;
	}

	#flush(): void {
		this.#write(this.#queue.release(BigInt(Date.now() - HOLD_MS) * 1_000_000n));
	}

	#write(blocks: readonly Uint8Array[]): void {
		const fd = this.#fd;
		if (fd === null || blocks.length === 0) return;
		this.#tried(() => {
			for (let rest = Buffer.concat(blocks); rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest));
		});
		if (this.#failure === null) return;
		this.#fd = null;
		this.#tried(() => closeSync(fd));
	}

	#fail(error: NodeJS.ErrnoException): void {
		if (this.#failure !== null) return;
		const sentence = writeFailureSentence(`the capture ${this.#path}`, error);
		const { syscall = "", code = "", errno = 0 } = error;
		this.#failure = new WhitherError("systemCall", sentence, {
			call: syscall,
			path: this.#path,
			errno: Math.abs(errno),
			errnoName: code,
		});
		this.#say(sentence);
	}

	#tried<T>(call: () => T): T | null {
		try {
			return call();
		} catch (thrown) {
			this.#fail(thrown as NodeJS.ErrnoException);
			return null;
		}
	}
}
