/** Server-sent events out of text that comes in pieces (HTML living standard, section 9.2.6). */

/** One event. */
export interface ServerSentEvent {
	/** Default `message`. */
	readonly event: string;
	readonly data: string;
	/** The last id that was said, in this event or before. */
	readonly id: string;
}

/** Characters that one event may have; a longer one ends the stream. */
export const LONGEST_EVENT = 16 * 1024 * 1024;

/** Puts pieces together; one for each stream. */
export class SseReader {
	#rest = "";
	#data: string[] = [];
	#event = "";
	#id = "";
	#held = 0;

	/** Takes the next piece; answers with the events that it ends. Throws `RangeError` where an event is longer than `LONGEST_EVENT`. */
	push(piece: string): readonly ServerSentEvent[] {
		const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
		this.#rest = lines.pop() ?? "";
		const events: ServerSentEvent[] = [];
		for (const line of lines) {
			const event = this.#line(line);
			if (event !== null) events.push(event);
		}
		if (this.#held + this.#rest.length > LONGEST_EVENT) throw new RangeError("an event that is too long");
		return events;
	}

	#line(line: string): ServerSentEvent | null {
		if (line === "") return this.#end();
		const colon = line.indexOf(":");
		if (colon === 0) return null;
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
		if (field === "data") {
			this.#data.push(value);
			this.#held += value.length;
		} else if (field === "event") this.#event = value;
		else if (field === "id" && !value.includes("\0")) this.#id = value;
		return null;
	}

	#end(): ServerSentEvent | null {
		const event = { event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n"), id: this.#id };
		const isEmpty = this.#data.length === 0;
		this.#data = [];
		this.#event = "";
		this.#held = 0;
		return isEmpty ? null : event;
	}
}
