/** `openIce`: a connection by whatever ways there are between two machines. */
import type { IceConnection, IceListener, IceOrder } from "./ice-io.ts";
import { IceRun } from "./ice-run.ts";
import { thisMachine } from "./surroundings.ts";

/**
 * Begins to connect this machine with a peer by ICE (RFC 8445): opens a socket at every address, asks STUN and TURN servers,
 * and tells candidates as they are found. What signalling brings goes in by `peer`, `addRemote` and `endOfRemote`. Whatever
 * comes of it is an event. Throws RangeError for an order that contradicts itself, such as a relay without a way to it.
 */
export function openIce(order: IceOrder, listener: IceListener): IceConnection {
	return new IceRun(order, listener, thisMachine());
}
