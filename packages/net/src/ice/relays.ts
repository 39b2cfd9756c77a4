/** Relays at the servers of an order (RFC 8445 §5.1.1.2). */
import { type Instant, MILLISECOND, SECOND } from "@whither/core";
import type { Alarm } from "../exact-call.ts";
import type { HostAddress } from "../interfaces/host-address.ts";
import type { CarrierEars } from "./carrier.ts";
import type { IceOrder, IceRelayServer } from "./ice-io.ts";
import type { Place } from "./place.ts";
import { RelayBases } from "./relay-bases.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** A server is asked again for a relay that it lost only if that had lasted so long: one that loses each at once is of no use. */
const LASTED_NS = 10 * SECOND;

/** The same default as `IceAgentConfig.gatherTimeoutMs`. */
const GATHER_TIMEOUT_MS = 5000;

/** A server that is to relay for one component, and what it gave. */
interface Wish {
	readonly server: IceRelayServer;
	readonly place: Place;
	relay: RelayBases | null;
}

/** What the relays of one connection share. */
export interface RelaysParts {
	readonly order: IceOrder;
	readonly machine: IceSurroundings;
	readonly ears: CarrierEars;
	readonly places: readonly Place[];
	/** Each has given an address or failed, or is waited for no longer. */
	readonly settled: () => void;
	/** A relay that had lasted `LASTED_NS` is lost. */
	readonly lost: () => void;
}

/** Those of one connection. */
export class Relays {
	readonly #parts: RelaysParts;
	readonly #wishes: readonly Wish[];
	readonly #ending = new Set<Promise<void>>();
	#alarm: Alarm | null = null;
	#waiting = false;
	#endsAt: Instant = Number.POSITIVE_INFINITY;
	#closed = false;

	/** Throws RangeError for a server without a way to it, or without a family of relayed addresses. */
	constructor(parts: RelaysParts) {
		this.#parts = parts;
		const { relays = [] } = parts.order;
		for (const { legs, families = [4] } of relays)
			if (legs.length === 0 || families.length === 0) throw new RangeError("a relay needs a leg and a family");
		this.#wishes = relays.flatMap((server) => parts.places.map((place): Wish => ({ server, place, relay: null })));
	}

	/** An answer of some server is waited for. */
	get isWaiting(): boolean {
		return this.#waiting;
	}

	/** There is a server that could be asked for what it has not given, or what is lost. */
	get isMissing(): boolean {
		return !this.#closed && this.#wishes.some((wish) => isMissing(wish));
	}

	/** Asks every server whose relay is missing, or those alone that have lost theirs or failed; `settled` follows if there are any. */
	ask(which: "all" | "lost"): void {
		const missing = this.#wishes.filter((wish) => isMissing(wish) || (which === "all" && wish.relay?.state === "over"));
		if (missing.length === 0 || this.#closed) return;
		const { machine, order } = this.#parts;
		this.#waiting = true;
		this.#endsAt = machine.clock.now() + (order.gatherTimeoutMs ?? GATHER_TIMEOUT_MS) * MILLISECOND;
		for (const wish of missing) this.#open(wish);
		this.#alarm ??= machine.alarm(() => this.#giveUp());
		this.#alarm.arm(this.#endsAt);
	}

	/** Asks servers whether the relays they gave are still there; one that is not is `relayLost`. */
	refresh(): void {
		for (const { relay } of this.#wishes) relay?.refresh();
	}

	/** Those that were reached from one of these addresses are lost. */
	addressesGone(removed: readonly HostAddress[]): void {
		const gone = new Set(removed.map(({ address }) => address));
		for (const { relay } of this.#wishes)
			if (gone.has(relay?.localAddress ?? "")) relay?.abandon({ code: "relayLost", why: "addressGone" });
	}

	/** Gives all back; resolves when that is done. */
	async close(): Promise<void> {
		this.#closed = true;
		this.#waiting = false;
		this.#alarm?.close();
		for (const { relay } of this.#wishes) relay?.close();
		await Promise.all(this.#ending);
	}

	#open(wish: Wish): void {
		const { order, machine, ears } = this.#parts;
		const families = wish.server.families ?? order.families ?? [4, 6];
		const relay = new RelayBases({
			...{ machine, server: wish.server, families, place: wish.place, tos: order.tos ?? 0, ears },
			timeoutMs: order.gatherTimeoutMs ?? GATHER_TIMEOUT_MS,
			changed: () => this.#changed(wish),
		});
		wish.relay = relay;
		this.#ending.add(relay.ended);
		relay.ended.then(() => this.#ending.delete(relay.ended));
	}

	#changed({ relay }: Wish): void {
		if (relay === null || this.#closed) return;
		const { machine, order, lost } = this.#parts;
		const now = machine.clock.now();
		if (relay.state === "over" && now - relay.since >= LASTED_NS) lost();
		if (!this.#waiting) return;
		if (relay.state === "there") {
			// The network is there: who is silent then is waited for no longer than the grace.
			this.#endsAt = Math.min(this.#endsAt, now + (order.gatherGraceMs ?? 1000) * MILLISECOND);
			this.#alarm?.arm(this.#endsAt);
		}
		this.#settle();
	}

	#settle(): void {
		if (!this.#waiting || this.#wishes.some(({ relay }) => relay?.state === "asking")) return;
		this.#waiting = false;
		this.#alarm?.arm(null);
		this.#parts.settled();
	}

	#giveUp(): void {
		for (const { relay } of this.#wishes) relay?.giveUp();
		this.#settle();
	}
}

/** It has no allocation, is not asking for one, and was not released as unneeded. */
function isMissing({ relay }: Wish): boolean {
	return relay === null || (relay.state === "over" && !relay.isReleased);
}
