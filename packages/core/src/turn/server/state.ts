import { encodeUtf8, HmacKey, hmacSha256, type StunAddress, type StunItem } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import type { Allocation, Relay, Reservation } from "./allocation.ts";
import { emptyCounters, type TurnCounters } from "./counters.ts";
import { Expiries } from "./expiries.ts";
import { LONGEST_NONCE_SECONDS, Nonces } from "./nonces.ts";
import { PeerFilter, type PeerRules } from "./peer-filter.ts";
import { RelayPorts } from "./relay-ports.ts";
import { familyOf } from "./replies.ts";
import { TURN_HOLDINGS, type TurnAlternate, type TurnServerConfig } from "./server-io.ts";
import type { PeerConnection } from "./tcp-peers.ts";
import { type PasswordAlgorithm, UserTable } from "./users.ts";

/** RFC 8656 §7.2: dynamic ports. */
export const RELAY_PORTS = { first: 49_152, last: 65_535 } as const;

/** RFC 8656 §7.2: ten minutes, and at most an hour. */
const LIFETIMES = { defaultSeconds: 600, maximumSeconds: 3600 } as const;

/** No more allocations; those there are end at `until`. */
interface Drain {
	readonly until: Instant;
	readonly alternate: readonly TurnAlternate[];
}

/** What a server knows and has, shared by the phases of the protocol. */
export class TurnState {
	readonly config: TurnServerConfig;
	/** What is offered now, in this order. */
	algorithms: readonly PasswordAlgorithm[] = [];
	readonly lifetimes: { readonly defaultSeconds: number; readonly maximumSeconds: number };
	readonly holdings: { readonly permissions: number; readonly channels: number; readonly connections: number };
	filter: PeerFilter;
	/** By `local address port`. */
	readonly byTuple = new Map<string, Allocation>();
	/** By its id: mobility names allocations so. */
	readonly byId = new Map<number, Allocation>();
	readonly relays = new Map<number, Relay>();
	readonly reservations = new Map<string, Reservation>();
	readonly connections = new Map<number, PeerConnection>();
	/** Clients' streams that carry a connection, by `local address port`. */
	readonly boundStreams = new Map<string, PeerConnection>();
	readonly byOwner = new Map<string, number>();
	/** How many reservations each user has. */
	readonly reservedByOwner = new Map<string, number>();
	readonly expiries = new Expiries<Relay | Reservation | PeerConnection>();
	readonly counters: TurnCounters = emptyCounters();
	users: UserTable;
	nonces: Nonces;
	/** Counts the users handed in. */
	generation = 0;
	drain: Drain | null = null;
	readonly #key: HmacKey;
	readonly #ports: ReadonlyMap<string, RelayPorts>;
	#drawn = 0;
	#ids = 0;
	#turn = 0;
	#indications: Uint8Array;

	constructor(config: TurnServerConfig) {
		this.config = config;
		this.lifetimes = config.lifetimes ?? LIFETIMES;
		this.holdings = config.holdings ?? TURN_HOLDINGS;
		this.#key = new HmacKey(config.secret);
		this.users = new UserTable(config.users, config.realm);
		this.nonces = this.#admit(this.users);
		const ports = config.relayPorts ?? RELAY_PORTS;
		this.filter = filterOf(config, config.peers);
		this.#ports = new Map(
			config.relays.flatMap((_, at) => [
				[`udp ${at}`, new RelayPorts(ports)],
				[`tcp ${at}`, new RelayPorts(ports)],
			]),
		);
		this.#indications = this.digest("indications").slice(0, 12);
	}

	/** The users from now on. Nonces that tell other features are void with it. */
	reload(users: TurnServerConfig["users"]): void {
		this.users = new UserTable(users, this.config.realm);
		this.nonces = this.#admit(this.users);
		this.generation++;
	}

	/** The rules from now on; throws RangeError for one that is no range of addresses, and keeps those of before. */
	rule(peers: PeerRules): void {
		this.filter = filterOf(this.config, peers);
	}

	/** Offers what these users can do, in nonces that are good as long as it is offered. */
	#admit(users: UserTable): Nonces {
		const {
			secret,
			passwordAlgorithms = ["sha256", "md5"],
			nonceLifetimeSeconds = LONGEST_NONCE_SECONDS,
		} = this.config;
		this.algorithms = users.usable(passwordAlgorithms);
		const features = { passwordAlgorithms: this.offersAlgorithms, usernameAnonymity: users.canHideNames };
		return new Nonces(secret, { ...features, algorithms: this.algorithms }, nonceLifetimeSeconds);
	}

	/** A server that has MD5 alone is one of RFC 5389. */
	get offersAlgorithms(): boolean {
		return this.algorithms.some((algorithm) => algorithm !== "md5");
	}

	unixSeconds(now: Instant): number {
		return Math.floor(this.config.unixSecondsAtZero + now / SECOND);
	}

	/** What a refused request is to be signed by (RFC 8489 §9.2.4). */
	challenge(client: StunAddress, now: Instant): readonly StunItem[] {
		const items: StunItem[] = [
			{ name: "realm", value: this.config.realm },
			{ name: "nonce", value: this.nonces.make(client, this.unixSeconds(now)) },
		];
		if (!this.offersAlgorithms) return items;
		const value = this.algorithms.map((algorithm) => ({ algorithm, parameters: NO_PARAMETERS }));
		return [...items, { name: "passwordAlgorithms", value }];
	}

	/** This server among those of its service. */
	get instance(): number {
		return this.config.instance ?? 0;
	}

	/** 32 bytes that nobody can tell beforehand and that follow from the secret, so that a run can be replayed. */
	digest(text: string): Uint8Array {
		return this.digestOf(this.instance, text);
	}

	/** The same as another instance has it, or for all of them by a name. */
	digestOf(whose: number | string, text: string): Uint8Array {
		return hmacSha256(this.#key, encodeUtf8(`turn ${whose} ${text}`));
	}

	/** A number of 32 bits of the same kind, another each time. */
	draw(): number {
		const bytes = this.digest(`draw ${this.#drawn++}`);
		return (((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) >>> 0;
	}

	/** A number that names an allocation, relay or connection of this server. */
	nextId(): number {
		return ++this.#ids;
	}

	/** Transaction ids of indications, which nobody answers: they need only differ. */
	nextIndicationId(): Uint8Array {
		const id = this.#indications;
		for (let index = id.length - 1; index >= 0; index--) {
			id[index] = (id[index] ?? 0) + 1;
			if (id[index] !== 0) break;
		}
		return id;
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

	portsOf({ transport, at }: Pick<Relay, "transport" | "at">): RelayPorts | undefined {
		return this.#ports.get(`${transport} ${at}`);
	}
}

/** MD5 and SHA-256 have none. */
const NO_PARAMETERS = new Uint8Array(0);

function filterOf({ relays: relayed, relayPorts = RELAY_PORTS }: TurnServerConfig, peers: PeerRules = {}): PeerFilter {
	const known = relayed.map(({ address, publicAddress }) => publicAddress ?? address);
	const own = [...(peers.own ?? []), ...relayed.map(({ address }) => address), ...known];
	const relays = [...(peers.relays ?? []), ...known];
	return new PeerFilter({ ...peers, own, relays, relayPorts: peers.relayPorts ?? relayPorts });
}

/** A client's 5-tuple in keys of maps: which transport it is follows from the listener. */
export function tupleKey(local: number, { address, port }: StunAddress): string {
	return `${local} ${address} ${port}`;
}
