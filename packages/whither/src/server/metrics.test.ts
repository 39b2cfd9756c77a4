import type { EarlyRelayCounters, TurnServiceCounters } from "@whither/net/turn";
import { expect, it } from "vitest";
import { type MetricFacts, metricsText } from "./metrics.ts";

const usage = { sentPackets: 3, sentBytes: 300, receivedPackets: 2, receivedBytes: 200, droppedPackets: 1 };
const server = {
	allocations: 1,
	allocationsOpened: 4,
	allocationsClosed: 3,
	refreshes: 5,
	permissions: 6,
	channelBinds: 7,
	moves: 0,
	connections: 8,
	refusals: { 401: 9, 403: 2 },
	ignored: { deniedPeer: 3, noChannel: 1 },
	closedUsage: usage,
	usage,
};
const binding = { received: 10, answered: 9, failed: 0, streams: 1 };
const thread = { server, binding, streams: 2, peerStreams: 1, droppedPackets: 4, failed: 5 };
const dataPath = {
	received: 11,
	receivedFromPeers: 12,
	fastToPeers: 0,
	fastToClients: 0,
	fastBindings: 0,
	bindings: 0,
	segmented: 0,
	dropped: { ENETUNREACH: 2 },
	handedOver: 13,
	elsewhere: 2,
	guests: 1,
	relays: 1,
	relaysRefused: 0,
};
const turn: TurnServiceCounters = { server, binding, thread, workers: [{ dataPath, allocations: 1 }] };
const early: EarlyRelayCounters = {
	server: {
		bindings: 1,
		bindingsOpened: 3,
		bindingsClosed: 2,
		bindingsLocked: 2,
		refreshes: 4,
		refusals: { 430: 5 },
		ignored: { notThePeer: 6 },
		usage,
	},
	sharedSecrets: { given: 7, refusals: { 401: 8 } },
	failed: 9,
};
const FACTS: MetricFacts = {
	version: '1"2\n3',
	stun: binding,
	rooms: { open: 1, opened: 3, met: 2, ended: { left: 1, wrongPassword: 1, expired: 0, lost: 0, closing: 0 } },
	turn,
	early,
	api: { running: 1, begun: 2, viewers: 3, probes: 4, refused: { targetRefused: 5 }, auditLost: 0 },
	draining: false,
	process: { cpuSeconds: 1.5, residentBytes: 100, heapBytes: 50, startedAtSeconds: 7 },
};

const linesOf = (facts: MetricFacts) => metricsText(facts).split("\n");

it("every sample is of a metric that was declared before, in Prometheus's grammar", () => {
	const declared = new Set<string>();
	for (const line of linesOf(FACTS).slice(0, -1)) {
		const type = /^# TYPE (\S+) (counter|gauge)$/.exec(line);
		if (type !== null) declared.add(type[1] ?? "");
		else if (!line.startsWith("# HELP ")) {
			const [, name] = /^([a-z_]+)(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? -?\d+(\.\d+)?$/.exec(line) ?? [];
			expect(line).toContain(name);
			expect(declared).toContain(name);
		}
	}
	expect(declared.size).toBeGreaterThan(20);
});

it("what was dropped and denied is told by its cause", () => {
	const lines = linesOf(FACTS);
	for (const line of [
		'whither_turn_bytes_total{direction="up"} 300',
		'whither_turn_errors_total{code="401"} 9',
		'whither_turn_ignored_total{reason="noChannel"} 1',
		"whither_turn_denied_peers_total 5",
		'whither_turn_dropped_packets_total{why="bandwidth"} 1',
		'whither_turn_dropped_packets_total{why="unread"} 4',
		'whither_turn_dropped_packets_total{why="system"} 7',
		'whither_turn_worker_packets_total{worker="0",from="peers"} 12',
		'whither_turn_worker_handed_over_total{worker="0"} 13',
		'whither_turn_worker_moved_clients{worker="0",direction="out"} 2',
		'whither_turn_worker_moved_clients{worker="0",direction="in"} 1',
		'whither_build_info{version="1_2_3"} 1',
	])
		expect(lines).toContain(line);
});

it("a server without TURN shows none of it", () => {
	expect(metricsText({ ...FACTS, turn: null })).not.toContain("whither_turn");
});
