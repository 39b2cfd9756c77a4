import { encodeUtf8, HmacKey, hmacSha256, type StunAddress } from "@whither/wire";
import { type Instant, SECOND } from "../../../machine.ts";
import { Expiries } from "../../server/expiries.ts";
import { PeerFilter, type PeerRules } from "../../server/peer-filter.ts";
import { RelayPorts } from "../../server/relay-ports.ts";
import { familyOf } from "../../server/replies.ts";
import { RELAY_PORTS } from "../../server/state.ts";
import { EARLY_TURN_LIFETIMES } from "../lifetimes.ts";
import type { Binding, EarlyRelay, EarlyReservation } from "./binding.ts";
import type {
	EarlyTurnCounters,
	EarlyTurnIgnoreReason,
	EarlyTurnServerConfig,
	EarlyTurnServerOutput,
} from "./server-io.ts";
import { UsedNames } from "./used-names.ts";

/** What a step puts out. */
export type Outputs = readonly EarlyTurnServerOutput[];

/** What a server knows and has, shared by the phases of the protocol. */
export class EarlyState {
	readonly config: EarlyTurnServerConfig;
	readonly lifetimes: { readonly defaultSeconds: number; readonly maximumSeconds: number };
	readonly byTuple = new Map<string, Binding>();
	readonly relays = new Map<number, EarlyRelay>();
	/** By the address and port that they are told by. */
	readonly reservations = new Map<string, EarlyReservation>();
	/** How many ports are set aside: each may be told by several addresses. */
	reserved = 0;
	/** Bindings, and ports that are set aside. */
	readonly byOwner = new Map<string, number>();
	readonly used = new UsedNames();
	readonly expiries = new Expiries<Binding | EarlyReservation>();
	readonly counters: EarlyTurnCounters = emptyCounters();
	filter: PeerFilter;
	drain: { readonly until: Instant; readonly alternate: readonly StunAddress[] } | null = null;
	readonly #key: HmacKey;
	readonly #ports: readonly RelayPorts[];
	#drawn = 0;
	#ids = 0;
	#turn = 0;

	/** Throws RangeError for relay ports that the draft forbids, and for a rule that is no range of addresses. */
	constructor(config: EarlyTurnServerConfig) {
		const ports = config.relayPorts ?? RELAY_PORTS;
		if (ports.first < RELAY_PORTS.first || ports.last > RELAY_PORTS.last || ports.first > ports.last)
			throw new RangeError(`an early relay has ports of ${RELAY_PORTS.first} to ${RELAY_PORTS.last}`);
		this.config = config;
		this.lifetimes = config.lifetimes ?? EARLY_TURN_LIFETIMES;
		this.#key = new HmacKey(config.secret);
		this.#ports = config.relays.map(() => new RelayPorts(ports));
		this.filter = this.#filterOf(config.peers);
	}

	/** The rules from now on; throws RangeError for one that is no range of addresses, and keeps those of before. */
	rule(peers: PeerRules): void {
		this.filter = this.#filterOf(peers);
	}

	#filterOf(peers: PeerRules = {}): PeerFilter {
		const { relays, relayPorts = RELAY_PORTS } = this.config;
		const all = relays.flatMap(({ address, publicAddress, alsoAt = [] }) => [
			address,
			publicAddress ?? address,
			...alsoAt,
		]);
		return new PeerFilter({
			...peers,
			own: [...(peers.own ?? []), ...all],
			relays: [...(peers.relays ?? []), ...all],
			relayPorts: peers.relayPorts ?? relayPorts,
		});
	}

	unixSeconds(now: Instant): number {
		return Math.floor(this.config.unixSecondsAtZero + now / SECOND);
	}

	/** A number of 32 bits that nobody can tell beforehand and that follows from the secret, another each time. */
	draw(): number {
		const bytes = hmacSha256(this.#key, encodeUtf8(`early turn draw ${this.#drawn++}`));
		return (((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) >>> 0;
	}

	/** A number that names a binding or a relay. */
	nextId(): number {
		return ++this.#ids;
	}

	/** The next of our addresses of a family, by index; null: we have none. */
	nextAddress(family: 4 | 6): number | null {
		const { relays } = this.config;
		for (let step = 0; step < relays.length; step++) {
			const at = (this.#turn + step) % relays.length;
			if (familyOf(relays[at]?.address ?? "") !== family) continue;
			this.#turn = at + 1;
			return at;
		}
		return null;
	}

	portsOf({ at }: Pick<EarlyRelay, "at">): RelayPorts | undefined {
		return this.#ports[at];
	}

	/** One more of an owner's, or one less. */
	countOwned(owner: string, change: 1 | -1): void {
		const count = (this.byOwner.get(owner) ?? 0) + change;
		if (count > 0) this.byOwner.set(owner, count);
		else this.byOwner.delete(owner);
	}
}

/** Nothing comes of it. */
export function ignored(reason: EarlyTurnIgnoreReason): Outputs {
	return [{ type: "ignored", reason }];
}

function emptyCounters(): EarlyTurnCounters {
	return {
		bindings: 0,
		bindingsOpened: 0,
		bindingsClosed: 0,
		bindingsLocked: 0,
		refreshes: 0,
		refusals: {},
		ignored: {},
		usage: { sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0, droppedPackets: 0 },
	};
}
