import type { Signalling } from "./signalling.ts";

/** Tells signalling that has use for it what is shown of the way, whenever that changes. */
export class ReachedNews {
	readonly #signalling: Signalling;
	#told = { send: false, receive: false };

	constructor(signalling: Signalling) {
		this.#signalling = signalling;
	}

	tell({ send, receive }: { readonly send: boolean; readonly receive: boolean }): void {
		if (this.#told.send === send && this.#told.receive === receive) return;
		this.#told = { send, receive };
		this.#signalling.reached?.({ send, receive });
	}
}
