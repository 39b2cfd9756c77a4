/** How long things last on a relay where nobody says otherwise (RFC 8656 §3.2, §9, §12). */
export const TURN_LIFETIMES = {
	allocationSeconds: 600,
	permissionSeconds: 300,
	channelSeconds: 600,
	/** After a channel has expired: neither its number nor its peer may be bound to another. */
	channelQuarantineSeconds: 300,
} as const;

/** What REQUESTED-TRANSPORT says (RFC 8656 §18.8, RFC 6062 §4.1): IP protocol numbers. */
export const TURN_TRANSPORTS = { udp: 17, tcp: 6 } as const;
