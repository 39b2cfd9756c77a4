import type { HmacKey } from "@whither/wire";
import type { Chance } from "./chance.ts";
import type { IceAgentConfig } from "./ice-io.ts";
import type { LocalCandidates } from "./locals.ts";
import type { Outlet } from "./outlet.ts";
import type { Pace } from "./pacer.ts";
import type { Requests } from "./requests.ts";
import type { Role } from "./role.ts";

/** What all generations of an agent stand on. */
export interface Ground {
	readonly config: IceAgentConfig;
	readonly outlet: Outlet;
	readonly requests: Requests;
	readonly locals: LocalCandidates;
	readonly role: Role;
	readonly pace: Pace;
	readonly chance: Chance;
	/** A pair's number, never used twice. */
	readonly nextPairId: () => number;
	/** Nothing more of ours will be found. */
	readonly isGathered: () => boolean;
}

/** A user fragment, and the password that messages to it are signed with (RFC 8445 §5.3). */
export interface Credentials {
	readonly ufrag: string;
	readonly pwd: string;
	readonly key: HmacKey;
}

/** What is known of the peer of one generation. */
export interface Peer extends Credentials {
	readonly lite: boolean;
	/** It knows RFC 8445, and nominates one pair alone (`ice2`). */
	readonly knowsIce2: boolean;
	/** Another pair may be nominated later, by a higher number (draft-thatcher-ice-renomination). */
	readonly canRenominate: boolean;
}
