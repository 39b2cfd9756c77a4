/** A TURN client on real sockets: an entry of its own, so that whoever only traces does not load it. */

export { backendName } from "../../backend.ts";
export type { StreamFailure, TransportAddress } from "../../transport/transport.ts";
export { openPeerSocket, type PeerListener, type PeerOrder, type PeerSocket } from "./peer-socket.ts";
export { openRelay, type Relay } from "./relay.ts";
export type {
	RelayCause,
	RelayConnection,
	RelayConnectionListener,
	RelayCounters,
	RelayEvent,
	RelayedDatagram,
	RelayListener,
	RelayOrder,
	RelayOutgoing,
} from "./relay-io.ts";
export {
	askSharedSecret,
	isSharedSecretRefusal,
	type SharedSecretOrder,
	type SharedSecretRefusal,
} from "./shared-secret.ts";
