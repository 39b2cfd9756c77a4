/** The packet trace of a run: what passed where, and what became of it. */
import type { Instant } from "@whither/core";

/** One packet at one place. */
export interface PacketRecord {
	readonly at: Instant;
	readonly node: string;
	/** `send`: put on a link. `deliver`: arrived at its destination. `drop`: went no further. */
	readonly action: "send" | "deliver" | "drop";
	/** The neighbour it is sent to, or why it was dropped; may be empty. */
	readonly detail: string;
	/** The whole IP packet. */
	readonly packet: Uint8Array;
}
