/** Whose probe each name is, for as long as an answer may still come. */
import type { Instant } from "@whither/core";
import { datagramName } from "./datagram-name.ts";

/** An answer that takes longer is of no use to anybody, and nothing that looks like one is kept from the owner any more. */
const KEPT_NS = 30_000_000_000;
/** Probes remembered at most; a trace has fewer on the way. */
const MOST_NAMES = 4_096;

/** The names of the probes that a socket sent lately, with whoever sent them. */
export class ProbeNames<Sender> {
	readonly #senders = new Map<string, Sender>();
	#lastAt: Instant = 0;

	/** Notes a probe as it leaves. */
	record(bytes: Uint8Array, sender: Sender, now: Instant): void {
		const name = datagramName(bytes);
		if (name === null) return;
		this.#senders.set(name, sender);
		this.#lastAt = now;
		const [oldest] = this.#senders.keys();
		if (oldest !== undefined && this.#senders.size > MOST_NAMES) this.#senders.delete(oldest);
	}

	/** Who sent the probe that these bytes begin like or answer; undefined: nobody, they are the owner's business. */
	senderOf(bytes: Uint8Array, now: Instant): Sender | undefined {
		if (this.#senders.size === 0) return undefined;
		if (now - this.#lastAt > KEPT_NS) this.#senders.clear();
		const name = datagramName(bytes);
		return name === null ? undefined : this.#senders.get(name);
	}
}
