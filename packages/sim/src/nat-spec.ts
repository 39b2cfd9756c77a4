/** Address translators and firewalls as a scenario tells them, in the words of RFC 4787. */
import type { Dependence, Family } from "@whither/core";

/** What a NAT does with a packet from inside to an outside endpoint of its own (RFC 4787 section 6), and as whose it arrives. */
export type Hairpinning = "none" | "externalSource" | "internalSource";

/** A NAT of addresses and ports as RFC 4787 tells them apart; it has a public address of its own. All of this is for UDP. */
export interface NaptSpec {
	readonly kind: "napt";
	/** Whether the same endpoint inside gets another one outside for another address, or another port (RFC 4787 section 4.1). */
	readonly mapping: Dependence;
	/** To what of a sender something must have been sent before (RFC 4787 section 5). */
	readonly filtering: Dependence;
	/** Which port outside: the one inside where it is free (the default), one after the other, or any. */
	readonly ports?: "preserving" | "sequential" | "random";
	/** An even port outside for an even one inside, and an odd for an odd (RFC 4787 section 4.2.2). */
	readonly preservesParity?: true;
	/** Default none. Hairpinned packets are not filtered. */
	readonly hairpin?: Hairpinning;
	/** How long a mapping and what its filter lets in last after the last packet out (RFC 4787 section 4.3). Default two minutes. */
	readonly lifetimeMs?: number;
	/** Host inside that gets what nothing else is known of. */
	readonly dmz?: string;
	/** Ports of UDP that lead to hosts inside, whoever sends to them. */
	readonly forwards?: readonly PortForwardSpec[];
	/** The IPv4 address that it is seen by; default one of those for documentation. */
	readonly address?: string;
}

/** A range of ports of a NAT's own address that is a host's inside, port for port. */
export interface PortForwardSpec {
	/** First and last port. */
	readonly ports: readonly [number, number];
	/** Name of the host. */
	readonly to: string;
}

/**
 * Network address translation on the link towards the node `outside`. `masquerade`: everyone inside has the address of
 * that link, with other ports. `oneToOne`: `host` alone has a public address that is on no interface, as clouds do it.
 */
export type NatSpec = {
	readonly outside: string;
	/** Default: both. */
	readonly families?: readonly Family[];
	/**
	 * What becomes of packets quoted in ICMP errors on their way in. `restored`: they are what the host sent.
	 * `checksumLeft`: so are addresses and ports, but not the quoted packet's own transport checksum. `untranslated`:
	 * they show what was seen outside. Default: restored, and untranslated for oneToOne.
	 */
	readonly quotes?: "restored" | "checksumLeft" | "untranslated";
} & ({ readonly kind: "masquerade" } | { readonly kind: "oneToOne"; readonly host: string } | NaptSpec);

/**
 * A firewall on the link towards the node `outside` that remembers what went out: only what belongs to it comes in (RFC 6092).
 * It translates nothing.
 */
export interface FirewallSpec {
	readonly outside: string;
	/** Default: both. */
	readonly families?: readonly Family[];
	/** To what of a sender something must have been sent. Default addressAndPortDependent. */
	readonly filtering?: Dependence;
	/** How long it remembers after the last packet out. Default two minutes. */
	readonly lifetimeMs?: number;
	/** Lets no UDP out, nor in. */
	readonly udp?: "blocked";
	/** The only TCP ports outside that connections may be opened to; others are reset. Default: all. */
	readonly tcpPorts?: readonly number[];
}

/** RFC 4787 REQ-5: two minutes at least. */
export const DEFAULT_LIFETIME_MS = 120_000;

/** Whether a NAT or a firewall concerns a family. */
export function concerns({ families }: { readonly families?: readonly Family[] }, family: Family): boolean {
	return families?.includes(family) ?? true;
}
