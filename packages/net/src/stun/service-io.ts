/** What a STUN service is asked and what it says. */
import type { StunServerConfig } from "@whither/core";
import type { MessageAnswerer } from "../serving/message-answerer.ts";
import type { StunListening, StunPlace, StunServiceCounts, StunServiceFailure } from "../serving/places-io.ts";

export type { StunListening, StunPlace, StunServiceCounts, StunServiceFailure };

/** A service to open. Where four UDP places are two addresses by two ports, it answers RFC 5780. */
export interface StunServiceOrder extends Pick<StunServerConfig, "classic" | "limits"> {
	readonly places: readonly StunPlace[];
	/** TLS: certificate chain and key, PEM. */
	readonly certificate?: string;
	readonly key?: string;
	/** Whom what else comes by streams is for. */
	readonly others?: MessageAnswerer;
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

/** Whether opening a service failed. */
export function isServiceFailure(value: StunService | StunServiceFailure): value is StunServiceFailure {
	return "error" in value;
}
