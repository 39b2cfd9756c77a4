/** Names of addresses, or what else there is to know of them, each asked once, a few at a time, and never waited for by the trace itself. */

/** Questions on the way at most; the rest queue. */
const MOST_IN_FLIGHT = 16;

/** Remembers what each address is called; null while unknown and where there is no name. */
export class NameBook<Name = string> {
	readonly #reverse: (address: string) => Promise<Name | null>;
	readonly #names = new Map<string, Name | null>();
	readonly #asked = new Map<string, Promise<void>>();
	readonly #queue: (() => void)[] = [];
	#inFlight = 0;
	#answered = 0;
	#failed = 0;

	constructor(reverse: (address: string) => Promise<Name | null>) {
		this.#reverse = reverse;
	}

	/** Ask for the name; resolves when it is known, or known to be missing. The same address is asked once. */
	ask(address: string): Promise<void> {
		const before = this.#asked.get(address);
		if (before !== undefined) return before;
		const asked = this.#slot()
			.then(() => this.#reverse(address))
			.then((name) => {
				this.#answered++;
				return name;
			})
			.catch(() => {
				this.#failed++;
				return null;
			})
			.then((name) => this.#settle(address, name));
		this.#asked.set(address, asked);
		return asked;
	}

	/** Questions came to nothing for want of an answer, all that have come to anything. */
	get isUnanswered(): boolean {
		return this.#failed > 0 && this.#answered === 0;
	}

	/** The name if it is known by now, else null. */
	name(address: string | null): Name | null {
		return address === null ? null : (this.#names.get(address) ?? null);
	}

	#slot(): Promise<void> {
		this.#inFlight++;
		if (this.#inFlight <= MOST_IN_FLIGHT) return Promise.resolve();
		return new Promise((resolve) => this.#queue.push(resolve));
	}

	#settle(address: string, name: Name | null): void {
		this.#names.set(address, name);
		this.#inFlight--;
		this.#queue.shift()?.();
	}
}
