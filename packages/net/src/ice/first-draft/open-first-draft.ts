/** `openFirstDraft`: a connection as the first draft of ICE had it. */
import { thisMachine } from "../surroundings.ts";
import type { FirstDraftConnection, FirstDraftListener, FirstDraftOrder } from "./first-draft-connection.ts";
import { FirstDraftRun } from "./first-draft-run.ts";

/**
 * Begins to connect this machine with a peer by the first draft of ICE (draft-rosenberg-sipping-ice-01): opens a socket for RTP
 * and one for RTCP at every address, asks STUN servers and early relays, and tells by `description` what signalling is to say.
 * What the peer says goes in by `peer`. Whatever comes of it is an event.
 */
export function openFirstDraft(order: FirstDraftOrder, listener: FirstDraftListener): FirstDraftConnection {
	return new FirstDraftRun(order, listener, thisMachine());
}
