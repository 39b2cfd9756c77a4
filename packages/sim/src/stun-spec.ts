/** What a scenario says of STUN: its servers, the routers that add to it, and the media that it runs beside. */

/** Media that both ends of a trace send each other meanwhile, each to the address that the NAT before the other has. */
export interface CallSpec {
	/** Of both ends; their NATs must keep it. */
	readonly port: number;
	/** Default 50, one every 20 ms. */
	readonly packetsPerSecond?: number;
}

/** A STUN server's ways, where they are not those of our own. */
export interface StunSpec {
	/** Its short-term password (RFC 8489 §9.1): requests without are refused by 400, those with another by 401. */
	readonly password?: string;
	/** It is silent where it would refuse, as ICE agents may be. */
	readonly silentToStrangers?: true;
	/** Asks everybody for long-term credentials (RFC 8489 §9.2): 401 with realm and nonce. */
	readonly realm?: string;
	/** Does not know PADDING (RFC 5780), and refuses it by 420. */
	readonly refusesPadding?: true;
	/** Answers every request by this error, such as 487. */
	readonly error?: number;
	/** Knows no more than RFC 3489. */
	readonly classic?: true;
}

/** What an enriched router says of its links, in kbit/s: `up` towards the trace's target, `down` back from there. */
export interface EnrichedSpec {
	readonly upKbps: number;
	readonly downKbps: number;
	readonly congested?: true;
}
