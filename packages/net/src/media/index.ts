/** Sockets for media, which traces borrow: an entry of its own, so that a command that only traces does not load it. */
export { runFlowTrace } from "../driver.ts";
export type { TransportAddress } from "../transport/transport.ts";
export { type DgramLoan, lendDgram } from "./dgram-loan.ts";
export {
	type IncomingMedia,
	type MediaCounters,
	type MediaListener,
	type MediaSocket,
	type MediaSocketOptions,
	type OutgoingMedia,
	openMediaSocket,
	type RefusedMedia,
	type UnsentMedia,
} from "./media-socket.ts";
