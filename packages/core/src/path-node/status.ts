/** What a path node says of itself in NETWORK-STATUS (draft-martinsen-tram-discuss-02). */
import type { RouterStatus, StunNetworkStatus } from "@whither/wire";
import type { DirectionState, LinkState } from "./link-meter.ts";

/** The attribute's fields have 16 bits; more than that is told as the most. */
const MOST_KBPS = 0xffff;
const MOST_NODES = 255;

/**
 * The node's status for packets that come in by one link and leave by another: "up" is the way they travel, "down" the
 * way back, and each is as wide as its narrower link. `output` null: not known, so the first link speaks alone.
 */
export function routerStatus(input: LinkState, output: LinkState | null): RouterStatus {
	return {
		congested: input.receive.congested || (output?.send.congested ?? false),
		upKbps: narrowest([input.receive, output?.send]),
		downKbps: narrowest([input.send, output?.receive]),
	};
}

/** In the attribute 0 stands for a bandwidth that nobody has said, so a full link has 1 left. */
function narrowest(directions: readonly (DirectionState | undefined)[]): number {
	const known = directions.flatMap((direction) => direction?.freeKbps ?? []);
	return known.length === 0 ? 0 : Math.min(MOST_KBPS, Math.max(1, Math.min(...known)));
}

/** A status with one more node's word in it: congestion is only ever switched on, bandwidths only fall. */
export function withNode(before: StunNetworkStatus, node: RouterStatus): StunNetworkStatus {
	return {
		congested: before.congested || node.congested,
		nodeCount: Math.min(MOST_NODES, before.nodeCount + 1),
		upKbps: lower(before.upKbps, node.upKbps),
		downKbps: lower(before.downKbps, node.downKbps),
	};
}

function lower(before: number, own: number): number {
	return before === 0 || own === 0 ? before + own : Math.min(before, own);
}
