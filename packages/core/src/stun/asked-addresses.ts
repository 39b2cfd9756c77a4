import { type Instant, SECOND } from "../machine.ts";

/** Sources that are remembered; the one that came first is forgotten first. */
const MOST_SOURCES = 4096;
/** A client's discovery is over by then, retransmissions included. */
const REMEMBERED_NS = 10 * SECOND;

interface Asked {
	readonly local: string;
	at: Instant;
}

/** By which of the server's addresses each source began: its requests to the other one belong to a discovery under way. */
export class AskedAddresses {
	readonly #asked = new Map<string, Asked>();

	/** Notes a request to one of our addresses. True: its source has lately begun at another. */
	continuesElsewhere(source: string, local: string, now: Instant): boolean {
		const known = this.#asked.get(source);
		if (known !== undefined && now - known.at < REMEMBERED_NS) {
			if (known.local === local) known.at = now;
			return known.local !== local;
		}
		this.#asked.delete(source);
		const [oldest] = this.#asked.keys();
		if (oldest !== undefined && this.#asked.size >= MOST_SOURCES) this.#asked.delete(oldest);
		this.#asked.set(source, { local, at: now });
		return false;
	}
}
