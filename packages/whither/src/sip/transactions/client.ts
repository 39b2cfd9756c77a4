/** A request of ours and what comes of it (RFC 3261 §17.1, RFC 6026 for INVITEs that are accepted). */
import type { Instant } from "@whither/core";
import type { SipRequest } from "../message/message.ts";
import type { SipHop } from "../transport/hop.ts";
import type { ResponseEnvelope } from "./envelope.ts";
import { GIVEN_UP_AFTER, NEVER, RINGING_ENDS_AFTER, T1, T2, T4, TIMER_D } from "./timers.ts";

/** Why a request got no answer. */
export type NoAnswer = { readonly code: "timeout" } | { readonly code: "transport"; readonly why: string };

/** Who waits for a request's answers. */
export interface ClientUser {
	/** Each provisional one, and a final one; of an INVITE every 2xx, those of other forks and those that were sent again too. */
	response(response: ResponseEnvelope, now: Instant): void;
	/** An INVITE has rung for as long as anybody is waited for, and is cancelled: its final answer is still heard. */
	overdue(now: Instant): void;
	/** Instead of a final one. */
	failed(why: NoAnswer, now: Instant): void;
}

/** What a client transaction is made of. */
export interface ClientOrder {
	readonly request: SipRequest;
	readonly bytes: Uint8Array;
	readonly hop: SipHop;
	readonly user: ClientUser;
	/** Makes the ACK of a refusal (RFC 3261 §17.1.1.3); of an INVITE alone. */
	readonly acknowledge: ((response: ResponseEnvelope) => Uint8Array) | null;
	readonly send: (bytes: Uint8Array, hop: SipHop) => void;
}

/** `calling` is `trying` of other requests than INVITE. */
type ClientState = "calling" | "proceeding" | "accepted" | "completed" | "terminated";

/** One request on its way. */
export class ClientTransaction {
	readonly request: SipRequest;
	readonly hop: SipHop;
	readonly #order: ClientOrder;
	readonly #isReliable: boolean;
	#state: ClientState = "calling";
	/** Timer A or E. */
	#againAt: Instant = NEVER;
	#interval = T1;
	/** Timer B, D, F, K or M. */
	#endsAt: Instant;
	#ack: Uint8Array | null = null;
	#isCancelled = false;

	constructor(order: ClientOrder, now: Instant) {
		this.request = order.request;
		this.hop = order.hop;
		this.#order = order;
		this.#isReliable = order.hop.transport !== "udp";
		this.#endsAt = now + GIVEN_UP_AFTER;
		if (!this.#isReliable) this.#againAt = now + T1;
		order.send(order.bytes, order.hop);
	}

	get state(): ClientState {
		return this.#state;
	}

	/** Whether a final answer is still to come. */
	get isWaiting(): boolean {
		return this.#state === "calling" || this.#state === "proceeding";
	}

	get dueAt(): Instant {
		return Math.min(this.#againAt, this.#endsAt);
	}

	/** Sends again or ends, where it is time. */
	tick(now: Instant): void {
		if (now >= this.#endsAt) this.#overdue(now);
		else if (now >= this.#againAt) this.#again(now);
	}

	/** An INVITE that has been cancelled is not waited for any longer than this (RFC 3261 §9.1). */
	cancelled(now: Instant): void {
		if (!this.isWaiting) return;
		this.#isCancelled = true;
		this.#endsAt = now + GIVEN_UP_AFTER;
	}

	transportFailed(why: string, now: Instant): void {
		if (this.isWaiting) this.#end({ code: "transport", why }, now);
	}

	response(response: ResponseEnvelope, now: Instant): void {
		const { status } = response.message;
		if (status < 200) this.#provisional(response, now);
		else if (this.#order.acknowledge === null) this.#final(response, now);
		else if (status < 300) this.#accepted(response, now);
		else this.#refused(response, this.#order.acknowledge, now);
	}

	#provisional(response: ResponseEnvelope, now: Instant): void {
		if (!this.isWaiting) return;
		this.#state = "proceeding";
		if (this.#order.acknowledge === null) this.#interval = T2;
		else {
			this.#againAt = NEVER;
			if (!this.#isCancelled) this.#endsAt = now + RINGING_ENDS_AFTER;
		}
		this.#order.user.response(response, now);
	}

	#final(response: ResponseEnvelope, now: Instant): void {
		if (!this.isWaiting) return;
		this.#settle("completed", now + (this.#isReliable ? 0 : T4));
		this.#order.user.response(response, now);
	}

	#accepted(response: ResponseEnvelope, now: Instant): void {
		if (this.isWaiting) this.#settle("accepted", now + GIVEN_UP_AFTER);
		if (this.#state === "accepted") this.#order.user.response(response, now);
	}

	#refused(response: ResponseEnvelope, acknowledge: (response: ResponseEnvelope) => Uint8Array, now: Instant): void {
		if (this.isWaiting) {
			this.#settle("completed", now + (this.#isReliable ? 0 : TIMER_D));
			this.#ack = acknowledge(response);
			this.#order.send(this.#ack, this.hop);
			this.#order.user.response(response, now);
		} else if (this.#state === "completed" && this.#ack !== null) this.#order.send(this.#ack, this.hop);
	}

	#settle(state: ClientState, endsAt: Instant): void {
		this.#state = state;
		this.#againAt = NEVER;
		this.#endsAt = endsAt;
	}

	#again(now: Instant): void {
		this.#order.send(this.#order.bytes, this.hop);
		this.#interval = this.#order.acknowledge === null ? Math.min(2 * this.#interval, T2) : 2 * this.#interval;
		this.#againAt = now + this.#interval;
	}

	#overdue(now: Instant): void {
		const rings = this.#state === "proceeding" && this.#order.acknowledge !== null && !this.#isCancelled;
		if (!rings) {
			this.#end({ code: "timeout" }, now);
			return;
		}
		this.cancelled(now);
		this.#order.user.overdue(now);
	}

	#end(why: NoAnswer, now: Instant): void {
		const wasWaiting = this.isWaiting;
		this.#settle("terminated", NEVER);
		if (wasWaiting) this.#order.user.failed(why, now);
	}
}
