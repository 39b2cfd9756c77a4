/** What a server has done, as Prometheus reads it (text format 0.0.4). Pure. */
import type { StunServiceCounts } from "@whither/net/stun";
import type { EarlyRelayCounters, TurnServiceCounters } from "@whither/net/turn";
import { earlyRelayMetrics } from "./early-relay-metrics.ts";
import { counter, counters, gauge, type Metric, metricText } from "./metric.ts";
import type { RoomCounts } from "./rendezvous/rooms.ts";

/** What is known at one time. */
export interface MetricFacts {
	readonly version: string;
	readonly stun: StunServiceCounts;
	/** Null: the role is off. */
	readonly turn: TurnServiceCounters | null;
	readonly early: EarlyRelayCounters | null;
	readonly rooms: RoomCounts;
	/** Null: there is no API. */
	readonly api: {
		readonly running: number;
		readonly begun: number;
		readonly viewers: number;
		readonly probes: number;
		/** By the refusal's code. */
		readonly refused: Readonly<Record<string, number>>;
		readonly auditLost: number;
	} | null;
	readonly draining: boolean;
	readonly process: {
		readonly cpuSeconds: number;
		readonly residentBytes: number;
		readonly heapBytes: number;
		readonly startedAtSeconds: number;
	};
}

/** Of the text. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The text. */
export function metricsText(facts: MetricFacts): string {
	const metrics = [
		...commonMetrics(facts),
		...roomMetrics(facts.rooms),
		...(facts.api === null ? [] : apiMetrics(facts.api)),
		...(facts.turn === null ? [] : turnMetrics(facts.turn)),
		...(facts.early === null ? [] : earlyRelayMetrics(facts.early)),
	];
	return metrics.map(metricText).join("");
}

function commonMetrics({ version, stun, draining, process }: MetricFacts): readonly Metric[] {
	return [
		gauge("whither_build_info", "Which version this is.", 1, { version }),
		gauge("whither_draining", "1 while no new allocations are given.", draining ? 1 : 0),
		counter("whither_stun_requests_total", "Binding requests, well-formed or not.", stun.received),
		counter("whither_stun_responses_total", "Answers to them.", stun.answered),
		counter("process_cpu_seconds_total", "Time on a processor, of all threads.", process.cpuSeconds),
		gauge("process_resident_memory_bytes", "Resident memory.", process.residentBytes),
		gauge("process_start_time_seconds", "When the process began, Unix time.", process.startedAtSeconds),
		gauge("whither_heap_bytes", "Of that, JavaScript objects of the main thread.", process.heapBytes),
	];
}

function roomMetrics({ open, opened, met, ended }: RoomCounts): readonly Metric[] {
	return [
		gauge("whither_rooms", "Rooms of the rendezvous there are.", open),
		counter("whither_rooms_opened_total", "Rooms made.", opened),
		counter("whither_rooms_met_total", "Rooms that a second came to.", met),
		counters("whither_rooms_ended_total", "Rooms ended, by reason.", "why", ended),
	];
}

function apiMetrics(api: NonNullable<MetricFacts["api"]>): readonly Metric[] {
	return [
		gauge("whither_sessions", "Traces and other sessions under way.", api.running),
		counter("whither_sessions_begun_total", "Sessions begun.", api.begun),
		gauge("whither_viewers", "Streams of events that are open.", api.viewers),
		counter("whither_probes_total", "Probes that traces have sent.", api.probes),
		counters("whither_refusals_total", "What was asked for and refused, by reason.", "code", api.refused),
		counter("whither_audit_lost_total", "Lines of the audit log that could not be written.", api.auditLost),
	];
}

function turnMetrics(turn: TurnServiceCounters): readonly Metric[] {
	return [...requestMetrics(turn), ...trafficMetrics(turn), ...workerMetrics(turn)];
}

function requestMetrics({ server }: TurnServiceCounters): readonly Metric[] {
	const { refusals, ignored } = server;
	const granted = {
		allocate: server.allocationsOpened,
		refresh: server.refreshes,
		createPermission: server.permissions,
		channelBind: server.channelBinds,
		connect: server.connections,
		move: server.moves,
	};
	const denied = (refusals[403] ?? 0) + (ignored.deniedPeer ?? 0);
	return [
		gauge("whither_turn_allocations", "Allocations there are.", server.allocations),
		counter("whither_turn_allocations_opened_total", "Allocations given.", server.allocationsOpened),
		counter("whither_turn_allocations_closed_total", "Allocations ended.", server.allocationsClosed),
		counters("whither_turn_requests_total", "Requests granted, by what they asked for.", "method", granted),
		counters("whither_turn_errors_total", "Error responses, by code.", "code", refusals),
		counters("whither_turn_ignored_total", "What came and was not answered, by reason.", "reason", ignored),
		counter("whither_turn_denied_peers_total", "Peers that the filter denied.", denied),
	];
}

function trafficMetrics({ server: { usage }, thread, workers }: TurnServiceCounters): readonly Metric[] {
	const packets = { up: usage.sentPackets, down: usage.receivedPackets };
	const bytes = { up: usage.sentBytes, down: usage.receivedBytes };
	const unsent = workers.flatMap(({ dataPath }) => Object.values(dataPath.dropped));
	const dropped = {
		bandwidth: usage.droppedPackets,
		unread: thread.droppedPackets,
		system: thread.failed + unsent.reduce((sum, count) => sum + count, 0),
	};
	const whyDropped =
		"Packets not relayed: beyond the bandwidth, to a client that does not read, or not taken by the system.";
	return [
		counters("whither_turn_packets_total", "Packets relayed: up to peers, down to clients.", "direction", packets),
		counters("whither_turn_bytes_total", "Bytes relayed: up to peers, down to clients.", "direction", bytes),
		counters("whither_turn_dropped_packets_total", whyDropped, "why", dropped),
		gauge("whither_turn_streams", "Connections of clients.", thread.streams),
		gauge("whither_turn_peer_connections", "Connections of peers (RFC 6062).", thread.peerStreams),
	];
}

function workerMetrics({ workers }: TurnServiceCounters): readonly Metric[] {
	return [
		{
			name: "whither_turn_worker_allocations",
			kind: "gauge",
			help: "Allocations of each worker.",
			samples: workers.map(({ allocations }, index) => [{ worker: String(index) }, allocations] as const),
		},
		{
			name: "whither_turn_worker_packets_total",
			kind: "counter",
			help: "Datagrams that each worker received.",
			samples: workers.flatMap(({ dataPath }, index) => [
				[{ worker: String(index), from: "clients" }, dataPath.received] as const,
				[{ worker: String(index), from: "peers" }, dataPath.receivedFromPeers] as const,
			]),
		},
		{
			name: "whither_turn_worker_handed_over_total",
			kind: "counter",
			help: "Datagrams that each worker gave to the one that has their client's allocation.",
			samples: workers.map(({ dataPath }, index) => [{ worker: String(index) }, dataPath.handedOver] as const),
		},
		{
			name: "whither_turn_worker_moved_clients",
			kind: "gauge",
			help: "Clients that each worker hands over (out), and clients of its own that another hands to it (in).",
			samples: workers.flatMap(({ dataPath }, index) => [
				[{ worker: String(index), direction: "out" }, dataPath.elsewhere] as const,
				[{ worker: String(index), direction: "in" }, dataPath.guests] as const,
			]),
		},
	];
}
