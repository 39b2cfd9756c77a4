/** Our own address as others see it: what routers quote, and what the target tells. */
import type { Answer } from "./probe-book.ts";
import type { Tracer } from "./tracer.ts";

/** Every answer of a trace, those beside the hops included. */
export function answersOf(tracer: Tracer): Answer[] {
	const slots = [...tracer.book.slots(), ...tracer.companions.slots];
	return slots.flatMap((slot) => (slot.answer === null ? [] : [slot.answer]));
}

/** Our address as routers saw it, where it is not the one we sent from (1:1 NAT); null where it is, or unknown. */
export function seenSource(tracer: Tracer): string | null {
	const { source } = tracer.config.context;
	for (const { reply } of answersOf(tracer)) {
		if (reply.type === "icmpError" && reply.quoted.source !== null && reply.quoted.source !== source) {
			return reply.quoted.source;
		}
	}
	return null;
}

/** The same as the target told it; null where it is our own, or nobody told. */
export function mappedSource(tracer: Tracer): string | null {
	const told = answersOf(tracer).find(({ meaning }) => meaning.mappedAddress !== undefined)?.meaning.mappedAddress;
	return told === undefined || told === tracer.config.context.source ? null : told;
}
