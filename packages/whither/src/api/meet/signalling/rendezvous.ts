/** Entering a room at a rendezvous server from Node. Loaded by `openRendezvous`, with all that it needs. */
import { randomBytes } from "node:crypto";
import { HttpClient } from "./http-client.ts";
import type { RendezvousPorts } from "./http-port.ts";
import { nodeAead } from "./node-aead.ts";
import { askServerBy, openRoomBy } from "./room-entry.ts";
import type { Offered, OpenRendezvous, RendezvousOrder, SignallingFailure } from "./signalling.ts";

const NODE: RendezvousPorts = { http: (place) => new HttpClient(place), aead: nodeAead, random: randomBytes };

/** See `openRendezvous`. */
export const openRoom: OpenRendezvous = (order) => openRoomBy(NODE, order);

/** See `askOffers`. */
export function askServer(
	order: Pick<RendezvousOrder, "url" | "token" | "authorities">,
): Promise<Offered | SignallingFailure> {
	return askServerBy(NODE, order);
}
