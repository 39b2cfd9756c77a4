/** A session that is under way. */
import { WhitherError } from "../api/error.ts";
import type { Session, SessionEnd, SessionEvent, SessionHeader } from "../api/session/session.ts";
import type { GroupCommit } from "./group-commit.ts";
import { EntryFacts } from "./session-entry.ts";
import type { SessionFile } from "./session-file.ts";
import { formatSessionLine, readSessionLines } from "./session-lines.ts";
import type { SessionEntry, SessionWriter } from "./session-store.ts";
import type { SessionPlace } from "./session-tree.ts";
import { storeError } from "./store-errors.ts";

/** How soon an end that could not be written is tried again. */
const AGAIN_MS = 1_000;

/** What one is made of. */
export interface RunningParts {
	readonly header: SessionHeader;
	readonly place: SessionPlace;
	readonly file: SessionFile;
	readonly commits: GroupCommit;
	/** `Sessions cannot be written to ...`. */
	readonly cannot: string;
	/** Called once its end is on the disk. */
	readonly onEnded: (session: RunningSession) => void;
}

export class RunningSession implements SessionWriter {
	readonly place: SessionPlace;
	readonly #parts: RunningParts;
	readonly #facts: EntryFacts;
	#state: "running" | "ending" | "over" | "removed" = "running";

	constructor(parts: RunningParts) {
		this.#parts = parts;
		this.place = parts.place;
		this.#facts = new EntryFacts(parts.header);
	}

	get bytes(): number {
		return this.#parts.file.bytes;
	}

	append(event: SessionEvent): void {
		if (this.#state !== "running") return;
		const line = formatSessionLine(event);
		if (line === null) return;
		const { file, commits } = this.#parts;
		file.take(line);
		if (!file.isBroken) this.#facts.add(event);
		commits.touch(file);
	}

	async flushed(): Promise<void> {
		const { file, commits, cannot } = this.#parts;
		if (this.#isGone()) return;
		const { taken } = file;
		try {
			await commits.safe(file);
		} catch (thrown) {
			// Of a file that has gone nothing waits, and that it has gone is what there is to say.
			const isGivenUp = file.isBroken && file.safe < file.taken;
			throw isGivenUp ? this.#broken() : storeError(cannot, thrown);
		}
		// Meanwhile it may have been closed.
		if (!this.#isGone(taken) && file.isBroken) throw this.#broken();
	}

	/** Nobody wants what it has taken any more; throws where it was closed before that was on the disk. */
	#isGone(taken: number = this.#parts.file.taken): boolean {
		const { file, cannot } = this.#parts;
		if (this.#state === "over" && file.safe < taken) throw storeError(cannot, new Error("the store was closed"));
		return this.#state === "removed";
	}

	async end(end: SessionEnd): Promise<void> {
		if (this.#state !== "running") return this.flushed();
		this.#state = "ending";
		const { file, commits } = this.#parts;
		this.#facts.end(end);
		file.takeLast(
			formatSessionLine(end) ?? formatSessionLine({ outcome: "result", endedAt: end.endedAt, result: null }) ?? "",
		);
		commits.touch(file);
		try {
			await this.flushed();
		} finally {
			this.#finish();
		}
	}

	entry(): SessionEntry {
		return this.#facts.entry(this.bytes);
	}

	async read(): Promise<Session | null> {
		try {
			const session = await readSessionLines(await this.#parts.file.read());
			return session === null ? null : { header: session.header, events: session.events, end: session.end };
		} catch (thrown) {
			throw storeError(`Session ${this.place.id} cannot be read`, thrown);
		}
	}

	/** What comes from now on goes nowhere. */
	async forget(): Promise<void> {
		if (this.#state === "over" || this.#state === "removed") return;
		this.#state = "removed";
		await this.#letGo();
	}

	/** Once all is written that can be. */
	async close(): Promise<void> {
		if (this.#state === "over" || this.#state === "removed") return;
		this.#state = "over";
		await this.#letGo();
	}

	async #letGo(): Promise<void> {
		this.#parts.commits.forget(this.#parts.file);
		await this.#parts.file.close().catch(() => {});
	}

	/** An end that could not be written is tried again with all else; a session that lacks events has its end all the same. */
	#finish(): void {
		const { file, onEnded } = this.#parts;
		if (this.#state !== "ending") return;
		if (file.safe < file.taken) {
			setTimeout(() => this.#finish(), AGAIN_MS).unref();
			return;
		}
		onEnded(this);
		void this.close();
	}

	#broken(): WhitherError {
		const sentence = `Session ${this.place.id} is not kept whole: it is too long, or the disk took nothing for too long; begin another`;
		return new WhitherError("storeFailed", sentence, { id: this.place.id });
	}
}
