/** When something arrived, by the kernel's stamp where that can be true. */
import type { Instant } from "@whither/core";
import type { Clock } from "../clock.ts";
import type { ControlFacts } from "../native/control.ts";
import { plausibleArrival } from "./stamp-ledger.ts";

/** When something arrived and who says so. */
export interface ArrivalTime {
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
}

/** By what an arrival is judged. */
export interface ArrivalLimits {
	readonly clock: Clock;
	/** When the queue was last known to be empty. */
	readonly emptyAt: Instant;
	/** When it was read. */
	readonly now: Instant;
}

/** The kernel's stamp on this clock's scale; where there is none, or none that can be true, the time of reading. */
export function arrivalTime({ stamp }: Pick<ControlFacts, "stamp">, limits: ArrivalLimits): ArrivalTime {
	const { clock, emptyAt, now } = limits;
	if (stamp === null) return { at: now, stamp: "user" };
	const at = clock.fromRealtime(stamp.seconds, stamp.nanoseconds);
	return plausibleArrival(at, emptyAt, now) ? { at, stamp: "kernel" } : { at: now, stamp: "user" };
}
