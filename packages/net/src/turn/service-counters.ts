/** What all threads of a service have done, in sums. Pure. */
import type { TurnCounters, TurnUsage } from "@whither/core";
import type { TurnWorkerCounters } from "./data-path/worker-io.ts";
import type { TurnServiceCounters, TurnThreadCounters } from "./service-io.ts";

type Counts = Readonly<Record<string, number>>;

/** The sums, and the parts that are worth being told apart. */
export function sumCounters(thread: TurnThreadCounters, workers: readonly TurnWorkerCounters[]): TurnServiceCounters {
	const servers = [thread.server, ...workers.map(({ server }) => server)];
	const bindings = workers.reduce((sum, { dataPath }) => sum + dataPath.bindings, 0);
	const { binding } = thread;
	return {
		server: servers.reduce(sumServers),
		// Workers count what they answered alone.
		binding: { ...binding, received: binding.received + bindings, answered: binding.answered + bindings },
		thread,
		workers: workers.map(({ server, dataPath }) => ({ dataPath, allocations: server.allocations })),
	};
}

type ServerCounters = TurnCounters & { readonly usage: TurnUsage };

function sumServers(one: ServerCounters, other: ServerCounters): ServerCounters {
	return {
		allocations: one.allocations + other.allocations,
		allocationsOpened: one.allocationsOpened + other.allocationsOpened,
		allocationsClosed: one.allocationsClosed + other.allocationsClosed,
		refreshes: one.refreshes + other.refreshes,
		permissions: one.permissions + other.permissions,
		channelBinds: one.channelBinds + other.channelBinds,
		moves: one.moves + other.moves,
		connections: one.connections + other.connections,
		refusals: sumRecords(one.refusals, other.refusals),
		ignored: sumRecords(one.ignored, other.ignored),
		closedUsage: sumUsage(one.closedUsage, other.closedUsage),
		usage: sumUsage(one.usage, other.usage),
	};
}

function sumUsage(one: TurnUsage, other: TurnUsage): TurnUsage {
	return {
		sentPackets: one.sentPackets + other.sentPackets,
		sentBytes: one.sentBytes + other.sentBytes,
		receivedPackets: one.receivedPackets + other.receivedPackets,
		receivedBytes: one.receivedBytes + other.receivedBytes,
		droppedPackets: one.droppedPackets + other.droppedPackets,
	};
}

function sumRecords(one: Counts, other: Counts): Record<string, number> {
	const sum: Record<string, number> = { ...one };
	for (const [key, count] of Object.entries(other)) sum[key] = (sum[key] ?? 0) + count;
	return sum;
}
