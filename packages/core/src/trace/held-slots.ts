/** Slots that some answer is for, while nothing tells which. */
import type { Slot } from "./probe-book.ts";

/** What becomes of the slots that such answers may belong to. */
export interface HeldSlots {
	/** Asked again, alone. */
	readonly ask: readonly Slot[];
	/** Given up. */
	readonly giveUp: readonly Slot[];
}

/** What is known of the path when held slots are to be asked. */
export interface HeldPath {
	readonly highestAnsweredTtl: number;
	/** Where it is known to end; null: not yet. */
	readonly endTtl: number | null;
	/** Where the path probably ends; null where nothing tells. */
	readonly likelyTtl: number | null;
}
