/** Where services listen, in plain data: what each of them is asked for and tells, whatever it serves there. */
import type { Family, SystemError } from "@whither/core";
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

/** Where it listens. */
export interface StunListening {
	readonly transport: StunPlace["transport"];
	readonly local: TransportAddress;
}

/** The place that could not be listened on, and why. */
export interface StunServiceFailure {
	readonly place: StunPlace;
	readonly error: SystemError | StreamFailure;
}

/** Running totals of Binding requests; `failed`: answers that the system did not take, for there is no route to whoever asked, and so on. */
export interface StunServiceCounts {
	readonly received: number;
	readonly answered: number;
	readonly failed: number;
	readonly streams: number;
}

/** The place that is told where it is none of them that cannot be had: the first, and where there is none any. */
export function firstOf([first = ANY_PLACE]: readonly StunPlace[]): StunPlace {
	return first;
}

const ANY_PLACE: StunPlace = { transport: "udp", family: 4, address: null, port: 0 };
