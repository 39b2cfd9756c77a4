import type { Instant } from "@whither/core";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import { GIVEN_UP_AFTER, NEVER, T1, T2 } from "../transactions/timers.ts";

/** A 2xx of ours. */
export interface AcceptanceOrder {
	/** CSeq of the INVITE. */
	readonly seq: number;
	readonly send: () => void;
	acknowledged(ack: RequestEnvelope, now: Instant): void;
	/** No ACK came. */
	lost(now: Instant): void;
}

/** Sends a 2xx again and again until its ACK comes, whatever the transport (RFC 3261 §13.3.1.4). */
export class Acceptance {
	readonly #order: AcceptanceOrder;
	readonly #endsAt: Instant;
	#againAt: Instant;
	#interval = T1;
	#isOver = false;

	/** It has been sent once. */
	constructor(order: AcceptanceOrder, now: Instant) {
		this.#order = order;
		this.#againAt = now + T1;
		this.#endsAt = now + GIVEN_UP_AFTER;
	}

	/** Whether ACK is waited for. */
	get isWaiting(): boolean {
		return !this.#isOver;
	}

	get dueAt(): Instant {
		return this.#isOver ? NEVER : Math.min(this.#againAt, this.#endsAt);
	}

	acknowledge(ack: RequestEnvelope, now: Instant): void {
		if (this.#isOver || ack.cseq.number !== this.#order.seq) return;
		this.#isOver = true;
		this.#order.acknowledged(ack, now);
	}

	tick(now: Instant): void {
		if (this.#isOver || now < this.dueAt) return;
		if (now >= this.#endsAt) {
			this.#isOver = true;
			this.#order.lost(now);
			return;
		}
		this.#order.send();
		this.#interval = Math.min(2 * this.#interval, T2);
		this.#againAt = now + this.#interval;
	}
}
