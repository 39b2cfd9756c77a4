import type { StunAddress } from "@whither/wire";
import type { NatBehaviour } from "./behaviour-io.ts";

/** What is known before the first answer. */
export function nothingFound(server: StunAddress, localAddress: StunAddress): NatBehaviour {
	return {
		server,
		otherAddress: null,
		tests: "none",
		localAddress,
		mappedAddress: null,
		mapping: "unknown",
		filtering: "unknown",
		hairpin: null,
		lifetimeSeconds: null,
		goneAfterSeconds: null,
		classic: null,
		rttNs: null,
		failure: null,
		error: null,
	};
}
