/** What `whois` says of a name, an address or an AS. */

/** The `schema` of every such answer. */
export const WHOIS_SCHEMA = "whither.whois/1";

/** A person or organization with the roles that it has (RFC 9083 section 10.2.4). */
export interface WhoisEntity {
	readonly handle: string | null;
	readonly name: string | null;
	readonly roles: readonly string[];
	readonly email: string | null;
	readonly phone: string | null;
}

/** The whole of it; null where the registry does not say. */
export interface WhoisAnswer {
	readonly schema: typeof WHOIS_SCHEMA;
	readonly query: string;
	readonly kind: "address" | "asn" | "name";
	/** By which protocol, and who said it. */
	readonly source: {
		/** `registry`: a table of ours, of what is the same for everybody: special addresses, numbers and names. */
		readonly protocol: "rdap" | "whois" | "registry";
		readonly server: string;
		readonly fromCache: boolean;
		readonly askedAt: string;
	};
	readonly handle: string | null;
	readonly name: string | null;
	/** Of an address: CIDR blocks of its network. Of an AS: null. */
	readonly prefixes: readonly string[];
	readonly asns: readonly string[];
	/** Registry data, not where anything stands. */
	readonly country: string | null;
	readonly status: readonly string[];
	readonly registeredAt: string | null;
	readonly changedAt: string | null;
	readonly expiresAt: string | null;
	readonly nameServers: readonly string[];
	readonly entities: readonly WhoisEntity[];
	readonly remarks: readonly string[];
	/** What was said, as it was said (text of WHOIS, JSON of RDAP). */
	readonly raw: string;
}
