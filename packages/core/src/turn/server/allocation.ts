import type { HmacKey, StunAddress } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Expiring } from "./expiries.ts";
import type { ReplyTo } from "./replies.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { PasswordAlgorithm } from "./users.ts";

/** What has passed through an allocation. The fast path adds what it has passed on by itself. */
export interface TurnUsage {
	/** From the client to peers. */
	sentPackets: number;
	sentBytes: number;
	/** From peers to the client. */
	receivedPackets: number;
	receivedBytes: number;
	/** Stopped by the bandwidth's bound. */
	droppedPackets: number;
}

/** Why an allocation ended. */
export type AllocationEnd = "refreshedAway" | "expired" | "streamClosed" | "relayFailed" | "drained";

/** A peer's address that the client has let in (RFC 8656 §9), and until when. */
export interface TurnPermission {
	readonly expiresAt: Instant;
}

/** A channel (RFC 8656 §12) bound to a peer; after `expiresAt` it is kept from others for a while, and carries nothing. */
export interface TurnChannel {
	readonly number: number;
	readonly peer: StunAddress;
	readonly expiresAt: Instant;
}

/** One relayed transport address. */
export interface TurnRelay {
	/** How inputs and outputs name it. */
	readonly id: number;
	readonly family: 4 | 6;
	readonly transport: "udp" | "tcp";
	/** As peers know it. */
	readonly address: string;
	readonly port: number;
	readonly expiresAt: Instant;
}

/**
 * An allocation as a fast path may read it, between steps. Whatever is to be cached holds as long as `version` is the same
 * and the times of what was read are not past; `closed` allocations relay nothing.
 */
export interface TurnAllocation {
	readonly id: number;
	/** Whose quota it counts to. */
	readonly owner: string;
	/** The client, and the listener that it came to; mobility changes both. */
	readonly client: StunAddress;
	readonly local: number;
	readonly transport: "datagram" | "stream";
	readonly closed: boolean;
	/** Changes with every change of anything here but usage and buckets. */
	readonly version: number;
	readonly relays: readonly TurnRelay[];
	/** By the peer's address. */
	readonly permissions: ReadonlyMap<string, TurnPermission>;
	/** By channel number. */
	readonly channels: ReadonlyMap<number, TurnChannel>;
	readonly usage: TurnUsage;
	/** To be asked before bytes are passed on; null: no bound. */
	readonly up: TokenBucket | null;
	readonly down: TokenBucket | null;
}

/** A relay that an allocation has, or that a reservation keeps. */
export class Relay implements TurnRelay, Expiring {
	readonly kind = "relay";
	expiresAt: Instant = 0;
	place = -1;
	open = false;
	/** Whether it has to have an even port. */
	even = false;
	/** Ports tried so far. */
	tries = 0;
	/** The relay at the next port, to be kept for later (EVEN-PORT with R). */
	above: Relay | null = null;
	port = 0;
	readonly id: number;
	readonly family: 4 | 6;
	readonly transport: "udp" | "tcp";
	/** Index in the configured addresses. */
	readonly at: number;
	readonly address: string;
	allocation: Allocation | null;

	constructor(fields: Pick<Relay, "id" | "family" | "transport" | "at" | "address" | "allocation">) {
		this.id = fields.id;
		this.family = fields.family;
		this.transport = fields.transport;
		this.at = fields.at;
		this.address = fields.address;
		this.allocation = fields.allocation;
	}
}

/** A relay kept for whoever shows the token (RFC 8656 §7.2); 30 seconds. */
export interface Reservation extends Expiring {
	readonly kind: "reservation";
	readonly token: string;
	readonly owner: string;
	readonly relay: Relay;
}

/** A channel in the machine's own books: known by its number and by its peer. */
export interface Channel extends TurnChannel {
	expiresAt: Instant;
}

/** An Allocate whose relays are being opened. */
export interface PendingAllocate {
	readonly reply: ReplyTo;
	/** Of the families asked for, those that cannot be had, and why. */
	readonly failures: { readonly family: 4 | 6; readonly code: 440 | 508 }[];
	readonly lifetimeSeconds: number;
	readonly mobile: boolean;
}

/** Nothing in them: shared by all that have none yet. */
const NO_PERMISSIONS: ReadonlyMap<string, TurnPermission> = new Map();
const NO_CHANNELS: ReadonlyMap<number, Channel> = new Map();

/** An allocation in the machine's own books. Small: there may be many. */
export class Allocation implements TurnAllocation {
	version = 0;
	closed = false;
	relays: Relay[] = [];
	permissions: ReadonlyMap<string, TurnPermission> = NO_PERMISSIONS;
	channels: ReadonlyMap<number, Channel> = NO_CHANNELS;
	/** Connections of TCP peers, by id. */
	connections: Set<number> | null = null;
	usage: TurnUsage = { sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0, droppedPackets: 0 };
	up: TokenBucket | null = null;
	down: TokenBucket | null = null;
	/** The response to its Allocate, for when that is sent again; null once anything else has been asked. */
	answer: Uint8Array | null = null;
	/** The Allocate that is to be answered once its relays stand; null: it has been. */
	pending: PendingAllocate | null = null;
	/** How often its client has moved; -1: it must not (RFC 8016). */
	moves = -1;
	/** The move after which its client got the oldest ticket that is still good. */
	ticketsFrom = 0;
	readonly id: number;
	readonly owner: string;
	client: StunAddress;
	local: number;
	transport: "datagram" | "stream";
	/** The key that its client has shown to have, with the username and the algorithm that it is for. */
	credential: Credential;

	constructor(fields: Pick<Allocation, "id" | "owner" | "client" | "local" | "transport" | "credential">) {
		this.id = fields.id;
		this.owner = fields.owner;
		this.client = fields.client;
		this.local = fields.local;
		this.transport = fields.transport;
		this.credential = fields.credential;
	}

	relayOf(family: 4 | 6): Relay | undefined {
		return this.relays.find((relay) => relay.family === family);
	}

	get isTcp(): boolean {
		return this.relays[0]?.transport === "tcp";
	}

	/** The channel bound to a peer, or kept from others for it. */
	channelOf({ address, port }: StunAddress): Channel | undefined {
		for (const channel of this.channels.values())
			if (channel.peer.port === port && channel.peer.address === address) return channel;
		return undefined;
	}

	permit(address: string, expiresAt: Instant): void {
		this.permissions = added(this.permissions, NO_PERMISSIONS, address, { expiresAt });
		this.version++;
	}

	bind(channel: Channel): void {
		this.channels = added(this.channels, NO_CHANNELS, channel.number, channel);
		this.version++;
	}

	/** Takes back what peers at addresses that are denied now have; their channels' numbers stay kept from others. */
	shut(isDenied: (address: string) => boolean, now: Instant): void {
		for (const address of [...this.permissions.keys()])
			if (isDenied(address)) (this.permissions as Map<string, TurnPermission>).delete(address);
		for (const channel of [...this.channels.values()])
			if (channel.expiresAt > now && isDenied(channel.peer.address)) this.bind({ ...channel, expiresAt: now });
		this.version++;
	}

	/** Forgets permissions that have ended, and channels that ended so long ago that nobody is kept from them any more. */
	sweep(now: Instant, quarantine: Instant): void {
		removeWhere(this.permissions, ({ expiresAt }) => expiresAt <= now);
		removeWhere(this.channels, ({ expiresAt }) => expiresAt + quarantine <= now);
		this.version++;
	}
}

/** A key that has proved right, so that it need not be made again. */
export interface Credential {
	readonly username: string;
	readonly algorithm: PasswordAlgorithm;
	readonly key: HmacKey;
	readonly owner: string;
	readonly endsAtUnixSeconds: number | null;
	/** The users among which it was found. */
	readonly generation: number;
}

/** The map with one more entry: most allocations have few, and many have none yet. */
function added<Key, Value>(
	map: ReadonlyMap<Key, Value>,
	none: ReadonlyMap<Key, Value>,
	key: Key,
	value: Value,
): ReadonlyMap<Key, Value> {
	const own = map === none ? new Map<Key, Value>() : (map as Map<Key, Value>);
	return own.set(key, value);
}

function removeWhere<Key, Value>(map: ReadonlyMap<Key, Value>, ended: (value: Value) => boolean): void {
	for (const [key, value] of map) if (ended(value)) (map as Map<Key, Value>).delete(key);
}
