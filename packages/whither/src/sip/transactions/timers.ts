/** The times of RFC 3261 §17 (its table 4), in nanoseconds. */
import { MILLISECOND, SECOND } from "@whither/core";

/** What a round trip is taken to be. */
export const T1 = 500 * MILLISECOND;
/** Between two transmissions of whatever is no INVITE of ours, at most. */
export const T2 = 4 * SECOND;
/** As long as a message may stay in the network. */
export const T4 = 5 * SECOND;
/** Timers B, F, H, J, L and M: nobody sends anything again after that. */
export const GIVEN_UP_AFTER = 64 * T1;
/** Timer D: as long as the other side may send its refusal again. */
export const TIMER_D = 32 * SECOND;
/** An INVITE of which nothing has been heard for so long since its last 1xx is over: a proxy's timer C (RFC 3261 §16.6). */
export const RINGING_ENDS_AFTER = 180 * SECOND;
/** Never. */
export const NEVER = Number.POSITIVE_INFINITY;
