import type { MeetIceKind } from "../signalling/call.ts";
import { FirstDraftLeg } from "./first-draft-leg.ts";
import type { LegOrder, MeetLeg } from "./leg.ts";
import { ModernLeg } from "./modern-leg.ts";

/** The leg that speaks this ICE; where a world has no agent of the first draft, the modern one. */
export function openLeg(kind: MeetIceKind, order: LegOrder): MeetLeg {
	const open = order.world.openFirstDraft;
	return kind === "first-draft" && open !== undefined ? new FirstDraftLeg(order, open) : new ModernLeg(order);
}
