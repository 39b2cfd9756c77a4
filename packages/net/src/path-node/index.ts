/** Enriched ICMP on a real kernel: an entry of its own, so that whoever only traces does not load it. */
export { boundQueues, type QueueFailure } from "../nfqueue/packet-queue.ts";
export {
	type PathNodeCounts,
	type PathNodeOrder,
	type RunningPathNode,
	runPathNode,
} from "./run-path-node.ts";
