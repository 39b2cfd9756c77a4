/** Names and origins put into what the tracer told: new values, the old ones untouched. */
import type { HopResult, TraceEvent, TraceResult } from "@whither/core";
import type { AddressBook } from "../address-book.ts";

/** The hop with every name known by now. */
function nameHop(hop: HopResult, book: AddressBook): HopResult {
	return { ...hop, probes: hop.probes.map((probe) => book.complete(probe)) };
}

/** The event with every name known by now. */
export function nameEvent(event: TraceEvent, book: AddressBook): TraceEvent {
	if (event.type === "probe") return { ...event, probe: book.complete(event.probe) };
	if (event.type === "hop") return { ...event, hop: nameHop(event.hop, book) };
	return event;
}

/** The result with every name known by now. */
export function nameResult(result: TraceResult, book: AddressBook): TraceResult {
	const hops = result.hops.map((hop) => nameHop(hop, book));
	if (result.companions === undefined) return { ...result, hops };
	const companions = result.companions.map((companion) => ({
		...companion,
		probes: companion.probes.map((probe) => book.complete(probe)),
	}));
	return { ...result, hops, companions };
}

/** The addresses an event shows, each once. */
export function addressesIn(event: TraceEvent): readonly string[] {
	const probes = event.type === "probe" ? [event.probe] : event.type === "hop" ? event.hop.probes : [];
	return [...new Set(probes.flatMap((probe) => (probe.from === null ? [] : [probe.from])))];
}
