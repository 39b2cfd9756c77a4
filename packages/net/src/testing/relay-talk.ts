/** A relay whose events a test can await. */
import { openRelay, type Relay } from "../turn/client/relay.ts";
import type { RelayEvent, RelayedDatagram, RelayOrder } from "../turn/client/relay-io.ts";

type Kind = RelayEvent["kind"];
type Told<K extends Kind> = Extract<RelayEvent, { readonly kind: K }>;

/** What a relay has told so far, and what it will tell. */
export class RelayTalk {
	readonly relay: Relay;
	readonly events: RelayEvent[] = [];
	readonly data: RelayedDatagram[] = [];
	#waiting: (() => void)[] = [];
	#abandoned = false;

	constructor(order: RelayOrder) {
		this.relay = openRelay(order, {
			received: (datagram) => {
				this.data.push(datagram);
				this.#wake();
			},
			event: (event) => {
				this.events.push(event);
				this.#wake();
			},
		});
	}

	/** The first event of this kind, the `index`-th; rejects when the relay ends without it. */
	async told<K extends Kind>(kind: K, index = 0): Promise<Told<K>> {
		for (;;) {
			const found = this.events.filter((event): event is Told<K> => event.kind === kind)[index];
			if (found !== undefined) return found;
			const last = this.events.at(-1);
			if (last !== undefined && ENDS.has(last.kind)) throw new Error(`it ended: ${JSON.stringify(last)}`);
			await this.#news();
		}
	}

	/** The `index`-th datagram, from 0. */
	async heard(index = 0): Promise<RelayedDatagram> {
		for (;;) {
			const found = this.data[index];
			if (found !== undefined) return found;
			await this.#news();
		}
	}

	/** Ends it without a word to the server. */
	abandon(): void {
		this.#abandoned = true;
		this.relay.destroy();
	}

	/** Gives the allocation back, and waits for that. */
	async close(): Promise<void> {
		if (this.#abandoned) return;
		this.relay.close();
		await this.told("closed").catch(() => {});
	}

	#news(): Promise<void> {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}

	#wake(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resume of waiting) resume();
	}
}

const ENDS: ReadonlySet<Kind> = new Set(["failed", "lost", "closed", "defect"]);
