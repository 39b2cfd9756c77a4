/** This machine's network as two ends meet in it. */
import { openFirstDraft, openIce, prepareIce } from "@whither/net/ice";
import { askSharedSecret, backendName } from "@whither/net/turn-client";
import { openRealStunWorld } from "../stun/world.ts";
import { tracePath } from "./path/trace-path.ts";
import { askOffers, openRendezvous } from "./signalling/open-rendezvous.ts";
import type { MeetWorld } from "./world.ts";

/** Opens it; ICE's driver is loaded with this file. */
export async function openRealMeetWorld(): Promise<MeetWorld> {
	const { resolve, services } = await openRealStunWorld();
	return {
		...{ backend: backendName(), resolve, services, openIce, openFirstDraft, askSharedSecret, tracePath },
		rendezvous: (...asked) => {
			const opening = openRendezvous(...asked);
			// While words are on their way, so that the meeting itself is not held up by what is done for the first time.
			void prepareIce();
			return opening;
		},
		offers: askOffers,
		after: (delayMs, call) => {
			const timer = setTimeout(call, delayMs);
			return () => clearTimeout(timer);
		},
	};
}
