/** One relay: an allocation, each of whose addresses is a base. */
import type { Family, IceBase, Instant } from "@whither/core";
import { addressFamily, type StunAddress } from "@whither/wire";
import type { RelayEvent, RelayOrder } from "../turn/client/relay-io.ts";
import type { Carrier, CarrierEars } from "./carrier.ts";
import type { IceBaseEnd, IceRelayServer } from "./ice-io.ts";
import type { Place } from "./place.ts";
import type { IceRelay, IceSurroundings } from "./surroundings.ts";

/** What one is made of. */
export interface RelayParts {
	readonly machine: IceSurroundings;
	readonly server: IceRelayServer;
	/** Of relayed addresses. */
	readonly families: readonly Family[];
	readonly place: Place;
	readonly ears: CarrierEars;
	/** It has another state. */
	readonly changed: () => void;
}

/** One allocation, from asking for it to its end. */
export class RelayBases {
	state: "asking" | "there" | "over" = "asking";
	/** It was given back before its end, since nobody needed it. */
	isReleased = false;
	/** When it came to be. */
	since: Instant = Number.POSITIVE_INFINITY;
	/** Resolves at its end. */
	readonly ended: Promise<void>;
	readonly #parts: RelayParts;
	readonly #order: RelayOrder;
	readonly #relay: IceRelay;
	/** The relay's clock has another beginning. */
	readonly #shift: number;
	readonly #bases = new Map<Family, number>();
	readonly #channels = new Set<string>();
	#end: () => void = () => {};

	constructor(parts: RelayParts) {
		this.#parts = parts;
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		this.#order = orderOf(parts.server, parts.families);
		this.#relay = parts.machine.openRelay(this.#order, {
			received: ({ from, bytes, at, stamp }) => {
				const base = this.#bases.get(familyOf(from));
				if (base !== undefined) parts.ears.received(base, from, bytes, { at: at + this.#shift, stamp });
			},
			event: (event) => this.#hear(event),
		});
		this.#shift = parts.machine.clock.now() - this.#relay.now();
	}

	/** Our address that the server is reached from; null while it is not known. */
	get localAddress(): string | null {
		return this.#relay.local?.address ?? null;
	}

	/** Gives it back. */
	close(): void {
		if (this.state === "over") return;
		this.state = "over";
		this.#bases.clear();
		this.#relay.close();
	}

	/** It cannot be reached any more: there is nobody to give it back to. */
	abandon(why: IceBaseEnd): void {
		if (this.state === "over") return;
		this.#relay.destroy();
		this.#over(why);
		this.#end();
	}

	#hear(event: RelayEvent): void {
		switch (event.kind) {
			case "allocated":
				this.#allocated(event);
				return;
			case "bound":
				this.#channels.add(peerKey(event.peer));
				return;
			case "unbound":
				this.#channels.delete(peerKey(event.peer));
				return;
			case "icmp":
				this.#refused(event.peer, `icmp ${event.icmp.type}/${event.icmp.code}`);
				return;
			case "failed":
			case "lost":
			case "defect":
			case "closed":
				this.#finished(event);
		}
	}

	#allocated({ relayed, mapped, server }: Extract<RelayEvent, { readonly kind: "allocated" }>): void {
		if (this.state !== "asking") return;
		const { families, machine, ears } = this.#parts;
		this.state = "there";
		this.since = machine.clock.now();
		for (const address of relayed) {
			const family = familyOf(address);
			if (!families.includes(family) || this.#bases.has(family)) continue;
			this.#bases.set(family, ears.opened(this.#carrier(family, address, { server, mapped })));
		}
		this.#parts.changed();
	}

	#carrier(
		family: Family,
		relayed: StunAddress,
		{ server, mapped }: { readonly server: StunAddress; readonly mapped: StunAddress | null },
	): Carrier {
		const relay = this.#relay;
		const leg = this.#order.transport;
		const at: IceBase = { ...relayed, ...this.#parts.place, relay: { server, leg, mapped } };
		return {
			at,
			send: (to, bytes) => {
				relay.send(to, bytes);
				return null;
			},
			permit: (address) => relay.permit([address]),
			use: (peer, isUsed) => (isUsed ? relay.bind(peer) : relay.unbind(peer)),
			flow: (peer) => ({
				socket:
					leg === "udp" && this.#parts.machine.lends ? { borrow: (request) => relay.borrow(request), tos: 0 } : null,
				remote: relay.server,
				relay: { server: relay.server, relayed, leg, channel: this.#channels.has(peerKey(peer)) },
			}),
			close: () => {
				this.#bases.delete(family);
				if (this.#bases.size > 0) return;
				this.isReleased = true;
				this.close();
			},
		};
	}

	#refused(peer: StunAddress, code: string): void {
		const base = this.#bases.get(familyOf(peer));
		if (base !== undefined) this.#parts.ears.refused(base, peer, code);
	}

	#finished(event: Extract<RelayEvent, { readonly kind: "failed" | "lost" | "defect" | "closed" }>): void {
		this.#end();
		if (this.state === "over") return;
		const why = event.kind === "failed" || event.kind === "lost" ? event.why : event.kind;
		const error = event.kind === "failed" || event.kind === "lost" ? event.error : null;
		const { address, port } = this.#relay.server;
		if (this.state === "asking") this.#parts.ears.failed({ base: null, server: { address, port }, why, error });
		this.#over({ code: "relayLost", why });
	}

	#over(why: IceBaseEnd): void {
		this.state = "over";
		const bases = [...this.#bases.values()];
		this.#bases.clear();
		for (const base of bases) this.#parts.ears.gone(base, why);
		this.#parts.changed();
	}
}

function orderOf({ legs, credentials }: IceRelayServer, families: readonly Family[]): RelayOrder {
	const [leg] = legs;
	if (leg === undefined) throw new RangeError("a relay needs a way to its server");
	const family = families.includes(4) && families.includes(6) ? "both" : (families[0] ?? 4);
	return { ...leg, ...(credentials === undefined ? {} : { credentials }), allocation: { family } };
}

function familyOf({ address }: StunAddress): Family {
	return addressFamily(address) ?? 4;
}

function peerKey({ address, port }: StunAddress): string {
	return `${address} ${port}`;
}
