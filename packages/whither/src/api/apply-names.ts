/** Names put into what the tracer told: new values, the old ones untouched. */
import type { HopResult, ProbeResult, TraceEvent, TraceResult } from "@whither/core";
import type { NameBook } from "./name-book.ts";

function nameProbe(probe: ProbeResult, book: NameBook): ProbeResult {
	const name = book.name(probe.from);
	return name === null ? probe : { ...probe, name };
}

/** The hop with every name known by now. */
function nameHop(hop: HopResult, book: NameBook): HopResult {
	return { ...hop, probes: hop.probes.map((probe) => nameProbe(probe, book)) };
}

/** The event with every name known by now. */
export function nameEvent(event: TraceEvent, book: NameBook): TraceEvent {
	if (event.type === "probe") return { ...event, probe: nameProbe(event.probe, book) };
	if (event.type === "hop") return { ...event, hop: nameHop(event.hop, book) };
	return event;
}

/** The result with every name known by now. */
export function nameResult(result: TraceResult, book: NameBook): TraceResult {
	return { ...result, hops: result.hops.map((hop) => nameHop(hop, book)) };
}

/** The addresses an event shows, each once. */
export function addressesIn(event: TraceEvent): readonly string[] {
	const probes = event.type === "probe" ? [event.probe] : event.type === "hop" ? event.hop.probes : [];
	return [...new Set(probes.flatMap((probe) => (probe.from === null ? [] : [probe.from])))];
}
