import { openVisit, type Visit, type VisitOrder } from "./visit.ts";

/** A browser visits this machine on its own network; ICE's driver is loaded with the first. Rejects where the offer is none. */
export async function openVisitHere(order: Omit<VisitOrder, "world">): Promise<Visit> {
	const { openRealMeetWorld } = await import("../real-world.ts");
	return openVisit({ ...order, world: await openRealMeetWorld() });
}
