/** Why a relay cannot be opened, in the machine's words. */
import type { SystemError, TurnServerInput } from "@whither/core";

/** Another port is tried after `portTaken`; after the others the client is told 440 or 508 (RFC 8656 section 7.2). */
export type RelayFault = Extract<TurnServerInput, { readonly type: "relayFailed" }>["why"];

/** What a failed socket comes to: an address that this host has no more leaves none of its family. */
export function relayFaultOf({ errnoName, code }: SystemError): RelayFault {
	if (errnoName === "EADDRINUSE") return "portTaken";
	return code === "unsupportedProtocol" || code === "addressNotAvailable" ? "noFamily" : "noResources";
}
