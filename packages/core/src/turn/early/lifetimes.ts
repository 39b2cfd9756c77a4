/** How long things last on an early relay where nobody says otherwise. */
export const EARLY_TURN_LIFETIMES = {
	/** Deviation: the draft names no default; that of RFC 8656 §7.2. */
	defaultSeconds: 600,
	/** The same of the longest. */
	maximumSeconds: 3600,
	/** A port that was set aside is kept so long (draft-rosenberg-midcom-turn-01 §9.2.5). */
	preallocatedSeconds: 300,
	/** Within which its client should come for it. */
	claimSeconds: 240,
} as const;
