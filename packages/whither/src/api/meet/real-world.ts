/** This machine's network as two ends meet in it. */
import { openIce } from "@whither/net/ice";
import { backendName } from "@whither/net/turn-client";
import { openRealStunWorld } from "../stun/world.ts";
import { openRendezvous } from "./signalling/open-rendezvous.ts";
import { tracePath } from "./trace-path.ts";
import type { MeetWorld } from "./world.ts";

/** Loads what it needs. */
export async function openRealMeetWorld(): Promise<MeetWorld> {
	const { resolve, services } = await openRealStunWorld();
	return {
		...{ backend: backendName(), resolve, services, openIce, tracePath },
		rendezvous: openRendezvous,
		after: (delayMs, call) => {
			const timer = setTimeout(call, delayMs);
			return () => clearTimeout(timer);
		},
	};
}
