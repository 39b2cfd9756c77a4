/** What can be said of a trace only at its end. */
import type { SystemError } from "./channel.ts";
import { omissions } from "./omissions.ts";
import { seenSource } from "./our-address.ts";
import type { StopReason, TraceWarning } from "./result.ts";
import { traceEvidence } from "./trace-result.ts";
import type { Tracer } from "./tracer.ts";

/** So many packets that are not ours may have crowded out some that are, uncounted by the kernel (error queue). */
const STORM = 1000;

/** The warnings that a trace ends with, beside those that it gave on the way. */
export function finalWarnings(tracer: Tracer, fault: SystemError | null): readonly TraceWarning[] {
	const { method, context } = tracer.config;
	const { dropped, foreign } = tracer.counters;
	const address = seenSource(tracer);
	return [
		...(context.channel === "portable" ? [{ code: "hopsUnseen" } as const] : []),
		...omissions(tracer.config),
		...(address === null ? [] : [{ code: "publicAddress", address } as const]),
		...(tracer.mtu?.warnings ?? []),
		...(method.conclusions?.(context, traceEvidence(tracer)) ?? []),
		...(fault === null ? [] : [{ code: "channelFault", error: fault } as const]),
		...(dropped > 0 ? [{ code: "repliesDropped", count: dropped } as const] : []),
		...(foreign >= STORM ? [{ code: "foreignStorm", count: foreign } as const] : []),
	];
}

/** Why a trace ended that has nothing left to send or to wait for; `broken`: it could not send all that it wanted. */
export function naturalStop({ book, reached, endKnown }: Tracer, { broken }: { readonly broken: boolean }): StopReason {
	if (reached) return "reached";
	if (endKnown) return "unreachable";
	return broken || [...book.slots()].every((slot) => slot.state === "failed") ? "error" : "maxHops";
}
