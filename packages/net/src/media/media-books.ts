/** What the two directions of a media socket both know: whose each probe is, who has borrowed it, what was counted. */

import type { Family } from "@whither/core";
import type { ProbeStamps } from "../channel/probe-stamps.ts";
import type { SentProbe } from "../channel/stamp-ledger.ts";
import type { Clock } from "../clock.ts";
import type { Workspace } from "../native/workspace.ts";
import type { TransportAddress } from "../transport/transport.ts";
import type { BorrowedChannel } from "./borrowed-channel.ts";
import type { MediaCounters } from "./media-socket.ts";
import type { ProbeNames } from "./probe-names.ts";

/** What waits for its transmit stamp: a probe, or (`channel` null) a datagram of the owner's by its id. */
export interface StampedSend extends SentProbe {
	readonly channel: BorrowedChannel | null;
}

/** One socket's. */
export interface MediaBooks {
	readonly workspace: Workspace;
	readonly clock: Clock;
	readonly fd: number;
	readonly family: Family;
	readonly local: TransportAddress;
	readonly counters: { -readonly [Key in keyof MediaCounters]: MediaCounters[Key] };
	readonly probeNames: ProbeNames<BorrowedChannel>;
	readonly stamps: ProbeStamps<StampedSend>;
	/** Those who have it now. */
	readonly borrowers: Set<BorrowedChannel>;
}
