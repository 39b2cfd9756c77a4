/** Sockets for protocols that others speak above us: an entry of its own, so that whoever only traces does not load it. */

export { type Backend, openBackend } from "../backend.ts";
export { addressesToGather, type HostAddress } from "../interfaces/host-address.ts";
export { hostAddressesBy } from "../interfaces/host-addresses.ts";
export { openDatagram } from "./open.ts";
export { sourceAddressFor } from "./source-address.ts";
export { openStream } from "./stream.ts";
export { listenForStreams } from "./stream-server.ts";
export type {
	DatagramListener,
	DatagramTransport,
	StreamAcceptor,
	StreamEnds,
	StreamFailure,
	StreamListener,
	StreamServer,
	StreamTransport,
} from "./transport.ts";
