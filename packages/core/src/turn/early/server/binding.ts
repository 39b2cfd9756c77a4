import type { HmacKey, StunAddress } from "@whither/wire";
import type { Instant } from "../../../machine.ts";
import type { TurnUsage } from "../../server/allocation.ts";
import type { Expiring } from "../../server/expiries.ts";
import type { TokenBucket } from "../../server/token-bucket.ts";
import type { Reply } from "./replies.ts";
import type { EarlyBinding } from "./server-io.ts";

/** A relayed transport address. */
export interface EarlyRelay {
	readonly id: number;
	/** Index in the configured addresses. */
	readonly at: number;
	/** How peers know it, the first being MAPPED-ADDRESS. */
	readonly addresses: readonly string[];
	port: number;
	readonly parity: "any" | "odd" | "even";
	/** The relay at the next port, to be set aside. */
	above: EarlyRelay | null;
	/** Ports tried so far. */
	tries: number;
	open: boolean;
	/** Null: nobody's yet. */
	binding: Binding | null;
}

/** A relay set aside for whoever of its owner's names it (TRANSPORT-PREFERENCES of type 3). */
export interface EarlyReservation extends Expiring {
	readonly kind: "reservation";
	readonly owner: string;
	readonly relay: EarlyRelay;
}

/** An Allocate whose relay is being opened. */
export interface PendingBinding {
	readonly reply: Reply;
	readonly bandwidthKbps: number | null;
}

/** Who has a binding: one username, with which alone it is refreshed. */
export interface BindingUser {
	readonly username: string;
	readonly key: HmacKey;
	readonly owner: string;
	readonly endsAtUnixSeconds: number | null;
	readonly once: boolean;
}

/** A binding in the machine's own books. */
export class Binding implements EarlyBinding, Expiring {
	readonly kind = "binding";
	expiresAt: Instant = 0;
	place = -1;
	peer: StunAddress | null = null;
	relay: EarlyRelay | null = null;
	lifetimeSeconds: number;
	bandwidthKbps: number | null = null;
	/** When anything last passed through it, or it was refreshed. */
	activeAt: Instant = 0;
	/** Null: no bound. */
	bucket: TokenBucket | null = null;
	/** The answer to its last request, for when that is sent again. */
	answered: { readonly id: Uint8Array; readonly bytes: Uint8Array } | null = null;
	/** Null: its Allocate has been answered. */
	pending: PendingBinding | null;
	readonly usage: TurnUsage = { sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0, droppedPackets: 0 };
	readonly id: number;
	readonly user: BindingUser;
	readonly client: StunAddress;
	readonly local: number;

	constructor(fields: Pick<Binding, "id" | "user" | "client" | "local" | "lifetimeSeconds" | "pending">) {
		this.id = fields.id;
		this.user = fields.user;
		this.client = fields.client;
		this.local = fields.local;
		this.lifetimeSeconds = fields.lifetimeSeconds;
		this.pending = fields.pending;
	}

	get owner(): string {
		return this.user.owner;
	}

	get relayed(): readonly StunAddress[] {
		const { relay } = this;
		return relay === null ? [] : relay.addresses.map((address) => ({ address, port: relay.port }));
	}
}
