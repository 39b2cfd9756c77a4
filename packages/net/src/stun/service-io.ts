/** What a STUN service is asked and what it says. */
import type { Family, StunServerConfig, SystemError } from "@whither/core";
import type { StreamFailure, TransportAddress } from "../transport/transport.ts";

/** One place to listen on. */
export interface StunPlace {
	readonly transport: "udp" | "tcp" | "tls";
	readonly family: Family;
	/** Null: every address of this machine. */
	readonly address: string | null;
	/** Of a link-local address. */
	readonly zone?: string;
	/** 0: the kernel's choice. */
	readonly port: number;
	/** It is left out without a word where this machine has no such address, or does not speak the family. */
	readonly optional?: true;
}

/** A service to open. Where four UDP places are two addresses by two ports, it answers RFC 5780. */
export interface StunServiceOrder extends Pick<StunServerConfig, "classic" | "limits"> {
	readonly places: readonly StunPlace[];
	/** TLS: certificate chain and key, PEM. */
	readonly certificate?: string;
	readonly key?: string;
}

/** Where it listens. */
export interface StunListening {
	readonly transport: StunPlace["transport"];
	readonly local: TransportAddress;
}

/** A service under way. */
export interface StunService {
	readonly listening: readonly StunListening[];
	/** What came and what became of it, so far. */
	readonly counts: StunServiceCounts;
	/** What TLS clients are shown from now on; false where certificate and key do not go together, and the old ones stay. */
	renew(certificate: string, key: string): boolean;
	/** Takes nothing new, lets connections end, at most for a second; resolves once nothing is open. */
	close(): Promise<void>;
}

/** Running totals; `failed`: answers that the system did not take, for there is no route to whoever asked, and so on. */
export interface StunServiceCounts {
	readonly received: number;
	readonly answered: number;
	readonly failed: number;
	readonly streams: number;
}

/** The place that could not be listened on, and why. */
export interface StunServiceFailure {
	readonly place: StunPlace;
	readonly error: SystemError | StreamFailure;
}

/** Whether opening a service failed. */
export function isServiceFailure(value: StunService | StunServiceFailure): value is StunServiceFailure {
	return "error" in value;
}
