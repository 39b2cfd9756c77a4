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
