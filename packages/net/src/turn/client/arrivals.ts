/** What has come in over a relay's legs, counted. */
import { isDisbelieved, type TurnClientIgnoreReason } from "@whither/core";
import type { RelayCounters } from "./relay-io.ts";

/** Running totals. */
export class Arrivals {
	received = 0;
	#ignored = 0;
	#disbelieved = 0;

	/** It had no effect. */
	ignore(reason: TurnClientIgnoreReason): void {
		this.#ignored++;
		if (isDisbelieved(reason)) this.#disbelieved++;
	}

	/** Beside so many that were sent. */
	with(sent: number): RelayCounters {
		return { sent, received: this.received, ignored: this.#ignored, disbelieved: this.#disbelieved };
	}
}
