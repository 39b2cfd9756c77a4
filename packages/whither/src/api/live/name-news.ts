/** Names and origins of those who answer, told as they become known. */
import type { RoundsEvent, TraceWarning } from "@whither/core";
import type { AddressBook } from "../address-book.ts";

/** Addresses that are asked about: more answerers than any path has, but not without end. */
const MOST_ASKED = 4_096;

/** Asks about each answerer once. */
export class NameNews {
	readonly #book: AddressBook;
	readonly #tell: (event: Extract<RoundsEvent, { type: "name" }>) => void;
	readonly #asked = new Set<string>();
	readonly #open = new Set<Promise<void>>();
	#atNs = 0;
	#closed = false;

	constructor(book: AddressBook, tell: (event: Extract<RoundsEvent, { type: "name" }>) => void) {
		this.#book = book;
		this.#tell = tell;
	}

	/** What is to be said of look-ups that came to nothing. */
	get warnings(): readonly TraceWarning[] {
		return this.#book.warnings;
	}

	/** Resolves when all that was asked by now is known, or known to be missing. */
	get settled(): Promise<unknown> {
		return Promise.all(this.#open);
	}

	/** The event with what is known by now; asks about whoever is new in it. */
	complete(event: RoundsEvent): RoundsEvent {
		if ("atNs" in event) this.#atNs = event.atNs;
		if (event.type !== "probe" || event.probe.from === null) return event;
		this.#ask(event.probe.from);
		return { ...event, probe: this.#book.complete(event.probe) };
	}

	/** Tells no more. */
	close(): void {
		this.#closed = true;
	}

	#ask(address: string): void {
		if (this.#asked.has(address) || this.#asked.size >= MOST_ASKED) return;
		this.#asked.add(address);
		const asked = this.#book.ask(address).then(() => {
			this.#open.delete(asked);
			const known = this.#book.known(address);
			if (!this.#closed && Object.values(known).some((value) => value !== null))
				this.#tell({ type: "name", atNs: this.#atNs, address, ...known });
		});
		this.#open.add(asked);
	}
}
