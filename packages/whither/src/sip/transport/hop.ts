/** How the next element on a message's way is reached. */
export interface SipHop {
	readonly transport: "udp" | "tcp" | "tls";
	/** Canonical text of an address. */
	readonly address: string;
	readonly port: number;
	/** Whose certificate it has to show; of TLS. */
	readonly serverName?: string;
	/** Our address that packets to it leave from, where the driver knows: the one that it reaches us at. */
	readonly ours?: string;
	/** The connection that a message came by, and that its answer goes back by while it stands; the driver's number. */
	readonly connection?: number;
}

/** Whether both are reached the same way. */
export function isSamePlace(one: SipHop, other: SipHop): boolean {
	if (one.connection !== undefined && other.connection !== undefined) return one.connection === other.connection;
	return one.transport === other.transport && one.address === other.address && one.port === other.port;
}
