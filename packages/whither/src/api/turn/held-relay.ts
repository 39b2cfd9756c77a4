/** A relay whose events a trial can wait for. */
import type { Instant, TurnAllocated } from "@whither/core";
import type { RelayEvent, RelayedDatagram, RelayOrder } from "@whither/net/turn-client";
import type { PlaceResult } from "../stun/result.ts";
import { cutShort, failureOf, noAnswerWithin, plainFailure } from "./cell-failure.ts";
import type { TurnCellFailure } from "./result.ts";
import type { TriedRelay, TurnWorld } from "./world.ts";

/** What ends a trial before its time. */
export interface TrialEnd {
	/** Aborted with `outOfTime` or `stopped` as its reason. */
	readonly signal: AbortSignal;
}

/** One of them. */
export class HeldRelay {
	readonly relay: TriedRelay;
	/** The allocation, or why there is none. */
	readonly allocation: Promise<TurnAllocated | TurnCellFailure>;
	/** Who takes what comes. */
	received: (datagram: RelayedDatagram) => void = () => {};
	/** When the leg stood and when the allocation did, on the world's clock. */
	openedAt: Instant | null = null;
	allocatedAt: Instant | null = null;
	local: PlaceResult | null = null;
	/** TLS: the connection below it stands, and the handshake has not ended. */
	handshaking = false;
	#ended = false;
	/** Why it ended, where it did so by itself. */
	#end: TurnCellFailure | null = null;
	#movedTo: PlaceResult | null = null;
	readonly #startedAt: Instant;
	readonly #world: TurnWorld;
	readonly #permissions = new Map<string, TurnCellFailure | null>();
	#waiting: (() => void)[] = [];

	constructor(world: TurnWorld, order: RelayOrder, { signal, waitMs }: TrialEnd & { readonly waitMs: number }) {
		this.#world = world;
		this.#startedAt = world.now();
		let settle: (end: TurnAllocated | TurnCellFailure) => void = () => {};
		const settled = new Promise<TurnAllocated | TurnCellFailure>((resolve) => {
			settle = resolve;
		});
		this.relay = world.openRelay(order, {
			received: (datagram) => this.received(datagram),
			event: (event) => this.#hear(event, settle),
		});
		const stop = () => settle(cutShort(signal));
		const forget = world.after(waitMs, () => settle(noAnswerWithin(this.relay.counters)));
		signal.addEventListener("abort", stop);
		if (signal.aborted) stop();
		this.allocation = settled.finally(() => {
			forget();
			signal.removeEventListener("abort", stop);
		});
	}

	/** Another server, that the first sent us to. */
	get movedTo(): PlaceResult | null {
		return this.#movedTo;
	}

	/** Messages that meant something, such as a challenge. */
	get understood(): number {
		const { received, ignored } = this.relay.counters;
		return received - ignored;
	}

	/** From the beginning to the connection, and from there to the allocation. */
	get timings(): { readonly connectNs: number | null; readonly allocateNs: number | null } {
		const { openedAt, allocatedAt } = this;
		return {
			connectNs: openedAt === null ? null : Math.round(openedAt - this.#startedAt),
			allocateNs: openedAt === null || allocatedAt === null ? null : Math.round(allocatedAt - openedAt),
		};
	}

	/** Lets a peer send to us, on a channel; null once it may, or why it may not. */
	admit(peer: PlaceResult, waitMs: number): Promise<TurnCellFailure | null> {
		this.relay.bind(peer);
		return this.#isPermitted(peer, waitMs);
	}

	/** The same of whoever is at its address. */
	permit(peer: PlaceResult, waitMs: number): Promise<TurnCellFailure | null> {
		this.relay.permit([peer.address]);
		return this.#isPermitted(peer, waitMs);
	}

	async #isPermitted(peer: PlaceResult, waitMs: number): Promise<TurnCellFailure | null> {
		let late = false;
		const forget = this.#world.after(waitMs, () => {
			late = true;
			this.#wake();
		});
		for (;;) {
			const known = this.#permissions.get(peer.address);
			if (known !== undefined || late || this.#ended) {
				forget();
				return (
					known ?? (known === null ? null : late ? plainFailure("timeout") : (this.#end ?? plainFailure("closed")))
				);
			}
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	/** Gives the allocation back; resolves when that is confirmed, or when it has been asked for often enough. */
	async close(): Promise<void> {
		if (this.#ended) return;
		this.relay.close();
		let late = false;
		const forget = this.#world.after(this.allocatedAt === null ? UNGIVEN_CLOSING_MS : MOST_CLOSING_MS, () => {
			late = true;
			this.#wake();
		});
		while (!this.#ended && !late) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		forget();
		this.relay.destroy();
	}

	#hear(event: RelayEvent, settle: (end: TurnAllocated | TurnCellFailure) => void): void {
		if (event.kind === "handshaking") this.handshaking = true;
		else if (event.kind === "opened") {
			this.handshaking = false;
			this.openedAt = this.#world.now();
			this.local = event.local === null ? null : { address: event.local.address, port: event.local.port };
		} else if (event.kind === "allocated") {
			this.allocatedAt = this.#world.now();
			settle(event);
		} else if (event.kind === "redirected") {
			this.#movedTo = event.to;
			this.handshaking = false;
		} else if (event.kind === "permitted") this.#permissions.set(event.address, null);
		else if (event.kind === "refused") this.#permissions.set(event.address, failureOf(event));
		else if (ENDS.has(event.kind)) {
			this.#ended = true;
			if (event.kind === "failed" || event.kind === "lost") {
				this.#end = failureOf(event);
				settle(this.#end);
			} else if (event.kind === "defect") throw new Error(event.about);
			else settle(plainFailure("closed"));
		}
		this.#wake();
	}

	#wake(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resume of waiting) resume();
	}
}

const ENDS: ReadonlySet<RelayEvent["kind"]> = new Set(["failed", "lost", "closed", "defect"]);

/** A little more than the relay needs to say four times that it is to go: what is lost would keep the user's quota. */
const MOST_CLOSING_MS = 4_200;
/** Where there is none, but its answer may be on the way. */
const UNGIVEN_CLOSING_MS = 1_000;
