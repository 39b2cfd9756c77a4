/** A session under way: what happens is written down, and told to its readers once it is on the disk. */
import { WhitherError } from "../../api/error.ts";
import type { SessionEnd, SessionEvent, SessionHeader } from "../../api/session/session.ts";
import type { SessionWriter } from "../../store/session-store.ts";
import { eventFrame } from "../http/event-stream.ts";
import type { SessionNews } from "../protocol/api-protocol.ts";
import type { CourseEvent } from "./course.ts";

/** News of one moment, written down once for all readers. */
export interface Batch {
	/** The number of the event after its last. */
	readonly next: number;
	/** The same as an event, for whoever reads this session alone. */
	readonly frame: Uint8Array;
	/** The same without its id, for whoever reads others too: these bytes serve all of them. */
	readonly body: Uint8Array;
	readonly ended: boolean;
}

/** Who hears of news as they come. */
export type SessionReader = (batch: Batch) => void;

/** So long what happens is gathered before it is written down and told. */
const BATCH_MS = 100;
/** How soon it is tried again where the disk takes nothing. */
const AGAIN_MS = 1_000;
/** JSON of the latest events that is kept for readers who come later; what is older is read from the store. */
const MOST_KEPT_CHARACTERS = 4 << 20;

/** One session. Events that cannot be kept are told to nobody. */
export class RunningSession {
	readonly header: SessionHeader;
	readonly #writer: SessionWriter;
	readonly #readers = new Set<SessionReader>();
	/** Published, as JSON; the first of them has the number `#firstKept`. */
	#kept: string[] = [];
	#keptCharacters = 0;
	#firstKept = 0;
	#published = 0;
	/** Appended, and not yet known to be on the disk. */
	#waiting: SessionEvent[] = [];
	#next = 0;
	#ended = false;
	#isEnding = false;
	#timer: NodeJS.Timeout | null = null;
	#publishing: Promise<void> = Promise.resolve();
	#failed: ((thrown: unknown) => void) | null;

	/** `failed` is called once, where the store will not take what happens any more. */
	constructor(header: SessionHeader, writer: SessionWriter, failed: (thrown: unknown) => void) {
		this.header = header;
		this.#writer = writer;
		this.#failed = failed;
	}

	/** The number of the next event that readers will be told. */
	get published(): number {
		return this.#published;
	}

	/** Whether its readers have been told that nothing follows. */
	get ended(): boolean {
		return this.#ended;
	}

	get readers(): number {
		return this.#readers.size;
	}

	/** Takes an event. */
	tell(event: CourseEvent): void {
		const numbered = { ...event, seq: this.#next++ } as SessionEvent;
		this.#writer.append(numbered);
		this.#waiting.push(numbered);
		this.#flushIn(BATCH_MS);
	}

	/** The last word; resolves once it is on the disk and told, rejects where it cannot be written. Readers hear the end in either case. */
	async end(end: SessionEnd): Promise<void> {
		this.#isEnding = true;
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		await this.#publishing;
		try {
			await this.#flush();
			await this.#writer.end(end);
		} finally {
			this.#ended = true;
			this.#publish([], true);
			this.#readers.clear();
		}
	}

	/** JSON of published events from this number on, a few hundred at most; null: they are so old that the store has to be asked. */
	since(seq: number, most: number): readonly string[] | null {
		if (seq < this.#firstKept) return null;
		return this.#kept.slice(seq - this.#firstKept, seq - this.#firstKept + most);
	}

	/** Tells what is published from now on; the function that is returned ends that. */
	read(reader: SessionReader): () => void {
		this.#readers.add(reader);
		return () => {
			this.#readers.delete(reader);
		};
	}

	#flushIn(ms: number): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = null;
			this.#publishing = this.#publishing.then(() => this.#flush());
		}, ms);
	}

	async #flush(): Promise<void> {
		const events = this.#waiting;
		if (events.length === 0) return;
		this.#waiting = [];
		try {
			await this.#writer.flushed();
		} catch (thrown) {
			// The order has to hold: what comes later is not told before it.
			this.#waiting = [...events, ...this.#waiting];
			this.#refused(thrown);
			return;
		}
		this.#publish(events, false);
	}

	/** A disk that takes nothing may take it later; what the store has given up is over. */
	#refused(thrown: unknown): void {
		if (isForNow(thrown)) {
			if (!this.#isEnding) this.#flushIn(AGAIN_MS);
			return;
		}
		this.#failed?.(thrown);
		this.#failed = null;
	}

	#publish(events: readonly SessionEvent[], ended: boolean): void {
		const lines = events.map((event) => JSON.stringify(event));
		this.#published += lines.length;
		if (!ended) this.#keep(lines);
		if (this.#readers.size === 0) return;
		const batch = batchOf(this.header.id, { lines, next: this.#published, ended });
		for (const reader of [...this.#readers]) reader(batch);
	}

	#keep(lines: readonly string[]): void {
		for (const line of lines) {
			this.#kept.push(line);
			this.#keptCharacters += line.length;
		}
		if (this.#keptCharacters <= MOST_KEPT_CHARACTERS) return;
		let gone = 0;
		// Half at once, so that it is not done for every event.
		while (this.#keptCharacters > MOST_KEPT_CHARACTERS / 2) this.#keptCharacters -= this.#kept[gone++]?.length ?? 0;
		this.#kept = this.#kept.slice(gone);
		this.#firstKept += gone;
	}
}

/** News of these events, each as JSON. */
export function batchOf(
	session: string,
	{ lines, next, ended }: { readonly lines: readonly string[]; readonly next: number; readonly ended: boolean },
): Batch {
	const { events: _, ...rest } = { session, events: [], ended } satisfies SessionNews;
	const data = `${JSON.stringify(rest).slice(0, -1)},"events":[${lines.join(",")}]}`;
	const frame = Buffer.from(eventFrame({ id: `${session}:${next - 1}`, name: "session", data }));
	return { next, frame, body: frame.subarray(frame.indexOf(0x0a) + 1), ended };
}

/** The store tries again by itself where the system refused; what it refuses itself it has given up. */
function isForNow(thrown: unknown): boolean {
	if (!(thrown instanceof WhitherError)) return false;
	const { errnoName } = thrown.data;
	return typeof errnoName === "string" && errnoName !== "";
}
