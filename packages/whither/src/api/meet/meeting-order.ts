import type { IceOrder } from "@whither/net/ice";
import type { MeetEvent } from "./events.ts";
import type { EarlyRelays } from "./legs/early-relays.ts";
import type { OpenSignalling } from "./options.ts";
import type { MeetIceKind } from "./signalling/call.ts";
import type { MeetWorld } from "./world.ts";

/** How a meeting is begun. */
export interface MeetingOrder {
	readonly world: Pick<MeetWorld, "openIce" | "openFirstDraft" | "after">;
	readonly ice: Omit<IceOrder, "role">;
	/** Which ICE we speak, `modern` when absent; and relays of the first draft's time. */
	readonly speaks?: MeetIceKind;
	readonly earlyRelays?: EarlyRelays;
	readonly begin: OpenSignalling;
	/** How long the other end is waited for, and then again its description. */
	readonly waitMs: number;
	/** We trace the way, and will tell what we find. */
	readonly traces: boolean;
	/** Media goes while there is a way, and a call that has been answered where there is one; false when absent. */
	readonly media?: boolean;
	readonly tell: (event: MeetEvent) => void;
}
