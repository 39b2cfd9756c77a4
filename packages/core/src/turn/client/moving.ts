import { attributeOf, type StunItem, type StunMessage } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { TurnRefusal } from "./client-io.ts";
import type { Outlet } from "./outlet.ts";
import { type Requests, refusalOf, type SuccessEnd } from "./requests.ts";

/** The allocation that moves: what is asked of it, and what it is told. */
export interface MovedAllocation {
	/** There is one, and it is not being closed. */
	readonly isAllocated: () => boolean;
	/** False after the end of a stream. */
	readonly isConnected: () => boolean;
	/** How long it is to last, as a Refresh request says it. */
	readonly lifetimeItems: () => readonly StunItem[];
	/** It is at the outlet's `local` from now on. */
	readonly moved: (end: SuccessEnd, askedAt: Instant, now: Instant) => void;
	readonly lost: (refusal: TurnRefusal, now: Instant) => void;
}

/** One allocation's way from address to address, by the ticket that the server gave for it (RFC 8016). */
export class Moving {
	readonly #requests: Requests;
	readonly #outlet: Outlet;
	readonly #allocation: MovedAllocation;
	#ticket: Uint8Array | null = null;
	/** The sockets that the server may still use while we move, or does already. */
	#otherLocals: readonly number[] = [];
	/** Where to a move is under way. */
	#movingTo: number | null = null;
	/** What the server said when it did not know us where we are: a move there is under way, or to come. */
	#unknownThere: TurnRefusal | null = null;

	constructor(requests: Requests, outlet: Outlet, allocation: MovedAllocation) {
		this.#requests = requests;
		this.#outlet = outlet;
		this.#allocation = allocation;
	}

	get isMobile(): boolean {
		return this.#ticket !== null;
	}

	/** Whether the server may send there. */
	isAt(local: number): boolean {
		return local === this.#outlet.local || this.#otherLocals.includes(local);
	}

	/** The first ticket, of the answer that made the allocation. */
	keepTicket(message: StunMessage): void {
		this.#ticket = attributeOf(message, "mobilityTicket")?.slice() ?? null;
	}

	/** The next ticket, if there is one. */
	renewTicket(message: StunMessage): void {
		const ticket = attributeOf(message, "mobilityTicket");
		if (ticket !== undefined && ticket.length > 0 && this.#ticket !== null) this.#ticket = ticket.slice();
	}

	/** RFC 8016 §3.2: the ticket tells from another address whose allocation it is. */
	move(local: number, now: Instant): void {
		if (!this.#allocation.isAllocated()) this.#outlet.ignore("notAllocated");
		else if (this.#ticket === null) this.#outlet.ignore("notMobile");
		else {
			this.#otherLocals = [local];
			this.#movingTo = local;
			const ticket: StunItem = { name: "mobilityTicket", value: this.#ticket };
			const attributes = [...this.#allocation.lifetimeItems(), ticket];
			this.#requests.ask({ key: "move", method: "refresh", attributes, local }, now, (end, at) => {
				this.#movingTo = null;
				if (end.kind === "success") this.#hasMoved(local, end, now, at);
				else this.#hasNotMoved(local, refusalOf(end), at);
			});
		}
	}

	#hasMoved(local: number, end: SuccessEnd, askedAt: Instant, now: Instant): void {
		this.#unknownThere = null;
		this.#requests.cancelAll(now);
		// The server sends to the old address until it hears from the new one.
		this.#otherLocals = this.#allocation.isConnected() ? [this.#outlet.local] : [];
		this.#outlet.local = local;
		this.#allocation.moved(end, askedAt, now);
	}

	#hasNotMoved(local: number, refusal: TurnRefusal, now: Instant): void {
		this.#otherLocals = [];
		const unknownThere = this.#unknownThere;
		this.#unknownThere = null;
		if (local === this.#outlet.local && unknownThere !== null) {
			this.#allocation.lost(refusal, now);
			return;
		}
		this.#outlet.tell({ kind: "moveFailed", local, ...refusal });
		// Not there, and not here any more: the server may have moved us and its answer be lost.
		if (unknownThere !== null) this.mismatched(unknownThere, now);
	}

	/**
	 * The server knows no allocation of this 5-tuple. Our address may have changed without our knowledge, by a NAT that
	 * forgot us: a ticket tells. Otherwise it is gone.
	 */
	mismatched(refusal: TurnRefusal, now: Instant): void {
		if (this.#ticket === null) this.#allocation.lost(refusal, now);
		else if (this.#unknownThere === null) {
			this.#unknownThere = refusal;
			// A move to elsewhere may have been done already, and says so when its answer is here.
			if (this.#movingTo === null) this.move(this.#outlet.local, now);
		}
	}
}
