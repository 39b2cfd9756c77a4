import type { TurnUsage } from "./allocation.ts";

/** What a server has done since it began. Plain numbers, for whatever shows them. */
export interface TurnCounters {
	/** Allocations there are. */
	allocations: number;
	allocationsOpened: number;
	allocationsClosed: number;
	refreshes: number;
	permissions: number;
	channelBinds: number;
	moves: number;
	connections: number;
	/** Error responses, by code. */
	readonly refusals: Record<number, number>;
	/** Inputs that nothing came of, by reason. */
	readonly ignored: Record<string, number>;
	/** What passed through allocations that are closed. */
	readonly closedUsage: TurnUsage;
}

/** All of them zero. */
export function emptyCounters(): TurnCounters {
	return {
		allocations: 0,
		allocationsOpened: 0,
		allocationsClosed: 0,
		refreshes: 0,
		permissions: 0,
		channelBinds: 0,
		moves: 0,
		connections: 0,
		refusals: {},
		ignored: {},
		closedUsage: { sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0, droppedPackets: 0 },
	};
}

/** Adds what passed through one to a sum. */
export function addUsage(sum: TurnUsage, usage: TurnUsage): void {
	sum.sentPackets += usage.sentPackets;
	sum.sentBytes += usage.sentBytes;
	sum.receivedPackets += usage.receivedPackets;
	sum.receivedBytes += usage.receivedBytes;
	sum.droppedPackets += usage.droppedPackets;
}

/** One more of a kind. */
export function count<Key extends string | number>(counts: Record<Key, number>, key: Key): void {
	counts[key] = (counts[key] ?? 0) + 1;
}
