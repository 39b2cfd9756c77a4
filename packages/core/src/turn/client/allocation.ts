import { addressFamily, attributeOf, type StunAddress, type StunItem } from "@whither/wire";
import { type Deadline, type Instant, SECOND } from "../../machine.ts";
import { NOWHERE } from "../../stun/verdict.ts";
import { TURN_LIFETIMES } from "../lifetimes.ts";
import { allocatedOf, allocateItems, lesserWish, timesOf, type Wish } from "./allocate.ts";
import type { TurnRefusal } from "./client-io.ts";
import { isPassing } from "./failure.ts";
import { Moving } from "./moving.ts";
import type { Outlet } from "./outlet.ts";
import { ASK_AGAIN_AFTER } from "./permissions.ts";
import { type RefusedEnd, type RequestEnd, type Requests, refusalOf, type SuccessEnd } from "./requests.ts";

/** What an allocation goes through. */
export type AllocationPhase = "new" | "allocating" | "allocated" | "closing" | "ended";

/** The wait for an answer to the last request: four transmissions of it. */
const CLOSED_WITHIN = 4 * SECOND;

/** One allocation, or one of two families, from its request to its end (RFC 8656 §7, §8; RFC 8016). */
export class Allocation {
	phase: AllocationPhase = "new";
	/** False after the end of a stream, until a `move` has succeeded. */
	connected = true;
	readonly #requests: Requests;
	readonly #outlet: Outlet;
	readonly #moving: Moving;
	readonly #moved: (now: Instant) => void;
	#wish: Wish;
	#relayed: readonly StunAddress[] = [];
	#refreshing = false;
	#refreshAt: Instant = Number.POSITIVE_INFINITY;
	#expiresAt: Instant = Number.POSITIVE_INFINITY;
	#closeBy: Instant = Number.POSITIVE_INFINITY;

	/** `moved`: everything is to be asked anew from the new address. */
	constructor(wish: Wish, requests: Requests, outlet: Outlet, moved: (now: Instant) => void) {
		this.#wish = wish;
		this.#requests = requests;
		this.#outlet = outlet;
		this.#moved = moved;
		this.#moving = new Moving(requests, outlet, {
			isAllocated: () => this.phase === "allocated",
			isConnected: () => this.connected,
			lifetimeItems: () => this.#lifetimeItems(),
			moved: (end, askedAt, now) => this.#hasMoved(end, askedAt, now),
			lost: (refusal, now) => this.#lose(refusal, now),
		});
	}

	get transport(): "udp" | "tcp" {
		return this.#wish.transport ?? "udp";
	}

	get deadline(): Deadline {
		const refreshAt = this.#refreshing || !this.connected ? Number.POSITIVE_INFINITY : this.#refreshAt;
		const at = Math.min(refreshAt, this.#expiresAt, this.#closeBy);
		return { at, why: at === refreshAt ? "refresh" : at === this.#closeBy ? "close" : "expire" };
	}

	/** Whether it has a relayed address of this address's family. */
	reaches(address: string): boolean {
		return this.#relayed.some((relayed) => addressFamily(relayed.address) === addressFamily(address));
	}

	/** Whether the server may send there. */
	isAt(local: number): boolean {
		return this.#moving.isAt(local);
	}

	allocate(now: Instant): void {
		if (this.phase !== "new") {
			this.#outlet.ignore("alreadyAllocated");
			return;
		}
		this.phase = "allocating";
		this.#ask(now);
	}

	#ask(now: Instant): void {
		const question = { key: "allocate", method: "allocate", attributes: allocateItems(this.#wish) } as const;
		this.#requests.ask(question, now, (end, at) => this.#answered(end, now, at));
	}

	#answered(end: RequestEnd, askedAt: Instant, now: Instant): void {
		if (end.kind === "refused") this.#refused(end, now);
		else {
			this.#outlet.server = end.server;
			const allocated = allocatedOf(end.message, this.#wish, end.server, end.rttNs);
			if (this.phase === "closing") this.#release(now);
			else if (allocated === null) this.#giveBack(now);
			else {
				this.phase = "allocated";
				this.#relayed = allocated.relayed;
				if (allocated.mobile) this.#moving.keepTicket(end.message);
				this.#live(allocated.lifetimeSeconds, askedAt, now);
				this.#outlet.tell({ kind: "allocated", ...allocated });
			}
		}
	}

	#refused(end: RefusedEnd, now: Instant): void {
		const lesser = lesserWish(this.#wish, end);
		if (this.phase === "closing") this.#closed(true);
		else if (lesser !== null) {
			this.#wish = lesser;
			this.#ask(now);
		} else {
			this.#end();
			const { elsewhere, unknownAttributes } = end;
			this.#outlet.tell({ kind: "failed", ...refusalOf(end), ...elsewhere, unknownAttributes });
		}
	}

	/** What nobody can use (RFC 8656 §7.3). */
	#giveBack(now: Instant): void {
		this.#askRefresh("close", [{ name: "lifetime", value: 0 }], now, () => {});
		this.#end();
		this.#outlet.tell({ kind: "failed", why: "badAnswer", error: null, ...NOWHERE, unknownAttributes: [] });
	}

	/** The server's time began between question and answer: it is asked again by the first, and believed by the last. */
	#live(lifetimeSeconds: number, askedAt: Instant, now: Instant): void {
		const { expiresAfter, refreshedAfter } = timesOf(lifetimeSeconds);
		this.#expiresAt = now + expiresAfter;
		this.#refreshAt = askedAt + refreshedAfter;
	}

	overdue(now: Instant): void {
		if (now >= this.#closeBy) {
			this.#requests.cancelAll(now);
			this.#closed(false);
		} else if (now >= this.#expiresAt) this.#lose({ why: "expired", error: null }, now);
		else if (now >= this.#refreshAt && !this.#refreshing && this.connected) this.#refresh(now);
	}

	/** At once, whenever that is due. */
	refresh(now: Instant): void {
		if (this.phase !== "allocated" || !this.connected) this.#outlet.ignore("notAllocated");
		else if (!this.#refreshing) this.#refresh(now);
	}

	#refresh(now: Instant): void {
		this.#refreshing = true;
		this.#askRefresh("refresh", this.#lifetimeItems(), now, (end, at) => {
			this.#refreshing = false;
			if (end.kind === "success") this.#refreshed(end, now, at);
			else if (isPassing(end.why)) this.#refreshAt = at + (end.why === "timeout" ? 0 : ASK_AGAIN_AFTER);
			else if (end.why === "allocationMismatch") {
				this.#refreshAt = at + ASK_AGAIN_AFTER;
				this.mismatched(refusalOf(end), at);
			} else this.#lose(refusalOf(end), at);
		});
	}

	#refreshed({ message }: SuccessEnd, askedAt: Instant, now: Instant): void {
		this.#moving.renewTicket(message);
		const lifetimeSeconds =
			attributeOf(message, "lifetime") ?? this.#wish.lifetimeSeconds ?? TURN_LIFETIMES.allocationSeconds;
		if (lifetimeSeconds === 0) this.#lose({ why: "expired", error: null }, now);
		else {
			this.#live(lifetimeSeconds, askedAt, now);
			this.#outlet.tell({ kind: "refreshed", lifetimeSeconds });
		}
	}

	#lifetimeItems(): readonly StunItem[] {
		const { lifetimeSeconds } = this.#wish;
		return lifetimeSeconds === undefined ? [] : [{ name: "lifetime", value: lifetimeSeconds }];
	}

	/** Without a family it is about both (RFC 8656 §8). */
	#askRefresh(
		key: string,
		attributes: readonly StunItem[],
		now: Instant,
		ended: (end: RequestEnd, now: Instant) => void,
	): void {
		const { local } = this.#outlet;
		this.#requests.ask({ key, method: "refresh", attributes, local }, now, ended);
	}

	/** To another socket, if the server lets allocations move (RFC 8016). */
	move(local: number, now: Instant): void {
		this.#moving.move(local, now);
	}

	#hasMoved(end: SuccessEnd, askedAt: Instant, now: Instant): void {
		this.connected = true;
		this.#refreshing = false;
		this.#outlet.tell({ kind: "moved", local: this.#outlet.local });
		this.#refreshed(end, askedAt, now);
		if (this.phase === "allocated") this.#moved(now);
	}

	/** The server knows no allocation of this 5-tuple. */
	mismatched(refusal: TurnRefusal, now: Instant): void {
		this.#moving.mismatched(refusal, now);
	}

	/** The stream to the server has ended. */
	disconnect(now: Instant): void {
		this.#requests.cancelAll(now, "move");
		if (this.phase === "closing") this.#closed(false);
		else if (this.phase === "allocating") {
			this.#end();
			this.#outlet.tell({ kind: "failed", why: "closed", error: null, ...NOWHERE, unknownAttributes: [] });
		} else if (this.phase === "allocated" && !this.#moving.isMobile) this.#lose({ why: "closed", error: null }, now);
		else if (this.phase === "allocated" && this.connected) {
			this.connected = false;
			this.#refreshing = false;
			this.#outlet.tell({ kind: "disconnected" });
		}
	}

	close(now: Instant): void {
		if (this.phase === "new") this.#closed(true);
		else if (this.phase === "allocated") this.#release(now);
		else if (this.phase === "allocating") {
			// The server may have heard the request: the answer is waited for, to be taken back.
			this.phase = "closing";
			this.#closeBy = now + CLOSED_WITHIN;
		} else this.#outlet.ignore("notAllocated");
	}

	#release(now: Instant): void {
		if (!this.connected) {
			this.#requests.cancelAll(now);
			this.#closed(false);
			return;
		}
		if (this.phase !== "closing") this.#requests.cancelAll(now);
		this.phase = "closing";
		this.#closeBy = Math.min(this.#closeBy, now + CLOSED_WITHIN);
		this.#refreshAt = Number.POSITIVE_INFINITY;
		this.#expiresAt = Number.POSITIVE_INFINITY;
		this.#askRefresh("close", [{ name: "lifetime", value: 0 }], now, (end) =>
			this.#closed(end.kind === "success" || end.why === "allocationMismatch"),
		);
	}

	#closed(confirmed: boolean): void {
		this.#end();
		this.#outlet.tell({ kind: "closed", confirmed });
	}

	/** It is gone. */
	#lose(refusal: TurnRefusal, now: Instant): void {
		this.#requests.cancelAll(now);
		this.#end();
		this.#outlet.tell({ kind: "lost", ...refusal });
	}

	#end(): void {
		this.phase = "ended";
		this.#refreshAt = Number.POSITIVE_INFINITY;
		this.#expiresAt = Number.POSITIVE_INFINITY;
		this.#closeBy = Number.POSITIVE_INFINITY;
	}
}
