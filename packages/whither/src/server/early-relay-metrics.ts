import type { EarlyRelayCounters } from "@whither/net/turn";
import { counter, counters, gauge, type Metric } from "./metric.ts";

/** What early relays have done. Pure. */
export function earlyRelayMetrics({ server, sharedSecrets, failed }: EarlyRelayCounters): readonly Metric[] {
	const { usage } = server;
	const packets = { up: usage.sentPackets, down: usage.receivedPackets };
	const bytes = { up: usage.sentBytes, down: usage.receivedBytes };
	const dropped = { bandwidth: usage.droppedPackets, system: failed };
	const whyDropped = "Packets of early relays not passed on: beyond the bandwidth, or not taken by the system.";
	return [
		gauge("whither_early_relays", "Early relays there are.", server.bindings),
		counter("whither_early_relays_opened_total", "Early relays given.", server.bindingsOpened),
		counter("whither_early_relays_closed_total", "Early relays ended.", server.bindingsClosed),
		counter("whither_early_relays_locked_total", "Early relays that a first peer has come to.", server.bindingsLocked),
		counter("whither_early_relay_refreshes_total", "Refreshes of early relays.", server.refreshes),
		counters("whither_early_relay_errors_total", "Error responses, by code.", "code", server.refusals),
		counters("whither_early_relay_ignored_total", "What came and was not answered.", "reason", server.ignored),
		counters("whither_early_relay_packets_total", "Packets passed on: up to peers.", "direction", packets),
		counters("whither_early_relay_bytes_total", "Bytes passed on: up to peers.", "direction", bytes),
		counters("whither_early_relay_dropped_packets_total", whyDropped, "why", dropped),
		counter("whither_shared_secrets_total", "Shared secrets given.", sharedSecrets.given),
		counters("whither_shared_secret_errors_total", "Error responses, by code.", "code", sharedSecrets.refusals),
	];
}
