/** How many packets may be under way while throughput is measured: as TCP has it (RFC 5681), so that others keep their share. */

/** At first, at least, and at most: what sockets keep for us. */
const FIRST = 16;
const LEAST = 8;
const MOST = 256;
/** They leave by so many at least. */
const HANDFUL = 4;
/** Later ones may overtake so many before those count as lost. */
const OVERTAKEN = 8;

/** The numbers of packets, from 0 on, and what became of them. */
export class EchoWindow {
	#window = FIRST;
	/** From here on it grows by one in a round trip, before by doubling. */
	#threshold = MOST;
	#sent = 0;
	#received = 0;
	#highest = -1;
	#knownMissing = 0;
	/** What was under way when the last loss was seen says nothing new. */
	#recoveredAt = -1;

	get sent(): number {
		return this.#sent;
	}

	get received(): number {
		return this.#received;
	}

	/** The numbers of those that are to leave now. */
	take(): readonly number[] {
		const room = this.#highest + 1 + Math.floor(this.#window) - this.#sent;
		if (room < HANDFUL) return [];
		return Array.from({ length: room }, () => this.#sent++);
	}

	/** One has come back. */
	echoed(number: number): void {
		this.#received++;
		this.#highest = Math.max(this.#highest, number);
		const missing = this.#highest + 1 - this.#received;
		if (missing > this.#knownMissing + OVERTAKEN && this.#highest > this.#recoveredAt) {
			this.#window = Math.max(LEAST, this.#window / 2);
			this.#threshold = this.#window;
			this.#recoveredAt = this.#sent;
			this.#knownMissing = missing;
		} else this.#window = Math.min(MOST, this.#window + (this.#window < this.#threshold ? 1 : 1 / this.#window));
	}

	/** Nothing comes any more: all that is under way is lost. */
	stalled(): void {
		this.#highest = this.#sent - 1;
		this.#knownMissing = this.#sent - this.#received;
		this.#window = LEAST;
	}
}
