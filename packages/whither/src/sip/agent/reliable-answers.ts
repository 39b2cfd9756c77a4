import type { Instant } from "@whither/core";
import { sipHeader } from "../message/headers.ts";
import { parseSipRack } from "../message/sequence.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import { GIVEN_UP_AFTER, NEVER, T1 } from "../transactions/timers.ts";
import type { Reply } from "./replies.ts";

/** Provisional answers that wait to be sent; ours. */
const MOST_WAITING = 16;

/** What reliable answers stand on. */
export interface ReliableOrder {
	/** RSeq of the first (RFC 3262 §3: drawn, below 2^31). */
	readonly firstRseq: number;
	/** CSeq of the INVITE. */
	readonly seq: number;
	send(reply: Reply, rseq: number, now: Instant): void;
	acknowledged(reply: Reply, prack: RequestEnvelope, now: Instant): void;
	/** No PRACK came. */
	lost(now: Instant): void;
}

/** Provisional answers that are sent until PRACK comes, one after the other (RFC 3262 §3). */
export class ReliableAnswers {
	readonly #order: ReliableOrder;
	readonly #waiting: Reply[] = [];
	#sent: Reply | null = null;
	#rseq: number;
	#interval = T1;
	#againAt: Instant = NEVER;
	#endsAt: Instant = NEVER;

	constructor(order: ReliableOrder) {
		this.#order = order;
		this.#rseq = order.firstRseq - 1;
	}

	/** Whether all have been acknowledged. */
	get isSettled(): boolean {
		return this.#sent === null && this.#waiting.length === 0;
	}

	get dueAt(): Instant {
		return Math.min(this.#againAt, this.#endsAt);
	}

	/** False: too many wait already. */
	add(reply: Reply, now: Instant): boolean {
		if (this.#waiting.length >= MOST_WAITING) return false;
		this.#waiting.push(reply);
		this.#next(now);
		return true;
	}

	/** Whether a PRACK is of the one that waits for it. */
	matches({ message }: RequestEnvelope): boolean {
		const rack = parseSipRack(sipHeader(message, "RAck"));
		if (rack === null || this.#sent === null) return false;
		return rack.response === this.#rseq && rack.number === this.#order.seq && rack.method === "INVITE";
	}

	/** Of one that matches. */
	acknowledge(prack: RequestEnvelope, now: Instant): void {
		const sent = this.#sent;
		if (sent === null) return;
		this.#settle();
		this.#order.acknowledged(sent, prack, now);
		this.#next(now);
	}

	/** There is a final answer: none of these matters any more. */
	drop(): void {
		this.#waiting.length = 0;
		this.#settle();
	}

	tick(now: Instant): void {
		if (this.#sent === null || now < this.dueAt) return;
		if (now >= this.#endsAt) {
			this.drop();
			this.#order.lost(now);
			return;
		}
		this.#order.send(this.#sent, this.#rseq, now);
		this.#interval *= 2;
		this.#againAt = now + this.#interval;
	}

	#next(now: Instant): void {
		if (this.#sent !== null) return;
		this.#sent = this.#waiting.shift() ?? null;
		if (this.#sent === null) return;
		this.#rseq++;
		this.#interval = T1;
		this.#againAt = now + T1;
		this.#endsAt = now + GIVEN_UP_AFTER;
		this.#order.send(this.#sent, this.#rseq, now);
	}

	#settle(): void {
		this.#sent = null;
		this.#againAt = NEVER;
		this.#endsAt = NEVER;
	}
}
