import type { MeetOutcome } from "./result.ts";

/** Who hears what comes once there is a way. */
export interface MeetEars {
	/** Of the other end's, that is neither checks nor media. */
	readonly data: (bytes: Uint8Array) => void;
	/** The way is gone. */
	readonly lost: (outcome: MeetOutcome) => void;
	/** The other end goes. */
	readonly left: () => void;
}

/** Nobody. */
export const NO_EARS: MeetEars = { data: () => {}, lost: () => {}, left: () => {} };
