export type { Channel, ChannelRequest } from "./channel/channel.ts";
export { openChannel } from "./channel/open.ts";
export { type Clock, openClock } from "./clock.ts";
export { nodeCrypto } from "./crypto.ts";
export { runFlowTrace, runPing, runTrace } from "./driver.ts";
export { isSystemError } from "./errors.ts";
export { type DgramLoan, lendDgram } from "./media/dgram-loan.ts";
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
} from "./media/media-socket.ts";
export type { QueueFailure } from "./nfqueue/packet-queue.ts";
export { boundQueues } from "./nfqueue/packet-queue.ts";
export {
	type PathNodeCounts,
	type PathNodeOrder,
	type RunningPathNode,
	runPathNode,
} from "./path-node/run-path-node.ts";
export { type Prober, type ProberOptions, startProber } from "./prober.ts";
export { serveProber } from "./serve-prober.ts";
export { type MethodSupport, methodSupport } from "./support.ts";
export type { TransportAddress } from "./transport/transport.ts";
