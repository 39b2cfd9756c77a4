/** A request of somebody else's and our answers to it (RFC 3261 §17.2, RFC 6026 for INVITEs that we accept). */
import type { Instant } from "@whither/core";
import type { SipHop } from "../transport/hop.ts";
import type { RequestEnvelope } from "./envelope.ts";
import { originOf } from "./matching.ts";
import { GIVEN_UP_AFTER, NEVER, T1, T2, T4 } from "./timers.ts";

/** What a server transaction is made of. */
export interface ServerOrder {
	readonly request: RequestEnvelope;
	/** Where its answers go. */
	readonly hop: SipHop;
	readonly send: (bytes: Uint8Array, hop: SipHop) => void;
}

type ServerState = "proceeding" | "accepted" | "completed" | "confirmed" | "terminated";

/** One request that came in. */
export class ServerTransaction {
	readonly request: RequestEnvelope;
	readonly hop: SipHop;
	/** What copies of it that come another way have in common with it. */
	readonly origin: string;
	/** What a CANCEL does to it, set by whoever answers it. */
	cancelled: ((cancel: RequestEnvelope, now: Instant) => void) | null = null;
	/** Our tag in its answers; null: it has no dialog. */
	localTag: string | null = null;
	readonly #order: ServerOrder;
	readonly #isInvite: boolean;
	readonly #isReliable: boolean;
	#state: ServerState = "proceeding";
	#last: Uint8Array | null = null;
	/** Timer G. */
	#againAt: Instant = NEVER;
	#interval = T1;
	/** Timer H, I, J or L. */
	#endsAt: Instant = NEVER;

	constructor(order: ServerOrder, now: Instant) {
		this.request = order.request;
		this.hop = order.hop;
		this.origin = originOf(order.request);
		this.#order = order;
		this.#isInvite = order.request.message.method === "INVITE";
		this.#isReliable = order.hop.transport !== "udp";
		// Whoever asked has given it up by then (timer F).
		if (!this.#isInvite) this.#endsAt = now + GIVEN_UP_AFTER;
	}

	get state(): ServerState {
		return this.#state;
	}

	/** Whether it has no final answer yet. */
	get isOpen(): boolean {
		return this.#state === "proceeding";
	}

	/** Whether a refusal of ours has not been acknowledged. */
	get isWaiting(): boolean {
		return this.#isInvite && this.#state === "completed";
	}

	get dueAt(): Instant {
		return Math.min(this.#againAt, this.#endsAt);
	}

	/** Sends again or ends, where it is time. */
	tick(now: Instant): void {
		if (now >= this.#endsAt) this.#settle("terminated", NEVER);
		else if (now >= this.#againAt) {
			if (this.#last !== null) this.#order.send(this.#last, this.hop);
			this.#interval = Math.min(2 * this.#interval, T2);
			this.#againAt = now + this.#interval;
		}
	}

	/** Sends an answer; after a final one no other is sent. 2xx of an INVITE is sent again by whoever accepted it. */
	respond(status: number, bytes: Uint8Array, now: Instant): void {
		if (!this.isOpen) return;
		this.#last = bytes;
		this.#order.send(bytes, this.hop);
		if (status < 200) return;
		if (!this.#isInvite) this.#settle("completed", now + (this.#isReliable ? 0 : GIVEN_UP_AFTER));
		else if (status < 300) this.#settle("accepted", now + GIVEN_UP_AFTER);
		else {
			this.#settle("completed", now + GIVEN_UP_AFTER);
			if (!this.#isReliable) this.#againAt = now + T1;
		}
	}

	/** Sends a 2xx to an INVITE again, as whoever accepted it wants. */
	repeat(): void {
		if (this.#last !== null) this.#order.send(this.#last, this.hop);
	}

	/** The request has come again, and is answered as it was if one more answer may go there. */
	again(allows: (hop: SipHop) => boolean): void {
		const answers = this.#state === "proceeding" || this.#state === "completed";
		if (answers && this.#last !== null && allows(this.hop)) this.#order.send(this.#last, this.hop);
	}

	/** ACK of a refusal. */
	acknowledged(now: Instant): void {
		if (this.isWaiting) this.#settle("confirmed", now + (this.#isReliable ? 0 : T4));
	}

	#settle(state: ServerState, endsAt: Instant): void {
		this.#state = state;
		this.#againAt = NEVER;
		this.#endsAt = endsAt;
	}
}
