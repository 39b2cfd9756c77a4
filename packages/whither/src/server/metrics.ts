/** What a server has done, as Prometheus reads it (text format 0.0.4). Pure. */
import type { StunServiceCounts } from "@whither/net/stun";
import type { TurnServiceCounters } from "@whither/net/turn";
import type { Page } from "./http.ts";

/** What is known at one time. */
export interface MetricFacts {
	readonly version: string;
	readonly stun: StunServiceCounts;
	/** Null: the role is off. */
	readonly turn: TurnServiceCounters | null;
	readonly draining: boolean;
	readonly process: {
		readonly cpuSeconds: number;
		readonly residentBytes: number;
		readonly heapBytes: number;
		readonly startedAtSeconds: number;
	};
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface Metric {
	readonly name: string;
	readonly kind: "counter" | "gauge";
	readonly help: string;
	readonly samples: readonly Sample[];
}

/** The page. */
export function metricsPage(facts: MetricFacts): Page {
	const metrics = [...commonMetrics(facts), ...(facts.turn === null ? [] : turnMetrics(facts.turn))];
	return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: metrics.map(metricText).join("") };
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

function turnMetrics({ server, thread, workers }: TurnServiceCounters): readonly Metric[] {
	const { usage, refusals, ignored } = server;
	const requests = {
		allocate: server.allocationsOpened,
		refresh: server.refreshes,
		createPermission: server.permissions,
		channelBind: server.channelBinds,
		connect: server.connections,
		move: server.moves,
	};
	const unsent = workers.flatMap(({ dataPath }) => Object.values(dataPath.dropped));
	return [
		gauge("whither_turn_allocations", "Allocations there are.", server.allocations),
		counter("whither_turn_allocations_opened_total", "Allocations given.", server.allocationsOpened),
		counter("whither_turn_allocations_closed_total", "Allocations ended.", server.allocationsClosed),
		{
			name: "whither_turn_requests_total",
			kind: "counter",
			help: "Requests granted, by what they asked for.",
			samples: labelled("method", requests),
		},
		{
			name: "whither_turn_errors_total",
			kind: "counter",
			help: "Error responses, by code.",
			samples: labelled("code", refusals),
		},
		{
			name: "whither_turn_ignored_total",
			kind: "counter",
			help: "What came and was not answered, by reason.",
			samples: labelled("reason", ignored),
		},
		counter(
			"whither_turn_denied_peers_total",
			"Peers that the filter denied.",
			(refusals[403] ?? 0) + (ignored.deniedPeer ?? 0),
		),
		{
			name: "whither_turn_packets_total",
			kind: "counter",
			help: "Packets relayed: up to peers, down to clients.",
			samples: labelled("direction", { up: usage.sentPackets, down: usage.receivedPackets }),
		},
		{
			name: "whither_turn_bytes_total",
			kind: "counter",
			help: "Bytes relayed: up to peers, down to clients.",
			samples: labelled("direction", { up: usage.sentBytes, down: usage.receivedBytes }),
		},
		{
			name: "whither_turn_dropped_packets_total",
			kind: "counter",
			help: "Packets not relayed: beyond the bandwidth, to a client that does not read, or not taken by the system.",
			samples: labelled("why", {
				bandwidth: usage.droppedPackets,
				unread: thread.droppedPackets,
				system: thread.failed + unsent.reduce((sum, count) => sum + count, 0),
			}),
		},
		gauge("whither_turn_streams", "Connections of clients.", thread.streams),
		gauge("whither_turn_peer_connections", "Connections of peers (RFC 6062).", thread.peerStreams),
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
	];
}

function gauge(name: string, help: string, value: number, labels: Labels = {}): Metric {
	return { name, kind: "gauge", help, samples: [[labels, value]] };
}

function counter(name: string, help: string, value: number): Metric {
	return { name, kind: "counter", help, samples: [[{}, value]] };
}

function labelled(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
	return Object.entries(counts).map(([key, value]) => [{ [label]: key }, value] as const);
}

function metricText({ name, kind, help, samples }: Metric): string {
	if (samples.length === 0) return "";
	const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
	return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join("")}`;
}

function labelText(labels: Labels): string {
	const texts = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/[\\"\n]/g, "_")}"`);
	return texts.length === 0 ? "" : `{${texts.join(",")}}`;
}
