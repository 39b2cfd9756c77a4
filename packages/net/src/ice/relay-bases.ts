/** One relay: an allocation, each of whose addresses is a base. */
import type { Family, IceBase, Instant, TurnFailure } from "@whither/core";
import { addressFamily, formatEndpoint, type StunAddress } from "@whither/wire";
import type { Carrier, CarrierEars } from "./carrier.ts";
import type { IceBaseEnd, IceRelayLeg, IceRelayServer } from "./ice-io.ts";
import type { Place } from "./place.ts";
import type { RelayLegEnd, RelayRaceEvent } from "./relay-race.ts";
import type { IceRelay, IceSurroundings } from "./surroundings.ts";

/** What one is made of. */
export interface RelayParts {
	readonly machine: IceSurroundings;
	readonly server: IceRelayServer;
	/** Of relayed addresses. */
	readonly families: readonly Family[];
	readonly place: Place;
	/** How long an answer is waited for. */
	readonly timeoutMs: number;
	/** Of what leaves for the server by UDP. */
	readonly tos: number;
	readonly ears: CarrierEars;
	/** `state` has changed. */
	readonly changed: () => void;
}

/** What a server says of a peer that it would say again. */
const NEVER_PERMITTED: ReadonlySet<TurnFailure> = new Set(["forbidden", "familyMismatch"]);

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
	readonly #relay: IceRelay;
	readonly #bases = new Map<Family, number>();
	readonly #channels = new Set<string>();
	#end: () => void = () => {};

	constructor(parts: RelayParts) {
		this.#parts = parts;
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		const { legs, credentials } = parts.server;
		const both = parts.families.includes(4) && parts.families.includes(6);
		const family = both ? "both" : (parts.families[0] ?? 4);
		const signed = credentials === undefined ? {} : { credentials };
		this.#relay = parts.machine.openRelay(
			{ legs, ...signed, allocation: { family }, timeoutMs: parts.timeoutMs, tos: parts.tos },
			{
				received: ({ from, bytes, at, stamp }) => {
					const base = this.#bases.get(familyOf(from));
					if (base !== undefined) parts.ears.received(base, from, bytes, { at, stamp });
				},
				event: (event) => this.#hear(event),
			},
		);
	}

	/** Our address that the server is reached from; null while it is not known. */
	get localAddress(): string | null {
		return this.#relay.local?.address ?? null;
	}

	/** A server that has started anew knows nothing of it, and says so only when it is asked. */
	refresh(): void {
		if (this.state !== "there") return;
		// A restart wants it: once it is lost it counts as having lasted.
		this.since = Number.NEGATIVE_INFINITY;
		this.#relay.refresh();
	}

	/** It is not waited for any more. */
	giveUp(): void {
		if (this.state !== "asking") return;
		for (const leg of this.#relay.underWay) this.#legFailed(leg, { kind: "late" });
		this.close();
	}

	/** Gives it back. */
	close(): void {
		if (this.state === "over") return;
		this.state = "over";
		this.#bases.clear();
		this.#relay.close();
	}

	/** Ends it without giving it back, since the server cannot be reached any more. */
	abandon(why: IceBaseEnd): void {
		if (this.state === "over") return;
		this.#relay.destroy();
		this.#over(why);
		this.#end();
	}

	#hear(event: RelayRaceEvent): void {
		switch (event.kind) {
			case "allocated":
				this.#allocated(event);
				return;
			case "bound":
				this.#channels.add(formatEndpoint(event.peer));
				return;
			case "unbound":
				this.#channels.delete(formatEndpoint(event.peer));
				return;
			case "icmp":
				this.#refused(event.peer, `icmp ${event.icmp.type}/${event.icmp.code}`);
				return;
			case "refused":
				if (NEVER_PERMITTED.has(event.why)) this.#forbidden(event.address, event.why);
				return;
			case "legFailed":
				this.#legFailed(event.leg, event.end);
				return;
			case "failed":
				for (const { leg, end } of event.failures) if (end.kind === "late") this.#legFailed(leg, end);
				this.#finished(event.why);
				return;
			case "lost":
				this.#finished(event.why);
				return;
			case "defect":
			case "closed":
				this.#finished(event.kind);
		}
	}

	#legFailed({ server: { address, port } }: IceRelayLeg, end: RelayLegEnd): void {
		if (this.state !== "asking") return;
		const refusal = end.kind === "failed" || end.kind === "lost" ? end : null;
		const why = refusal?.why ?? (end.kind === "late" ? "timeout" : end.kind);
		this.#parts.ears.failed({ base: null, server: { address, port }, why, error: refusal?.error ?? null });
	}

	#allocated({ relayed, mapped, server }: Extract<RelayRaceEvent, { readonly kind: "allocated" }>): void {
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
		const { machine, tos } = this.#parts;
		const leg = relay.leg?.transport ?? "udp";
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
				socket: leg === "udp" && machine.lends ? { borrow: (request) => relay.borrow(request), tos } : null,
				remote: relay.server,
				relay: { server: relay.server, relayed, leg, channel: this.#channels.has(formatEndpoint(peer)) },
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

	#forbidden(address: string, why: string): void {
		const base = this.#bases.get(familyOf({ address }));
		if (base !== undefined) this.#parts.ears.forbidden(base, address, why);
	}

	#finished(why: string): void {
		this.#end();
		if (this.state !== "over") this.#over({ code: "relayLost", why });
	}

	#over(why: IceBaseEnd): void {
		this.state = "over";
		const bases = [...this.#bases.values()];
		this.#bases.clear();
		for (const base of bases) this.#parts.ears.gone(base, why);
		this.#parts.changed();
	}
}

function familyOf({ address }: Pick<StunAddress, "address">): Family {
	return addressFamily(address) ?? 4;
}
