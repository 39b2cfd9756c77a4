import { MILLISECOND } from "../../machine.ts";
import type { Addresses } from "./addresses.ts";
import type { FirstDraftConfig, FirstDraftQvalues } from "./first-draft-io.ts";
import type { Outlet } from "./outlet.ts";
import type { Requests } from "./requests.ts";
import type { Sites } from "./sites.ts";

/** What all parts of an agent stand on. */
export interface Ground {
	readonly config: FirstDraftConfig;
	readonly qvalues: FirstDraftQvalues;
	readonly outlet: Outlet;
	readonly requests: Requests;
	readonly sites: Sites;
	readonly addresses: Addresses;
}

/** As long as a request lives (RFC 3489 §9.3). */
const GATHER_TIMEOUT_MS = 9500;

/** How long a STUN server is waited for, and a relay with the ports of all its components. */
export function gatherTimeoutNs({ gatherTimeoutMs = GATHER_TIMEOUT_MS }: FirstDraftConfig): number {
	return gatherTimeoutMs * MILLISECOND;
}
