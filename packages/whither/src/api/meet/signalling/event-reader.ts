/** Server-sent events (WHATWG HTML §9.2.6) out of text as it comes. Pure. */

/** One event; `id` as it stood, or null. */
export interface ReadEvent {
	readonly id: string | null;
	readonly name: string;
	readonly data: string;
}

/** Characters that one event may have. */
const LONGEST_EVENT = 65_536;

/** Text in pieces in, events out. */
export class EventReader {
	#rest = "";
	#id: string | null = null;
	#name = "";
	#data: string[] = [];
	#length = 0;

	/** The events that are whole now; null: one is longer than any may be, and nothing after it is read. */
	read(text: string): readonly ReadEvent[] | null {
		const events: ReadEvent[] = [];
		// A line may end with CR LF of which only the CR has come.
		const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
		this.#rest = lines.pop() ?? "";
		for (const line of lines) {
			this.#length += line.length;
			if (line !== "") this.#take(line);
			else events.push(...this.#finish());
		}
		return this.#length + this.#rest.length > LONGEST_EVENT ? null : events;
	}

	#take(line: string): void {
		const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
		if (field === "data") this.#data.push(value);
		else if (field === "event") this.#name = value;
		else if (field === "id" && !value.includes("\0")) this.#id = value;
	}

	#finish(): readonly ReadEvent[] {
		const event = { id: this.#id, name: this.#name || "message", data: this.#data.join("\n") };
		const isEvent = this.#data.length > 0;
		this.#name = "";
		this.#data = [];
		this.#length = 0;
		return isEvent ? [event] : [];
	}
}
